"""The external data file of a graph: weights written one at a time, ready to be memory mapped.

ONNX's own helper wants the whole model in memory first. Here each tensor goes to the file as soon
as it is made, and only its place is kept in the graph.
Format: https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import onnx
from numpy.typing import NDArray

# A mapping begins at a multiple of the page size; 64 KiB suits every system, Windows included.
_MAPPED_ALIGNMENT = 64 << 10
_MAPPED_FROM = 1 << 20
_ALIGNMENT = 64


class WeightsFile:
    """Writes tensors to `path` and describes each as an ONNX initializer. Use it in a `with`.

    `written` holds those descriptions by name: several graphs may share the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("xb")
        self.written: dict[str, onnx.TensorProto] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def add(self, name: str, array: NDArray[Any]) -> onnx.TensorProto:
        """Write `array` and give the initializer `name` that points to it. Raises OSError."""
        size = array.nbytes
        alignment = _MAPPED_ALIGNMENT if size >= _MAPPED_FROM else _ALIGNMENT
        self._file.write(bytes(-self._file.tell() % alignment))
        offset = self._file.tell()
        # ONNX wants little-endian bytes in C order.
        little_endian = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        self._file.write(little_endian.data)
        tensor = onnx.TensorProto(
            name=name,
            data_type=onnx.helper.np_dtype_to_tensor_dtype(array.dtype),
            dims=array.shape,
            data_location=onnx.TensorProto.EXTERNAL,
        )
        for key, value in (("location", self._path.name), ("offset", offset), ("length", size)):
            tensor.external_data.add(key=key, value=str(value))
        self.written[name] = tensor
        return tensor
