"""A cache that lies in the memory of a device."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gpt2_tui.engine import faults
from gpt2_tui.engine.cache import Array, Bound, Cache
from gpt2_tui.onnx_runtime import onnxruntime


class DeviceCache:
    """A `Cache` that goes to a device when it is first bound, and stays there while graphs run.

    Rows are put in, taken out and copied on the host: a round trip through the whole cache. So it
    is done where a prompt is continued or the window moves, but not each time a row has ended.
    """

    def __init__(self, staged: Cache, device: str) -> None:
        """Takes `staged` over, for `device` as onnxruntime names it."""
        self._cache = staged  # its arrays are gone once `_values` are there
        self._device = device
        self._values: list[Any] = []

    @property
    def rows(self) -> int:
        return self._cache.rows

    @property
    def length(self) -> int:
        return self._cache.length

    def cut(self, length: int) -> None:
        self._cache.cut(length)

    def on_host(self) -> Cache:
        """The same cache on the host."""
        if not self._values:
            return self._cache
        source = self._cache
        fetched = Cache(source.architecture, source.rows, source.length, source.dtype)
        with faults.told():
            for array, value in zip(fetched.arrays, self._values, strict=True):
                array[:, :, : source.length] = value.numpy()[:, :, : source.length]
        return fetched

    def set_row(self, row: int, encoded: Cache) -> None:
        self._cache, self._values = self.on_host(), []
        self._cache.set_row(row, encoded)

    def is_worth_shrinking(self, rows: int) -> bool:
        return 2 * rows <= self.rows

    def keep_rows(self, kept: Sequence[int]) -> "DeviceCache":
        return DeviceCache(self.on_host().keep_rows(kept), self._device)

    def make_room(self, new: int) -> bool:
        return self._cache.make_room(new)

    def bound(self) -> Iterator[Bound]:
        if not self._values:
            self._values = [self._on_device(array) for array in self._cache.arrays]
            self._cache.arrays.clear()
        return self._cache.bound_as(self._values)

    def place(self, new: int) -> Mapping[str, Array]:
        return self._cache.place(new)

    def advance(self, new: int) -> None:
        self._cache.advance(new)

    def _on_device(self, array: Array) -> Any:
        with faults.told():
            value = onnxruntime().OrtValue.ortvalue_from_shape_and_type(
                list(array.shape), array.dtype.type, self._device, 0
            )
            # Also the places that do not count: what lies in new memory need not be a number, and
            # not a number times nothing is none either.
            value.update_inplace(array)
            return value
