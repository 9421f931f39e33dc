"""The safetensors files of a folder, checked, their tensors read one at a time.

The safetensors library checks each file. The values are then read by their place, because the
library reads bfloat16 only where a package for it happens to be loaded, and maps the file into
memory, where a file that shrinks ends the process.
Format: https://github.com/huggingface/safetensors#format
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from gpt2_tui import storage
from gpt2_tui.errors import ModelError, first_line
from gpt2_tui.hub.choice import INDEX_FILE, PICKLE_SUFFIXES, WEIGHTS_FILE, is_weights
from gpt2_tui.text.visible import quoted

from .config import read_json_object

# Number formats by their names in the file, and what numpy reads them as.
_STORED_AS = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_METADATA = "__metadata__"
_LENGTH_BYTES = 8
# The header of the 1.5B model has 60 kB; one of 700,000 tensors took seconds to read.
_LARGEST_HEADER = 4 << 20
_LARGEST_INDEX = 4 << 20


@dataclass(frozen=True)
class StoredTensor:
    """One tensor in a file: where it lies, in bytes, and what it is."""

    path: Path
    name: str
    kind: str
    shape: tuple[int, ...]
    offset: int

    def read(self) -> NDArray[np.float32]:
        """The values as float32, into which every format that is taken fits without loss."""
        if self.kind not in _STORED_AS:
            kinds = ", ".join(_STORED_AS)
            raise ModelError(f"{self.path}: tensor {quoted(self.name)} is {self.kind}, not {kinds}")
        count = math.prod(self.shape)
        try:
            stored = np.fromfile(self.path, _STORED_AS[self.kind], count, offset=self.offset)
        except OSError as error:
            raise ModelError(f"cannot read {self.path}: {storage.reason(error)}") from error
        if stored.size != count:
            raise ModelError(f"{self.path} was cut while it was read")
        if self.kind == "BF16":
            # A bfloat16 is the upper half of the float32 of the same value.
            stored = (stored.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return stored.astype(np.float32, copy=False).reshape(self.shape)


def find_tensors(folder: Path) -> dict[str, StoredTensor]:
    """Every tensor of the checkpoint in `folder`, by the name it is stored under.

    Only headers are read here. Raises ModelError with one line.
    """
    tensors: dict[str, StoredTensor] = {}
    for file_name in _file_names(folder):
        for tensor in _tensors_of(folder / file_name):
            if (other := tensors.get(tensor.name)) is not None:
                raise ModelError(
                    f"{folder}: tensor {quoted(tensor.name)} is in both {other.path.name} and"
                    f" {file_name}"
                )
            tensors[tensor.name] = tensor
    return tensors


def _file_names(folder: Path) -> list[str]:
    """The safetensors files that make up the checkpoint: one, or the shards of its index."""
    if (folder / INDEX_FILE).exists():
        if (folder / WEIGHTS_FILE).exists():
            raise ModelError(f"{folder} has both {WEIGHTS_FILE} and {INDEX_FILE}; remove one")
        return _shard_names(folder / INDEX_FILE)
    if (folder / WEIGHTS_FILE).exists():
        return [WEIGHTS_FILE]
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLE_SUFFIXES)
    if pickles:
        raise ModelError(
            f"{folder} has only {pickles[0]}, a pickle, which can run any program when it is read;"
            f" convert it to {WEIGHTS_FILE} where you trust it"
        )
    raise ModelError(f"{folder} has no {WEIGHTS_FILE} and no {INDEX_FILE}")


def _shard_names(index: Path) -> list[str]:
    weight_map = read_json_object(index, _LARGEST_INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{index} has no weight_map")
    names = sorted({str(name) for name in weight_map.values()})
    for name in names:
        if not is_weights(name):
            raise ModelError(
                f"{index} names {quoted(repr(name))}, which is not a plain safetensors file name"
            )
        if not (index.parent / name).exists():
            raise ModelError(f"{index.parent} lacks {name}, which its index names")
    return names


def _tensors_of(path: Path) -> list[StoredTensor]:
    """The tensors of one file, checked by its header: it is whole and nothing overlaps."""
    if not path.is_file():
        raise ModelError(f"{path} is not a regular file")
    try:
        header, data_offset = _read_header(path)
        with safe_open(path, framework="numpy"):
            pass  # the library checks names, shapes and places against the file
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged or not safetensors: {first_line(error)}") from None
    except OSError as error:
        raise ModelError(f"cannot read {path}: {storage.reason(error)}") from error
    return [
        StoredTensor(
            path=path,
            name=name,
            kind=entry["dtype"],
            shape=tuple(entry["shape"]),
            offset=data_offset + entry["data_offsets"][0],
        )
        for name, entry in header.items()
        if name != _METADATA
    ]


def _read_header(path: Path) -> tuple[Mapping[str, Any], int]:
    """The header of a file, and where its data begins.

    Refuses a header that is huge or names a tensor twice; the library accepts both.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if length > _LARGEST_HEADER:
            raise ModelError(f"{path} is damaged or not safetensors: its header is too large")
        raw = file.read(length)
    try:
        header = json.loads(raw, object_pairs_hook=_without_repeats)
    except _RepeatedNameError as error:
        raise ModelError(f"{path} holds {quoted(str(error))} twice") from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path} is damaged or not safetensors: its header is cut off") from None
    return header, _LENGTH_BYTES + length


class _RepeatedNameError(Exception):
    """A JSON object has the same key twice; `str(error)` is the key."""


def _without_repeats(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise _RepeatedNameError(key)
        seen[key] = value
    return seen
