"""The longest piece of each text that stands in a large corpus, letter by letter.

Rounds of falling length look for pieces of 32, 16, 8 … bytes. In each, the pieces of the texts that
found nothing yet are hashed, the corpus is hashed at every byte and looked up among them, and each
hit is followed to its end, byte by byte. A match of at least the round's length holds such a piece,
so none is overlooked, and a hash that fits by chance is found out. The time is linear in the
corpus.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .books import BOUNDARY, Bytes
from .variety import WORD

_LENGTHS = (32, 16, 8, 4, 2, 1)
_CHUNK = 1 << 22
_FILTER_BITS = 22

# Stands between the texts; it is in no UTF-8, and in no corpus.
_WALL = b"\xff"
_Hashes = npt.NDArray[np.uint64]
_Places = npt.NDArray[np.int64]
_ODD = np.uint64(0x9E3779B97F4A7C15)
_LETTERS = np.random.default_rng(1).integers(1 << 63, size=256, dtype=np.uint64)


@dataclass(frozen=True)
class Match:
    """The longest piece, the first of several, and how many whole words of its text are in it."""

    text: str
    words: int


def longest_matches(
    texts: Sequence[str],
    corpus: Sequence[Bytes],
    advance: Callable[[int], None] = lambda _: None,
) -> list[Match]:
    """The longest match of each text, in their order; `advance` is told of more bytes searched.

    Raises ValueError if a text holds the byte that stands between documents.
    """
    encoded = [text.encode() for text in texts]
    if any(BOUNDARY in data for data in encoded):
        raise ValueError("a text with a zero byte cannot be looked for")
    joined = np.frombuffer(_WALL + b"".join(data + _WALL for data in encoded), np.uint8)
    walls = np.flatnonzero(joined == _WALL[0])
    longest = np.zeros(len(texts), np.int64)
    starts = walls[:-1] + 1
    for length in _LENGTHS:
        missing = np.flatnonzero(longest == 0)
        if not missing.size:
            break
        pieces = _Pieces(joined, walls, missing, length)
        for block in corpus:
            for first in range(0, len(block), _CHUNK):
                for start, size in pieces.found_in(block, first):
                    owner = int(np.searchsorted(walls, start)) - 1
                    if (size, -start) > (longest[owner], -starts[owner]):
                        longest[owner], starts[owner] = size, start
                advance(min(_CHUNK, len(block) - first))
    return [
        _match(data, int(start), int(size))
        for data, start, size in zip(encoded, starts - walls[:-1] - 1, longest, strict=True)
    ]


def rounds_at_most() -> int:
    """How often the corpus is read at most."""
    return len(_LENGTHS)


def distribution(matches: Sequence[Match]) -> dict[str, Any]:
    """Median, 95th percentile and largest of the lengths in characters and in words."""
    return {
        "texts": len(matches),
        "characters": _percentiles([len(match.text) for match in matches]),
        "words": _percentiles([match.words for match in matches]),
    }


def _percentiles(values: Collection[int]) -> dict[str, int]:
    """Each is a value that occurs: the least one that so many of them do not exceed."""
    names = {"median": 0.5, "95th": 0.95, "largest": 1.0}
    found = np.quantile(list(values), list(names.values()), method="inverted_cdf")
    return {name: int(value) for name, value in zip(names, found, strict=True)}


class _Pieces:
    """All pieces of one length of some of the texts, by their hashes."""

    def __init__(self, joined: Bytes, walls: _Places, texts: _Places, length: int) -> None:
        self._joined = joined
        self._length = length
        spans = ((walls[text] + 1, walls[text + 1] - length + 1) for text in texts)
        starts = np.concatenate([np.arange(*span) for span in spans])
        hashes = _hashes(joined, length)[starts]
        order = np.argsort(hashes, kind="stable")
        self._starts, self._hashes = starts[order], hashes[order]
        # Most places of the corpus are ruled out by one look into a small table.
        self._filter = np.zeros(1 << _FILTER_BITS, np.bool_)
        self._filter[_short(hashes)] = True

    def found_in(self, block: Bytes, first: int) -> list[tuple[int, int]]:
        """(start in the joined texts, bytes) of the longest match at each place of a text that
        occurs in the chunk of `block` that begins at `first`."""
        hashes = _hashes(block[first : first + _CHUNK + self._length - 1], self._length)
        maybe = np.flatnonzero(self._filter[_short(hashes)])
        left = np.searchsorted(self._hashes, hashes[maybe], "left")
        count = np.searchsorted(self._hashes, hashes[maybe], "right") - left
        places = first + np.repeat(maybe, count)
        nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        starts = self._starts[np.repeat(left, count) + nth]
        sizes = _followed(block, places, self._joined, starts)
        best = np.lexsort((-sizes, starts))
        best = best[np.diff(starts[best], prepend=-1) > 0]
        kept = best[sizes[best] >= self._length]
        return list(zip(starts[kept].tolist(), sizes[kept].tolist(), strict=True))


def _hashes(data: Bytes, length: int) -> _Hashes:
    """A hash of the `length` bytes, a power of two, at each place that has as many."""
    hashes = _LETTERS[data]
    size = 1
    while size < length:
        hashes = hashes[:-size] * _ODD + hashes[size:]
        hashes ^= hashes >> np.uint64(29)
        size *= 2
    return hashes


def _short(hashes: _Hashes) -> _Hashes:
    return hashes >> np.uint64(64 - _FILTER_BITS)


def _followed(block: Bytes, places: _Places, joined: Bytes, starts: _Places) -> _Places:
    """How many bytes are the same from each place of `block` and start in `joined` on."""
    sizes = np.zeros(len(places), np.int64)
    active = np.flatnonzero(places < len(block))
    step = 0
    while active.size:
        # A wall ends every text, so only the end of the block must be looked at.
        active = active[block[places[active] + step] == joined[starts[active] + step]]
        step += 1
        sizes[active] = step
        active = active[places[active] + step < len(block)]
    return sizes


def _match(data: bytes, start: int, size: int) -> Match:
    """The match as text; half a character at its edges is left out."""
    text = data[start : start + size].decode("utf-8", "ignore")
    first = len(data[:start].decode("utf-8", "ignore"))
    last = first + len(text)
    spans = (word.span() for word in WORD.finditer(data.decode()))
    return Match(text, sum(first <= begin and end <= last for begin, end in spans))
