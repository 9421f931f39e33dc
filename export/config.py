"""`config.json` of a GPT-2 checkpoint, or OpenAI's `hparams.json`, read and checked.

Only the shape and the few numbers that change the result are taken. Everything that would make
the network another one than GPT-2 is refused, so that no checkpoint is exported wrongly in silence.
Field names and default values are those of transformers' `GPT2Config`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpt2_tui import storage
from gpt2_tui.errors import ModelError
from gpt2_tui.models.manifest import LARGEST_COUNT, MOST_LAYERS, SHORTEST_WINDOW
from gpt2_tui.text.visible import quoted

CONFIG_FILE = "config.json"
HPARAMS_FILE = "hparams.json"
_MODEL_TYPE = "gpt2"
_TANH_GELU_NAMES = ("gelu_new", "gelu_pytorch_tanh")
_LARGEST_CONFIG = 1 << 20
_HEAD_SIZE_STEP = 8  # the attention operator of onnxruntime takes multiples of this only
_MLP_FACTOR = 4
_EPSILON = 1e-5

_MUST_BE: tuple[tuple[str, bool], ...] = (
    ("scale_attn_weights", True),
    ("scale_attn_by_inverse_layer_idx", False),
    ("reorder_and_upcast_attn", False),
    ("add_cross_attention", False),
)


@dataclass(frozen=True)
class Config:
    """The shape of a GPT-2: counts, and the epsilon of its layer norms."""

    layers: int
    heads: int
    width: int
    window: int
    vocabulary: int
    epsilon: float
    tied_head: bool

    @property
    def head_size(self) -> int:
        return self.width // self.heads

    @property
    def mlp_width(self) -> int:
        return _MLP_FACTOR * self.width


def read_config(folder: Path) -> Config:
    """Read and check `folder/config.json`. Raises ModelError with one line."""
    path = folder / CONFIG_FILE
    fields = read_json_object(path, _LARGEST_CONFIG)
    try:
        return parse_config(fields)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: {error}") from None


def parse_config(fields: Mapping[str, Any]) -> Config:
    """Make a Config of the fields of a `config.json`. Raises ValueError that says what is wrong."""
    _check_architecture(fields)
    config = Config(
        layers=_count(fields, "n_layer", MOST_LAYERS),
        heads=_count(fields, "n_head"),
        width=_count(fields, "n_embd"),
        window=_window(fields),
        vocabulary=_count(fields, "vocab_size"),
        epsilon=_epsilon(fields),
        tied_head=_flag(fields, "tie_word_embeddings", True),
    )
    _check_shape(config)
    inner = fields.get("n_inner")
    if inner is not None and inner != config.mlp_width:
        raise ValueError(
            f"n_inner is {quoted(repr(inner))}; GPT-2 has {config.mlp_width}, four times n_embd"
        )
    return config


def read_hparams(folder: Path) -> Config:
    """Read and check OpenAI's `folder/hparams.json`. Raises ModelError with one line."""
    path = folder / HPARAMS_FILE
    fields = read_json_object(path, _LARGEST_CONFIG)
    try:
        config = Config(
            layers=_count(fields, "n_layer", MOST_LAYERS),
            heads=_count(fields, "n_head"),
            width=_count(fields, "n_embd"),
            window=_count(fields, "n_ctx"),
            vocabulary=_count(fields, "n_vocab"),
            epsilon=_EPSILON,
            tied_head=True,
        )
        _check_shape(config)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: {error}") from None
    return config


def read_json_object(path: Path, largest: int) -> Mapping[str, Any]:
    """Read a JSON object of at most `largest` bytes. Raises ModelError with one line."""
    raw = read_regular_file(path, largest)
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not proper JSON: {error}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path} does not hold a JSON object")
    return value


def read_regular_file(path: Path, largest: int) -> bytes:
    """The bytes of a regular file (links are followed). Raises ModelError with one line."""
    try:
        if not path.exists():
            raise ModelError(f"{path.parent} has no {path.name}")
        if not path.is_file():
            raise ModelError(f"{path} is not a regular file")
        with path.open("rb") as file:
            raw = file.read(largest + 1)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {storage.reason(error)}") from error
    if len(raw) > largest:
        raise ModelError(f"{path} is larger than {largest} bytes, too large for what it should be")
    return raw


def _check_architecture(fields: Mapping[str, Any]) -> None:
    kind = fields.get("model_type")
    if kind != _MODEL_TYPE:
        raise ValueError(
            f"model_type is {quoted(repr(kind))}; only {_MODEL_TYPE!r} can be exported"
        )
    activation = fields.get("activation_function", _TANH_GELU_NAMES[0])
    if activation not in _TANH_GELU_NAMES:
        raise ValueError(
            f"activation_function is {quoted(repr(activation))}; GPT-2's is {_TANH_GELU_NAMES[0]!r}"
        )
    for name, wanted in _MUST_BE:
        if _flag(fields, name, wanted) is not wanted:
            raise ValueError(f"{name} is {not wanted}; only {wanted} can be exported")


def _check_shape(config: Config) -> None:
    if config.width % config.heads:
        raise ValueError(f"n_embd {config.width} cannot be shared by n_head {config.heads}")
    if config.head_size % _HEAD_SIZE_STEP:
        raise ValueError(
            f"a head size of {config.head_size} (n_embd / n_head) cannot be run;"
            f" it must be a multiple of {_HEAD_SIZE_STEP}"
        )
    if config.window < SHORTEST_WINDOW:
        raise ValueError(f"a window of {config.window} tokens is too short to write in")


def _window(fields: Mapping[str, Any]) -> int:
    """`n_positions`, or `n_ctx` where the older name alone is given; both must agree."""
    if "n_positions" not in fields and "n_ctx" in fields:
        return _count(fields, "n_ctx")
    window = _count(fields, "n_positions")
    if "n_ctx" in fields and _count(fields, "n_ctx") != window:
        raise ValueError(f"n_ctx {fields['n_ctx']} and n_positions {window} differ")
    return window


def _epsilon(fields: Mapping[str, Any]) -> float:
    value = fields.get("layer_norm_epsilon", _EPSILON)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"layer_norm_epsilon is {quoted(repr(value))}, not a number")
    if not 0 < value < 1:
        raise ValueError(f"layer_norm_epsilon is {quoted(repr(value))}, not between 0 and 1")
    return float(value)


def _count(fields: Mapping[str, Any], name: str, largest: int = LARGEST_COUNT) -> int:
    if name not in fields:
        raise ValueError(f"{name} is missing")
    value = fields[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} is {quoted(repr(value))}, not a whole number")
    if not 0 < value <= largest:
        raise ValueError(f"{name} is {quoted(repr(value))}, not between 1 and {largest}")
    return value


def _flag(fields: Mapping[str, Any], name: str, default: bool) -> bool:
    value = fields.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {quoted(repr(value))}, not true or false")
    return value
