"""GPT-2's forward pass in plain numpy, for checking: short, slow, and independent of the graph.

It follows the paper and OpenAI's `src/model.py` and shares no code with the graph. There is no
cache: every position is computed anew. S is the number of tokens, D the width, H the heads,
V the vocabulary. Each tensor is read once and dropped, so a large model needs little memory.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
ReadTensor = Callable[[str], Array]

_MASKED = np.float32(-1e10)


def forward(
    read: ReadTensor,
    ids: NDArray[np.int64],
    *,
    layers: int,
    heads: int,
    epsilon: float,
    head_name: str = "wte.weight",
) -> Array:
    """The logits [S, V] that follow each of the tokens `ids` [S]."""
    x = read("wte.weight")[ids]  # [S, D]
    x = x + read("wpe.weight")[: len(ids)]  # [S, D]
    for layer in range(layers):
        x = _block(read, f"h.{layer}", x, heads, epsilon)  # [S, D]
    x = _normalise(read, "ln_f", x, epsilon)  # [S, D]
    return product(x, read(head_name).T)  # [S, V]


def product(x: Array, weight: Array) -> Array:
    """x [S, in] times weight [in, out]: [S, out]."""
    return x @ weight


def softmax(scores: Array) -> Array:
    """Probabilities over the last axis."""
    powers: Array = np.exp(scores - scores.max(axis=-1, keepdims=True))
    total: Array = powers.sum(axis=-1, keepdims=True)
    return powers / total


def gelu(x: Array) -> Array:
    """The tanh form of GELU, which GPT-2 was trained with."""
    inner: Array = np.float32(np.sqrt(2 / np.pi)) * (x + 0.044715 * x**3)
    bent: Array = np.tanh(inner)
    return 0.5 * x * (1 + bent)


def layer_norm(x: Array, gain: Array, bias: Array, epsilon: float) -> Array:
    """Each row [D] to mean 0 and variance 1, then gain and bias [D]."""
    mean: Array = x.mean(axis=-1, keepdims=True)  # [S, 1]
    variance: Array = x.var(axis=-1, keepdims=True)  # [S, 1]
    normal: Array = (x - mean) / np.sqrt(variance + np.float32(epsilon))  # [S, D]
    return gain * normal + bias  # [S, D]


def causal_mask(length: int) -> Array:
    """What is added to the scores [S, S]: a token sees itself and what came before."""
    return np.triu(np.full((length, length), _MASKED, np.float32), k=1)


def split_heads(x: Array, heads: int) -> Array:
    """[S, D] to [H, S, D / H]."""
    return x.reshape(len(x), heads, -1).swapaxes(0, 1)


def _block(read: ReadTensor, path: str, x: Array, heads: int, epsilon: float) -> Array:
    x = x + _attention(read, f"{path}.attn", _normalise(read, f"{path}.ln_1", x, epsilon), heads)
    return x + _mlp(read, f"{path}.mlp", _normalise(read, f"{path}.ln_2", x, epsilon))  # [S, D]


def _attention(read: ReadTensor, path: str, x: Array, heads: int) -> Array:
    qkv = _linear(read, f"{path}.c_attn", x)  # [S, 3 D]
    q, k, v = (split_heads(part, heads) for part in np.split(qkv, 3, axis=-1))  # [H, S, D / H]
    scores = q @ k.swapaxes(1, 2) / np.float32(np.sqrt(q.shape[-1]))  # [H, S, S]
    weights = softmax(scores + causal_mask(len(x)))  # [H, S, S]
    merged = (weights @ v).swapaxes(0, 1).reshape(x.shape)  # [S, D]
    return _linear(read, f"{path}.c_proj", merged)  # [S, D]


def _mlp(read: ReadTensor, path: str, x: Array) -> Array:
    wide = gelu(_linear(read, f"{path}.c_fc", x))  # [S, 4 D]
    return _linear(read, f"{path}.c_proj", wide)  # [S, D]


def _linear(read: ReadTensor, path: str, x: Array) -> Array:
    return product(x, read(f"{path}.weight")) + read(f"{path}.bias")


def _normalise(read: ReadTensor, path: str, x: Array, epsilon: float) -> Array:
    return layer_norm(x, read(f"{path}.weight"), read(f"{path}.bias"), epsilon)
