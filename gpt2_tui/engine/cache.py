"""Keys and values of the tokens that a model has seen, in the two layouts that its graphs take.

Past and present are the same memory: a graph writes new keys and values behind the old ones, in
place, and the arrays here only know how many places count. Arrays are listed layer by layer, keys
before values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine import runtime
from gpt2_tui.models import graph_io
from gpt2_tui.models.manifest import Architecture

Array = npt.NDArray[Any]

_BLOCK = 16
"""Places; the continuations' own cache has a whole number of blocks. How many places there are may
decide how sums over them are cut, so they follow from the number of own tokens alone."""
_GROWTH = 1 / 8
"""By what share of itself it grows, and at least by a block. All places are read at every step, and
all are copied when it grows."""


@dataclass(frozen=True)
class Bound:
    """An OrtValue that a graph reads as `past` and, unless None, writes to as `present`."""

    past: str
    present: str | None
    value: Any


class LaneCache(Protocol):
    """What `rows` sequences that run together have seen; all hold `length` tokens."""

    @property
    def rows(self) -> int: ...

    @property
    def length(self) -> int: ...

    def set_row(self, row: int, encoded: "Cache") -> None:
        """Let `row` hold what the first row of `encoded` holds, which is `length` tokens."""

    def is_worth_shrinking(self, rows: int) -> bool:
        """Whether a cache of so many `rows`, fewer than these, is worth what `keep_rows` costs."""

    def keep_rows(self, kept: Sequence[int]) -> "LaneCache":
        """A cache of the rows `kept`, in that order."""

    def make_room(self, new: int) -> bool:
        """Make sure that `new` tokens fit; whether there are other arrays to bind for it."""

    def bound(self) -> Iterator[Bound]:
        """What to bind. It stays valid as long as this cache."""

    def place(self, new: int) -> Mapping[str, Array]:
        """The inputs that tell the graph where `new` tokens go."""

    def advance(self, new: int) -> None:
        """The graph has written `new` tokens."""


class Cache:
    """`rows` sequences, each with all of its tokens: arrays [rows, heads, window, head size].

    The layout of a prompt, and of continuations where a model has no step graph.
    """

    def __init__(
        self,
        architecture: Architecture,
        rows: int,
        length: int = 0,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        """Room for the whole window; `length` tokens are there, or will be put there."""
        shape = (rows, architecture.heads, architecture.window, architecture.head_size)
        self.architecture = architecture
        self.rows = rows
        self.length = length
        self.dtype = np.dtype(dtype)
        self.arrays: list[Array] = [np.zeros(shape, dtype) for _ in range(2 * architecture.layers)]

    @classmethod
    def after(cls, encoded: "Cache", rows: int) -> "Cache":
        """`rows` continuations of the prompt in the first row of `encoded`."""
        copies = cls(encoded.architecture, rows, encoded.length, encoded.dtype)
        copies._set_rows(slice(None), encoded)
        return copies

    @classmethod
    def apart(
        cls, architecture: Architecture, rows: int, length: int, dtype: npt.DTypeLike = np.float32
    ) -> "Cache":
        """`rows` sequences, each of `length` tokens that will be put there."""
        return cls(architecture, rows, length, dtype)

    def on_host(self) -> "Cache":
        return self

    def cut(self, length: int) -> None:
        """Forget what lies behind the first `length` tokens."""
        self.length = length

    def set_row(self, row: int, encoded: "Cache") -> None:
        self._set_rows(slice(row, row + 1), encoded)

    def _set_rows(self, rows: slice, encoded: "Cache") -> None:
        for ours, theirs in zip(self.arrays, encoded.arrays, strict=True):
            ours[rows, :, : self.length] = theirs[:1, :, : self.length]

    def is_worth_shrinking(self, rows: int) -> bool:
        return rows < self.rows

    def keep_rows(self, kept: Sequence[int]) -> "Cache":
        smaller = Cache(self.architecture, len(kept), self.length, self.dtype)
        for ours, theirs in zip(smaller.arrays, self.arrays, strict=True):
            ours[:, :, : self.length] = theirs[list(kept), :, : self.length]
        return smaller

    def make_room(self, _new: int) -> bool:
        return False  # it has room for the whole window

    def bound(self) -> Iterator[Bound]:
        return self.bound_as(runtime.on_processor(array) for array in self.arrays)

    def bound_as(self, values: Iterable[Any]) -> Iterator[Bound]:
        """`values` under the names of the arrays."""
        names = graph_io.cache_names(self.architecture.layers)
        for (past, present), value in zip(names, values, strict=True):
            yield Bound(past, present, value)

    def place(self, new: int) -> Mapping[str, Array]:
        total = self.length + new
        return {
            graph_io.SEQLENS_K: np.full(self.rows, total - 1, np.int32),
            graph_io.TOTAL_SEQUENCE_LENGTH: np.array(total, np.int32),
        }

    def advance(self, new: int) -> None:
        self.length += new


class SharedPromptCache:
    """`rows` continuations of one prompt, which is there once: the layout of the step graph.

    `prompt` arrays are [heads, 1, prompt, head size], `own` arrays [heads, rows, own places, head
    size], of which the first `own_length` places count.
    """

    def __init__(
        self,
        architecture: Architecture,
        prompt: Sequence[Array],
        own: Sequence[Array],
        own_length: int,
    ) -> None:
        self.architecture = architecture
        self.prompt = list(prompt)
        self.own = list(own)
        self.own_length = own_length

    @classmethod
    def after(cls, encoded: Cache, rows: int) -> "SharedPromptCache":
        """`rows` continuations of the prompt in the first row of `encoded`."""
        prompt = [_by_head(array, encoded.length) for array in encoded.arrays]
        own = _empty_own(encoded.architecture, rows, _places_for(0), prompt[0].dtype)
        return cls(encoded.architecture, prompt, own, 0)

    @classmethod
    def apart(
        cls, architecture: Architecture, rows: int, length: int, dtype: npt.DTypeLike = np.float32
    ) -> "SharedPromptCache":
        """`rows` sequences that share nothing, each of `length` tokens that will be put there."""
        nothing = np.zeros((architecture.heads, 1, 0, architecture.head_size), dtype)
        own = _empty_own(architecture, rows, _places_for(length), dtype)
        return cls(architecture, [nothing] * len(own), own, length)

    @property
    def rows(self) -> int:
        return int(self.own[0].shape[1])

    @property
    def length(self) -> int:
        return int(self.prompt[0].shape[2]) + self.own_length

    def set_row(self, row: int, encoded: Cache) -> None:
        for ours, theirs in zip(self.own, encoded.arrays, strict=True):
            ours[:, row, : self.own_length] = theirs[0, :, : self.own_length]

    def is_worth_shrinking(self, rows: int) -> bool:
        return rows < self.rows

    def keep_rows(self, kept: Sequence[int]) -> "SharedPromptCache":
        own = [np.ascontiguousarray(array[:, list(kept)]) for array in self.own]
        return SharedPromptCache(self.architecture, self.prompt, own, self.own_length)

    def make_room(self, new: int) -> bool:
        more = _places_for(self.own_length + new) - self._places
        if more > 0:
            # One by one: twice the whole own part would be much memory.
            for index, array in enumerate(self.own):
                self.own[index] = np.pad(array, ((0, 0), (0, 0), (0, more), (0, 0)))
        return more > 0

    def bound(self) -> Iterator[Bound]:
        layers = self.architecture.layers
        for name, array in zip(graph_io.prompt_names(layers), self.prompt, strict=True):
            yield Bound(name, None, runtime.on_processor(array))
        for (past, present), array in zip(graph_io.cache_names(layers), self.own, strict=True):
            yield Bound(past, present, runtime.on_processor(array))

    def place(self, new: int) -> Mapping[str, Array]:
        mask = np.full(self._places, -np.inf, np.float32)
        mask[: self.own_length + new] = 0
        return {
            graph_io.WRITE_INDICES: np.full(self.architecture.heads, self.own_length, np.int64),
            graph_io.OWN_MASK: mask,
        }

    def advance(self, new: int) -> None:
        self.own_length += new

    @property
    def _places(self) -> int:
        return int(self.own[0].shape[2])


def _places_for(tokens: int) -> int:
    """Own places for `tokens`, however they came: one by one or all at once."""
    places = _BLOCK
    while places < tokens:
        places += max(int(places * _GROWTH) // _BLOCK, 1) * _BLOCK
    return places


def _empty_own(
    architecture: Architecture, rows: int, places: int, dtype: npt.DTypeLike
) -> list[Array]:
    shape = (architecture.heads, rows, places, architecture.head_size)
    return [np.zeros(shape, dtype) for _ in range(2 * architecture.layers)]


def _by_head(array: Array, length: int) -> Array:
    """The first `length` places of the first row, as [heads, 1, length, head size]."""
    return np.ascontiguousarray(array[:1, :, :length].transpose(1, 0, 2, 3))
