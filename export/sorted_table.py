"""The table of names and values that TensorFlow writes beside the tensors of a checkpoint.

It is LevelDB's: blocks of entries sorted by key, each key without what it shares with the one
before; then an index of the blocks; at the end the place of the index.
Format: https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

from collections.abc import Iterator

import google_crc32c

from .byte_reader import ByteReader

_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
_FOOTER_BYTES = 48
_TRAILER_BYTES = 5
_UNCOMPRESSED = 0
_LONGEST_KEY = 200


def read_table(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of the table `raw`, every block checked by its checksum.

    Raises ValueError. What it costs in time and memory is bounded by the length of `raw`: a key
    comes once, and so does a block.
    """
    if len(raw) < _FOOTER_BYTES or not raw.endswith(_MAGIC):
        raise ValueError("it is not a table of TensorFlow's")
    footer = ByteReader(raw[-_FOOTER_BYTES : -len(_MAGIC)])
    _handle(footer)  # of the meta index, in which TensorFlow keeps nothing
    end = 0
    last_key: bytes | None = None
    for _, handle in _entries(_block(raw, *_handle(footer))):
        offset, size = _handle(ByteReader(handle))
        if offset < end:
            raise ValueError("its blocks are out of order")
        end = offset + size
        for key, value in _entries(_block(raw, offset, size)):
            if last_key is not None and key <= last_key:
                raise ValueError("its keys are out of order")
            last_key = key
            yield key, value


def masked_crc32c(raw: bytes) -> int:
    """The CRC-32C of `raw` as LevelDB and TensorFlow store it: turned, and a number added."""
    crc: int = google_crc32c.value(raw)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _handle(reader: ByteReader) -> tuple[int, int]:
    """Where a block begins, and its length without trailer, in bytes."""
    return reader.varint(), reader.varint()


def _block(raw: bytes, offset: int, size: int) -> bytes:
    """The contents of a block. A trailer follows it: the compression and a checksum of both."""
    trailer = offset + size
    if trailer + _TRAILER_BYTES > len(raw) - _FOOTER_BYTES:
        raise ValueError("a block lies beyond its end")
    checksum = ByteReader(raw[trailer + 1 : trailer + _TRAILER_BYTES]).fixed32()
    if masked_crc32c(raw[offset : trailer + 1]) != checksum:
        raise ValueError("a block does not match its checksum")
    if raw[trailer] != _UNCOMPRESSED:
        raise ValueError("a block is compressed, which TensorFlow does not do in checkpoints")
    return raw[offset:trailer]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a block; what follows them are places to begin a search at."""
    restarts = int.from_bytes(block[-4:], "little")
    length = len(block) - 4 * (restarts + 1)
    if length <= 0:
        raise ValueError("a block is empty")
    reader = ByteReader(block[:length])
    key = b""
    while not reader.at_end:
        shared, own, value_bytes = reader.varint(), reader.varint(), reader.varint()
        if shared > len(key) or shared + own > _LONGEST_KEY:
            raise ValueError("a key is damaged")
        key = key[:shared] + reader.take(own)
        yield key, reader.take(value_bytes)
