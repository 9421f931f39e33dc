"""Writes TensorFlow's checkpoint files without TensorFlow, right or wrong as a test wants them.

`test_tensorflow.py` shows that what is written rightly is byte for byte what TensorFlow writes.
"""

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path

from export.sorted_table import masked_crc32c
from tests.exporter.checkpoints import Array

FLOAT32 = 1
Pair = tuple[bytes, bytes]

_MAGIC = bytes.fromhex("57fb808b247547db")
_RESTART_INTERVAL = 16


def write_bundle(
    folder: Path,
    tensors: Mapping[str, Array],
    changes: Mapping[str, bytes] | None = None,
    *,
    shards: int = 1,
) -> None:
    """Write `model.ckpt.*` with the tensors dealt out to the data files in turn.

    `changes` gives other index entries for some names, or more; the name "" is the header.
    """
    pairs = {"": header(shards)}
    data = [b""] * shards
    for number, (name, tensor) in enumerate(sorted(tensors.items())):
        raw, shard = tensor.tobytes(), number % shards
        pairs[name] = entry(tensor.shape, raw, offset=len(data[shard]), shard=shard)
        data[shard] += raw
    pairs |= dict(changes or {})
    for shard, raw in enumerate(data):
        (folder / f"model.ckpt.data-{shard:05}-of-{shards:05}").write_bytes(raw)
    encoded = [(name.encode(), value) for name, value in sorted(pairs.items())]
    (folder / "model.ckpt.index").write_bytes(table([encoded]))


def header(shards: int = 1, *, big_endian: bool = False) -> bytes:
    """A BundleHeaderProto."""
    return field(1, shards) + field(2, int(big_endian)) + field(3, field(1, 1))


def entry(
    shape: Iterable[int],
    raw: bytes,
    *,
    offset: int = 0,
    shard: int = 0,
    kind: int = FLOAT32,
    size: int | None = None,
) -> bytes:
    """A BundleEntryProto for the tensor whose bytes are `raw`."""
    dimensions = b"".join(field(2, field(1, length)) for length in shape)
    return (
        field(1, kind)
        + field(2, dimensions)
        + field(3, shard)
        + field(4, offset)
        + field(5, len(raw) if size is None else size)
        + b"\x35"
        + masked_crc32c(raw).to_bytes(4, "little")
    )


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer; a number that is 0 is left out."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value) if value else b""


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def table(blocks: Iterable[list[Pair]], *, compression: int = 0) -> bytes:
    """A table of blocks of keys and values, in the order in which they are given."""
    return raw_table([(pairs[-1][0], block(pairs)) for pairs in blocks], compression=compression)


def raw_table(blocks: Iterable[tuple[bytes, bytes]], *, compression: int = 0) -> bytes:
    """A table of blocks that are made already, each with its last key."""
    raw, handles = b"", []
    for last_key, contents in blocks:
        handles.append((_short_successor(last_key), handle(len(raw), len(contents))))
        raw += with_trailer(contents, compression)
    meta = block([])
    meta_handle = handle(len(raw), len(meta))
    raw += with_trailer(meta)
    return with_index(raw, handles, meta_handle)


def with_index(raw: bytes, handles: list[Pair], meta_handle: bytes = b"\0\0") -> bytes:
    """The blocks `raw`, then an index of them with the handles given, then the footer."""
    index = block(handles, restart_interval=1)
    footer = meta_handle + handle(len(raw), len(index))
    return raw + with_trailer(index) + footer.ljust(40, b"\0") + _MAGIC


def handle(offset: int, size: int) -> bytes:
    """Where a block lies, as the index says it."""
    return varint(offset) + varint(size)


def with_trailer(contents: bytes, compression: int = 0) -> bytes:
    checked = contents + bytes([compression])
    return checked + masked_crc32c(checked).to_bytes(4, "little")


def block(pairs: list[Pair], restart_interval: int = _RESTART_INTERVAL) -> bytes:
    """The contents of a block: each key without what it shares with the one before."""
    contents, restarts, last = b"", [], b""
    for number, (key, value) in enumerate(pairs):
        if number % restart_interval == 0:
            restarts.append(len(contents))
            last = b""
        same = itertools.takewhile(lambda two: two[0] == two[1], zip(last, key, strict=False))
        shared = sum(1 for _ in same)
        contents += varint(shared) + varint(len(key) - shared) + varint(len(value))
        contents += key[shared:] + value
        last = key
    places = restarts or [0]
    tail = [*places, len(places)]
    return contents + b"".join(place.to_bytes(4, "little") for place in tail)


def _short_successor(key: bytes) -> bytes:
    """A short key that is not before `key`: LevelDB's FindShortSuccessor."""
    for place, byte in enumerate(key):
        if byte != 0xFF:
            return key[:place] + bytes([byte + 1])
    return key
