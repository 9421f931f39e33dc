"""Numbers and pieces from the front of some bytes that may be damaged."""


class ByteReader:
    """Reads `raw` piece by piece. Raises ValueError where it ends too soon."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._place = 0

    @property
    def at_end(self) -> bool:
        return self._place == len(self._raw)

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self._place + count
        if end > len(self._raw):
            raise ValueError("it ends too soon")
        piece = self._raw[self._place : end]
        self._place = end
        return piece

    def varint(self) -> int:
        """A whole number of at most ten bytes, 7 bits in each, the lowest first."""
        value = shift = 0
        while (byte := self.take(1)[0]) >= 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a number is too long")
        return value | byte << shift

    def fixed32(self) -> int:
        """A whole number of four bytes, little-endian."""
        return int.from_bytes(self.take(4), "little")
