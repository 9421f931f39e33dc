"""What is written: training states to resume from, and the finished checkpoint folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from tokenizers import Tokenizer

from .network import Network
from .recipe import HEAD_SIZE, LAYER_NORM_EPSILON, Recipe
from .schedule import Schedule
from .vocabulary import end_of_text

LATEST = "latest.pt"
BEFORE_DECAY = "before-decay.pt"


@dataclass(frozen=True)
class State:
    """A training run between two steps. No random state: a step's data follow from its number."""

    step: int
    seconds: float
    schedule: Schedule
    recipe: Recipe
    network: dict[str, Any]
    optimizers: dict[str, Any]


def save_state(state: State, path: Path) -> None:
    """Write a state in one piece: a kill leaves the old file or the new one."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        torch.save(
            {
                "step": state.step,
                "seconds": state.seconds,
                "schedule": asdict(state.schedule),
                "recipe": asdict(state.recipe),
                "network": state.network,
                "optimizers": state.optimizers,
            },
            file,
        )
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load_state(path: Path) -> State:
    """Read a state back, onto the CPU."""
    raw = torch.load(path, map_location="cpu", weights_only=True)
    return State(
        step=raw["step"],
        seconds=raw["seconds"],
        schedule=Schedule(**raw["schedule"]),
        recipe=Recipe.from_dict(raw["recipe"]),
        network=raw["network"],
        optimizers=raw["optimizers"],
    )


def hub_tensors(network: Network) -> dict[str, torch.Tensor]:
    """The weights under the hub's names, in fp32 and in its layout.

    Projections become [in, out]; the head is tied and has no tensor of its own.
    """
    tensors = {}
    for name, value in network.state_dict().items():
        tensor = value.detach().float().cpu()
        if ".c_" in name and name.endswith(".weight"):
            tensor = tensor.mT
        tensors[name] = tensor.contiguous()
    return tensors


def config(recipe: Recipe, boundary: int) -> dict[str, Any]:
    """The hub's ``config.json`` for this network; ``boundary`` is the id between texts."""
    return {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": recipe.vocabulary,
        "n_positions": recipe.window,
        "n_ctx": recipe.window,
        "n_embd": recipe.width,
        "n_layer": recipe.layers,
        "n_head": recipe.width // HEAD_SIZE,
        "n_inner": None,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": LAYER_NORM_EPSILON,
        "bos_token_id": boundary,
        "eos_token_id": boundary,
        "attn_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "resid_pdrop": 0.0,
        "initializer_range": 0.02,
        "tie_word_embeddings": True,
    }


def write_checkpoint(
    folder: Path, network: Network, tokenizer: Tokenizer, recipe: Recipe, figures: dict[str, Any]
) -> None:
    """Write the hub-layout folder: weights, configuration, tokenizer and the run's figures."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = save(hub_tensors(network), metadata={"format": "pt"})
    (folder / "model.safetensors").write_bytes(weights)
    for name, content in (
        ("config.json", config(recipe, end_of_text(tokenizer))),
        ("training.json", figures),
    ):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    tokenizer.save(str(folder / "tokenizer.json"))
