"""Random GPT-2 checkpoints on disk, in the hub's layout, and model folders made of them.

For every test that needs a model:

    from tests.exporter.checkpoints import SMALL, random_model
    folder = random_model(tmp_path / "model", SMALL, seed=1)

The weights are random but not flat: biases and gains are random too, attention has its favourites,
and the next token's entropy lies under 4 bits. So a wrong graph gives plainly wrong numbers.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from export.config import Config
from export.tensors import expected_shapes

END_OF_TEXT = "<|endoftext|>"
_MERGES = (
    "Ġ t|Ġ a|h e|i n|r e|o n|Ġt he|e r|Ġ s|a t|Ġ w|Ġ o|e n|Ġ c|i t|i s|a n|o r|e s|Ġ b|e d|Ġ f|"
    "in g|Ġ p|o u|Ġa n|a l|a r|Ġt o|Ġ m|Ġo f|Ġ in|Ġ d|Ġ h|Ġan d|i c|a s|l e|Ġt h|i on"
)
MERGES: tuple[tuple[str, str], ...] = tuple(
    (left, right) for left, _, right in (pair.partition(" ") for pair in _MERGES.split("|"))
)

_EMBEDDING_SPREAD = 0.05  # so small that the epsilon of the first layer norm can be told
_QUERY_SPREAD = 1.5  # scores then spread by about two: attention has favourites
_BRANCH_SPREAD = 0.3  # what a block adds to the residual stream
_ENTROPY = 0.4  # nats by the rule of thumb below; measured, the mean is under 4 bits

Array = NDArray[np.float32]


def vocabulary() -> dict[str, int]:
    """The small tokenizer's ids: 256 bytes, some merges, and END_OF_TEXT last."""
    tokens = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens += [left + right for left, right in MERGES]
    return {token: number for number, token in enumerate([*tokens, END_OF_TEXT])}


VOCABULARY_SIZE = len(vocabulary())


@dataclass(frozen=True)
class Shape:
    """The shape of a random GPT-2: counts."""

    layers: int
    heads: int
    width: int
    window: int = 64
    vocabulary: int = VOCABULARY_SIZE

    @property
    def config(self) -> Config:
        return Config(
            layers=self.layers,
            heads=self.heads,
            width=self.width,
            window=self.window,
            vocabulary=self.vocabulary,
            epsilon=1e-5,
            tied_head=True,
        )


TINY = Shape(layers=2, heads=4, width=64)  # head size 16
SMALL = Shape(layers=3, heads=2, width=128)  # head size 64, GPT-2's own
MIDDLE = Shape(layers=2, heads=2, width=64)  # head size 32


def random_model(folder: Path, shape: Shape = TINY, seed: int = 0, precision: str = "fp32") -> Path:
    """A model folder with random weights, made by the exporter; returns `folder`."""
    # Imported here so that checkpoints can be written where onnx is not installed.
    from export.exporter import export_checkpoint

    checkpoint = write_checkpoint(folder.with_name(f"{folder.name}-checkpoint"), shape, seed)
    export_checkpoint(checkpoint, folder, precision=precision)
    return folder


def write_checkpoint(folder: Path, shape: Shape = TINY, seed: int = 0) -> Path:
    """A checkpoint in its plainest form: one file, float32, no prefix, tied head."""
    folder.mkdir(parents=True)
    write_config(folder, shape)
    write_tokenizer_json(folder, shape.vocabulary)
    save_file(random_tensors(shape, seed), folder / "model.safetensors")
    return folder


def random_tensors(shape: Shape, seed: int = 0) -> dict[str, Array]:
    """The tensors of a random GPT-2, by their names without prefix."""
    draw = np.random.Generator(np.random.PCG64(seed))
    tensors: dict[str, Array] = {}
    for name, size in expected_shapes(shape.config).items():
        mean, spread = _mean_and_spread(name, size, shape)
        tensors[name] = mean + spread * draw.standard_normal(size, dtype=np.float32)
    return tensors


def random_head(shape: Shape, seed: int = 1) -> Array:
    """A head [vocabulary, width] of its own, like the token embedding in kind."""
    return random_tensors(shape, seed)["wte.weight"]


def config_fields(shape: Shape) -> dict[str, Any]:
    """The fields of `config.json`, as transformers writes those that matter."""
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "activation_function": "gelu_new",
        "n_layer": shape.layers,
        "n_head": shape.heads,
        "n_embd": shape.width,
        "n_positions": shape.window,
        "n_ctx": shape.window,
        "n_inner": None,
        "vocab_size": shape.vocabulary,
        "layer_norm_epsilon": 1e-5,
        "scale_attn_weights": True,
    }


def write_config(
    folder: Path, shape: Shape = TINY, changes: Mapping[str, Any] | None = None
) -> None:
    """Write `config.json`; a change to None takes the field out."""
    fields = config_fields(shape) | dict(changes or {})
    removed = {name for name, value in (changes or {}).items() if value is None}
    kept = {name: value for name, value in fields.items() if name not in removed}
    (folder / "config.json").write_text(json.dumps(kept), encoding="utf-8")


def write_tokenizer_json(folder: Path, size: int = VOCABULARY_SIZE) -> None:
    """The small tokenizer as the tokenizers library writes it, filled up to `size` tokens."""
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary(), merges=list(MERGES)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END_OF_TEXT])
    tokenizer.add_tokens([f"<unused {number}>" for number in range(VOCABULARY_SIZE, size)])
    tokenizer.save(str(folder / "tokenizer.json"))


def write_tokenizer_pair(folder: Path, vocabulary_name: str, merges_name: str) -> None:
    """The small tokenizer as a list of ids and a list of merges."""
    (folder / vocabulary_name).write_text(json.dumps(vocabulary()), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in MERGES), ""]
    (folder / merges_name).write_bytes("\n".join(lines).encode())


def save_shards(folder: Path, tensors: Mapping[str, Array], names: list[str]) -> None:
    """Deal the tensors out to the files `names` and write the index."""
    dealt: dict[str, dict[str, Array]] = {name: {} for name in names}
    for number, (key, tensor) in enumerate(tensors.items()):
        dealt[names[number % len(names)]][key] = tensor
    for name, part in dealt.items():
        save_file(part, folder / name)
    weight_map = {key: name for name, part in dealt.items() for key in part}
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _mean_and_spread(name: str, size: tuple[int, ...], shape: Shape) -> tuple[float, float]:
    """Mean and standard deviation of a tensor's values."""
    if name in ("wte.weight", "wpe.weight"):
        return 0.0, _EMBEDDING_SPREAD
    if name == "ln_f.weight":
        gain = _final_gain(shape)
        return gain, 0.2 * gain
    if name.endswith(("ln_1.weight", "ln_2.weight")):
        return 1.0, 0.3
    if name.endswith(".bias"):
        return 0.0, 0.3
    spread = _BRANCH_SPREAD if name.endswith("c_proj.weight") else _QUERY_SPREAD
    return 0.0, spread / math.sqrt(size[0])


def _final_gain(shape: Shape) -> float:
    """The gain of the last layer norm that leaves the next token about _ENTROPY nats.

    The softmax of V normal logits of variance s has an entropy of about ln V - s / 2.
    """
    spread = math.sqrt(2 * (math.log(shape.vocabulary) - _ENTROPY))
    return spread / (_EMBEDDING_SPREAD * math.sqrt(shape.width))
