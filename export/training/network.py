"""GPT-2's network in PyTorch, to the letter (Radford et al. 2019; OpenAI's ``src/model.py``).

Module names are those of the hub's checkpoints, so that a state dict needs only its projections
transposed on the way out: the hub stores them [in, out], ``nn.Linear`` keeps them [out, in].
Shapes in the docstrings: B rows, T positions, C width, V vocabulary.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .recipe import HEAD_SIZE, LAYER_NORM_EPSILON, Recipe

QUERIES_AT_ONCE = 128
"""Positions; with fewer, fewer keys are looked at in vain, in more and smaller products."""


def causal_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of every position to itself and those before it; [B, heads, T, HEAD_SIZE] each.

    On a CPU PyTorch's own kernel takes a quarter of a step, most of it on its way back. There
    it is done by batched products instead, some queries at a time with the keys they may see;
    compiled, that is more than twice as fast.
    """
    if query.device.type != "cpu":
        return functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    length = query.shape[2]
    hidden = query.new_full((length, length), -math.inf, dtype=torch.float32).triu(1)
    mixed = []
    for begin in range(0, length, QUERIES_AT_ONCE):
        end = min(begin + QUERIES_AT_ONCE, length)
        scores = (query[:, :, begin:end] @ key[:, :, :end].mT).float()
        weights = (scores / HEAD_SIZE**0.5 + hidden[begin:end, :end]).softmax(dim=-1)
        mixed.append(weights.to(value.dtype) @ value[:, :, :end])
    return torch.cat(mixed, dim=2)


class Attention(nn.Module):
    """Causal self-attention with a fused projection for query, key and value."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_SIZE
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C] to [B, T, C]."""
        rows, length, width = x.shape
        # [B, T, 3C] -> three times [B, heads, T, HEAD_SIZE]
        query, key, value = (
            part.view(rows, length, self.heads, HEAD_SIZE).transpose(1, 2)
            for part in self.c_attn(x).split(width, dim=2)
        )
        mixed = causal_attention(query, key, value)
        merged: Tensor = self.c_proj(mixed.transpose(1, 2).reshape(rows, length, width))
        return merged


def gelu(x: Tensor) -> Tensor:
    """GELU in its tanh form, element by element, in fp32.

    Written with the sigmoid, as (1 + tanh(z)) / 2 = sigmoid(2z): the same function. Compiled for a
    CPU, a step of training takes 4 to 12 % less time.
    """
    wide = x.float()
    z = math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3)
    return (wide * torch.sigmoid(2 * z)).to(x.dtype)


class FeedForward(nn.Module):
    """Two projections around a GELU in its tanh form."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C] to [B, T, C]."""
        out: Tensor = self.c_proj(gelu(self.c_fc(x)))
        return out


class Block(nn.Module):
    """Attention, then feed-forward, each after a layer norm and added to its input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, eps=LAYER_NORM_EPSILON)
        self.attn = Attention(width)
        self.ln_2 = nn.LayerNorm(width, eps=LAYER_NORM_EPSILON)
        self.mlp = FeedForward(width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C] to [B, T, C]."""
        x = x + self.attn(self.ln_1(x))
        out: Tensor = x + self.mlp(self.ln_2(x))
        return out


class Network(nn.Module):
    """The whole model; the output head is the token embedding itself."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.wte = nn.Embedding(recipe.vocabulary, recipe.width)
        self.wpe = nn.Embedding(recipe.window, recipe.width)
        self.h = nn.ModuleList(Block(recipe.width) for _ in range(recipe.layers))
        self.ln_f = nn.LayerNorm(recipe.width, eps=LAYER_NORM_EPSILON)

    def forward(self, tokens: Tensor) -> Tensor:
        """Token ids [B, T] to logits [B, T, V]."""
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.wte(tokens) + self.wpe(positions)
        for block in self.h:
            x = block(x)
        return functional.linear(self.ln_f(x), self.wte.weight)


def build(recipe: Recipe) -> Network:
    """A fresh network with the recipe's seed.

    GPT-2's own initialisation (deviation 0.02, zero biases), but for the projections back into
    the residual stream: these start at zero, so that every block begins as the identity.
    """
    generator = torch.Generator().manual_seed(recipe.seed)
    network = Network(recipe)
    for name, parameter in network.named_parameters():
        if name.endswith(("c_proj.weight", ".bias")):
            nn.init.zeros_(parameter)
        elif parameter.ndim == 2:
            nn.init.normal_(parameter, std=0.02, generator=generator)
    return network


def token_losses(network: nn.Module, rows: Tensor) -> Tensor:
    """Loss of every token after the first: rows [B, T + 1] to nats [B * T], in fp32."""
    logits: Tensor = network(rows[:, :-1])
    return functional.cross_entropy(
        logits.float().flatten(0, 1), rows[:, 1:].flatten(), reduction="none"
    )
