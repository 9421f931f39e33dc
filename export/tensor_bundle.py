"""The tensors of a TensorFlow checkpoint, found without TensorFlow and read one at a time.

A checkpoint NAME is NAME.index, a table of protocol buffers that say where each tensor lies, and
NAME.data-00000-of-00001 (or more of them), the values one after the other. NAME.meta, the graph,
is not needed.
Format: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpt2_tui import storage
from gpt2_tui.errors import ModelError
from gpt2_tui.text.visible import quoted

from .byte_reader import ByteReader
from .config import read_regular_file
from .sorted_table import masked_crc32c, read_table

# The index of the 1.5B model has 30 kB.
_LARGEST_INDEX = 1 << 20
_MOST_DIMENSIONS = 8
_HEADER_KEY = b""
_FLOAT32 = 1  # DataType.DT_FLOAT
_FLOAT32_BYTES = 4

Fields = dict[int, list[int | bytes]]


@dataclass(frozen=True)
class BundleTensor:
    """One float32 tensor of a checkpoint: where it lies, in bytes, and its checksum."""

    path: Path
    name: str
    shape: tuple[int, ...]
    offset: int
    checksum: int

    @property
    def size(self) -> int:
        """In bytes."""
        return _FLOAT32_BYTES * math.prod(self.shape)

    def read(self) -> NDArray[np.float32]:
        """The values, checked by their checksum. Raises ModelError."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                raw = file.read(self.size)
        except OSError as error:
            raise ModelError(f"cannot read {self.path}: {storage.reason(error)}") from error
        if len(raw) != self.size:
            raise ModelError(f"{self.path} was cut while it was read")
        if masked_crc32c(raw) != self.checksum:
            raise ModelError(
                f"{self.path} is damaged: tensor {self.name} does not match its checksum"
            )
        return np.frombuffer(raw, "<f4").astype(np.float32, copy=False).reshape(self.shape)


def find_tensors(index: Path) -> dict[str, BundleTensor]:
    """Every tensor of the checkpoint with the index file `index`, by name.

    Only the index is read here, and the lengths of the other files. Raises ModelError.
    """
    raw = read_regular_file(index, _LARGEST_INDEX)
    try:
        entries = dict(read_table(raw))
        shards = _read_header(entries.pop(_HEADER_KEY, None))
        tensors = [
            _read_entry(index, shards, key.decode("ascii"), _read_message(value))
            for key, value in entries.items()
        ]
    except ValueError as error:
        raise ModelError(f"{index} is damaged or no TensorFlow checkpoint: {error}") from None
    _check_lengths(tensors)
    return {tensor.name: tensor for tensor in tensors}


def _read_header(raw: bytes | None) -> int:
    """How many data files there are, from a BundleHeaderProto."""
    if raw is None:
        raise ValueError("it has no header")
    fields = _read_message(raw)
    if _number(fields, 2):
        raise ValueError("its numbers are big-endian")
    return _number(fields, 1)


def _read_entry(index: Path, shards: int, name: str, fields: Fields) -> BundleTensor:
    """The tensor that a BundleEntryProto describes."""
    if not name.isprintable():
        raise ValueError("a name holds control characters")
    if 7 in fields:
        raise ValueError(f"tensor {quoted(name)} is cut into slices")
    if (kind := _number(fields, 1)) != _FLOAT32:
        raise ValueError(f"tensor {quoted(name)} is not float32, but of TensorFlow's type {kind}")
    if (shard := _number(fields, 3)) >= shards:
        raise ValueError(f"tensor {quoted(name)} lies in data file {shard} of {shards}")
    tensor = BundleTensor(
        path=index.with_suffix(f".data-{shard:05}-of-{shards:05}"),
        name=name,
        shape=_read_shape(_bytes(fields, 2)),
        offset=_number(fields, 4),
        checksum=_number(fields, 6),
    )
    if tensor.size != (size := _number(fields, 5)):
        raise ValueError(
            f"tensor {quoted(name)} has {size} bytes, its shape {quoted(str(list(tensor.shape)))}"
        )
    return tensor


def _read_shape(raw: bytes) -> tuple[int, ...]:
    """The sizes of a TensorShapeProto."""
    dimensions = _read_message(raw).get(2, [])
    if len(dimensions) > _MOST_DIMENSIONS:
        raise ValueError("a shape is too long")
    return tuple(_number(_read_message(_message(dimension)), 1) for dimension in dimensions)


def _check_lengths(tensors: Sequence[BundleTensor]) -> None:
    """Refuse tensors that lie beyond the end of their file."""
    ends: dict[Path, int] = {}
    for tensor in tensors:
        ends[tensor.path] = max(ends.get(tensor.path, 0), tensor.offset + tensor.size)
    for path, end in ends.items():
        if not path.exists():
            raise ModelError(f"{path.parent} has no {path.name}")
        if not path.is_file():
            raise ModelError(f"{path} is not a regular file")
        if (length := path.stat().st_size) < end:
            raise ModelError(f"{path} is cut off: it has {length} bytes, its index says {end}")


def _read_message(raw: bytes) -> Fields:
    """The fields of a protocol buffer by number: whole numbers, or bytes. Raises ValueError.

    Format: https://protobuf.dev/programming-guides/encoding/
    """
    fields: Fields = {}
    reader = ByteReader(raw)
    while not reader.at_end:
        number, wire_type = divmod(reader.varint(), 8)
        fields.setdefault(number, []).append(_read_value(reader, wire_type))
    return fields


def _read_value(reader: ByteReader, wire_type: int) -> int | bytes:
    match wire_type:
        case 0:
            return reader.varint()
        case 2:
            return reader.take(reader.varint())
        case 5:
            return reader.fixed32()
    raise ValueError("an entry is damaged")


def _number(fields: Fields, number: int) -> int:
    """A field that is a whole number, 0 if it is not there."""
    value = fields.get(number, [0])[-1]
    if isinstance(value, bytes):
        raise ValueError("an entry is damaged")
    return value


def _bytes(fields: Fields, number: int) -> bytes:
    return _message(fields.get(number, [b""])[-1])


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("an entry is damaged")
    return value
