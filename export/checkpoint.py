"""A GPT-2 checkpoint: `config.json` and safetensors, as on the hub, or OpenAI's own files, or a
model folder that was made of one.

The tensors are checked by name and shape before any is read, and are then read one at a time,
so that a model larger than the memory can be exported.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gpt2_tui import storage
from gpt2_tui.errors import ModelError
from gpt2_tui.models.manifest import MANIFEST_FILE
from gpt2_tui.text.visible import quoted

from . import openai_files, safetensors_files, tensors
from .config import CONFIG_FILE, HPARAMS_FILE, Config, read_config, read_hparams
from .model_folder import is_model_folder, read_model_folder


class StoredTensor(Protocol):
    """A tensor in a file, whatever the format."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def read(self) -> NDArray[np.float32]:
        """The values as float32. Raises ModelError if they cannot be read or are damaged."""


@dataclass(frozen=True)
class Checkpoint:
    """The config and the tensors of a checkpoint, by their names without prefix."""

    folder: Path
    config: Config
    stored: Mapping[str, StoredTensor]
    has_own_head: bool

    def read(self, name: str) -> NDArray[np.float32]:
        """Read one tensor as float32. Raises ModelError if a value is NaN or infinite."""
        return _read_finite(self.folder, name, self.stored[name])

    @property
    def values(self) -> int:
        """How many numbers the tensors of the graph hold."""
        names = [*tensors.expected_shapes(self.config), *([tensors.HEAD] * self.has_own_head)]
        return sum(math.prod(self.stored[name].shape) for name in names)

    @property
    def head_name(self) -> str:
        """The tensor [vocabulary, width] that makes logits: the token embedding if tied."""
        return tensors.HEAD if self.has_own_head else tensors.TOKEN_EMBEDDING


def open_checkpoint(folder: Path) -> Checkpoint:
    """Check the checkpoint in `folder`; its tensors are read later.

    Raises ModelError with one line: not a GPT-2, a tensor missing, unknown or of a wrong shape.
    """
    try:
        if not folder.is_dir():
            raise ModelError(f"{folder} is not a folder")
        if is_model_folder(folder):
            return _open_model_folder(folder)
        if (folder / HPARAMS_FILE).exists():
            return _open_openai(folder)
        return _open_hub(folder)
    except OSError as error:
        raise ModelError(f"cannot read {folder}: {storage.reason(error)}") from error


def _open_openai(folder: Path) -> Checkpoint:
    if (folder / CONFIG_FILE).exists():
        raise ModelError(f"{folder} has both {CONFIG_FILE} and {HPARAMS_FILE}; remove one")
    config = read_hparams(folder)
    stored = openai_files.find_tensors(folder, config)
    _check_names_and_shapes(folder, config, stored, HPARAMS_FILE)
    return Checkpoint(folder, config, stored, has_own_head=False)


def _open_model_folder(folder: Path) -> Checkpoint:
    config, stored, own_head = read_model_folder(folder)
    _check_names_and_shapes(folder, config, stored, MANIFEST_FILE)
    return Checkpoint(folder, config, stored, own_head)


def _open_hub(folder: Path) -> Checkpoint:
    config = read_config(folder)
    stored = _without_prefix(folder, safetensors_files.find_tensors(folder))
    _check_names_and_shapes(folder, config, stored, CONFIG_FILE)
    return Checkpoint(folder, config, stored, _has_own_head(folder, config, stored))


def _without_prefix(folder: Path, stored: Mapping[str, StoredTensor]) -> dict[str, StoredTensor]:
    """Take the prefix off the names and leave the mask buffers out."""
    known: dict[str, StoredTensor] = {}
    for full_name, tensor in stored.items():
        name = full_name.removeprefix(tensors.PREFIX)
        if tensors.is_mask_buffer(name):
            continue
        if name in known:
            raise ModelError(
                f"{folder} holds tensor {quoted(name)} with and without {tensors.PREFIX!r}"
            )
        known[name] = tensor
    return known


def _check_names_and_shapes(
    folder: Path, config: Config, stored: Mapping[str, StoredTensor], config_file: str
) -> None:
    expected = tensors.expected_shapes(config)
    if tensors.HEAD in stored or not config.tied_head:
        expected[tensors.HEAD] = tensors.head_shape(config)
    for name, shape in expected.items():
        if name not in stored:
            raise ModelError(f"{folder}: tensor {name} is missing")
        if stored[name].shape != shape:
            raise ModelError(
                f"{folder}: tensor {name} has shape {quoted(str(list(stored[name].shape)))},"
                f" {config_file} says {list(shape)}"
            )
    if unknown := sorted(set(stored) - set(expected)):
        raise ModelError(f"{folder}: tensor {quoted(unknown[0])} is not part of a GPT-2")


def _has_own_head(folder: Path, config: Config, stored: Mapping[str, StoredTensor]) -> bool:
    """Whether the head differs from the token embedding, which config.json must then say.

    transformers would drop a head that differs when config.json says that it is tied. That
    would be a guess about what the weights' author meant, so such a checkpoint is refused.
    """
    if tensors.HEAD not in stored:
        return False
    head = _read_finite(folder, tensors.HEAD, stored[tensors.HEAD])
    embedding = _read_finite(folder, tensors.TOKEN_EMBEDDING, stored[tensors.TOKEN_EMBEDDING])
    if np.array_equal(head, embedding):
        return False
    if config.tied_head:
        raise ModelError(
            f"{folder}: {tensors.HEAD} differs from {tensors.TOKEN_EMBEDDING}, but config.json says"
            ' they are one; set "tie_word_embeddings" to false there to use both'
        )
    return True


def _read_finite(folder: Path, name: str, tensor: StoredTensor) -> NDArray[np.float32]:
    array = tensor.read()
    if not np.isfinite(array).all():
        raise ModelError(f"{folder}: tensor {name} holds NaN or infinite values")
    return array
