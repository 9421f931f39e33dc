"""The tensors of a finished model folder, read back from the weights of one of its graphs.

What a graph rounded stays rounded: a model made of an int8 graph is no better than that.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from gpt2_tui import storage
from gpt2_tui.errors import ModelError
from gpt2_tui.models.folder import sha256_of
from gpt2_tui.models.manifest import MANIFEST_FILE, Graph, Manifest, Source, read_manifest
from gpt2_tui.text.visible import quoted

from .config import Config, read_regular_file
from .tensors import HEAD, TOKEN_EMBEDDING, expected_shapes, head_shape

_FINEST_FIRST = ("fp32", "fp16", "int8")
_LAYER_NORM = "LayerNormalization"
_LARGEST_GRAPH = 64 << 20
_OFFSET = re.compile(r"[0-9]{1,18}")
_STORED_AS: Mapping[int, str] = {
    onnx.TensorProto.FLOAT: "<f4",
    onnx.TensorProto.FLOAT16: "<f2",
    onnx.TensorProto.INT8: "<i1",
}

Array = NDArray[np.float32]


@dataclass(frozen=True)
class GraphTensor:
    """One weight of a graph: where it lies, and what it is. `scale` belongs to whole numbers; the
    int8 head lies `turned`, as [width, vocabulary]."""

    path: Path
    name: str
    kind: int
    stored_shape: tuple[int, ...]
    offset: int
    scale: "GraphTensor | None" = None
    turned: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.stored_shape[::-1] if self.turned else self.stored_shape

    def read(self) -> Array:
        """The values as float32. Raises ModelError if they cannot be read."""
        count = math.prod(self.stored_shape)
        try:
            stored = np.fromfile(self.path, _STORED_AS[self.kind], count, offset=self.offset)
        except OSError as error:
            raise ModelError(f"cannot read {self.path}: {storage.reason(error)}") from error
        if stored.size != count:
            raise ModelError(f"{self.path} is too short for the tensor {self.name}")
        values: Array = stored.astype(np.float32, copy=False).reshape(self.stored_shape)
        if self.scale is not None:
            values = values * self.scale.read()
        return values.T if self.turned else values


def is_model_folder(folder: Path) -> bool:
    return (folder / MANIFEST_FILE).is_file()


def source_of(folder: Path, manifest: Manifest) -> Source:
    """What a model made of that folder says it was made from."""
    precision = _finest(folder, manifest).precision
    return Source("model", f"{manifest.name} ({precision})", sha256_of(folder / MANIFEST_FILE))


def read_model_folder(folder: Path) -> tuple[Config, dict[str, GraphTensor], bool]:
    """The shape, the tensors by name, and whether the head is one of its own.

    Raises ModelError where a file is not the one that model.json names, or a weight is missing.
    """
    manifest = read_manifest(folder)
    graph = _finest(folder, manifest)
    for name in (graph.file, graph.data):
        if name is not None and sha256_of(folder / name) != manifest.files[name].sha256:
            raise ModelError(f"{folder / name} is not the file that {MANIFEST_FILE} names")
    model = _parsed(folder / graph.file)
    found = _tensors(folder, graph, model)
    shape = manifest.architecture
    config = Config(
        layers=shape.layers,
        heads=shape.heads,
        width=shape.width,
        window=shape.window,
        vocabulary=shape.vocabulary,
        epsilon=_epsilon(folder, model),
        tied_head=True,
    )
    wanted = {*expected_shapes(config), HEAD}
    stored = {name: tensor for name, tensor in found.items() if name in wanted}
    for name, tensor in stored.items():
        stored[name] = _with_scale(folder, tensor, found, config)
    own_head = HEAD in stored and not _same(stored[HEAD], stored.get(TOKEN_EMBEDDING))
    if not own_head:
        stored.pop(HEAD, None)
    return replace(config, tied_head=not own_head), stored, own_head


def _finest(folder: Path, manifest: Manifest) -> Graph:
    """The graph whose numbers are the finest."""
    known = [graph for graph in manifest.graphs if graph.precision in _FINEST_FIRST]
    if not known:
        raise ModelError(f"{folder} has no graph whose weights can be read back")
    return min(known, key=lambda graph: _FINEST_FIRST.index(graph.precision))


def _parsed(path: Path) -> onnx.ModelProto:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(read_regular_file(path, _LARGEST_GRAPH))
    except DecodeError:
        raise ModelError(f"{path} is no graph") from None
    return model


def _tensors(folder: Path, graph: Graph, model: onnx.ModelProto) -> dict[str, GraphTensor]:
    """The weights that lie in the graph's own data file; small constants lie in the graph."""
    if graph.data is None:
        return {}
    path = folder / graph.data
    size = path.stat().st_size
    found: dict[str, GraphTensor] = {}
    for tensor in model.graph.initializer:
        if tensor.data_location != onnx.TensorProto.EXTERNAL or tensor.data_type not in _STORED_AS:
            continue
        place = {entry.key: entry.value for entry in tensor.external_data}
        offset = place.get("offset", "0")
        if place.get("location") != graph.data or not _OFFSET.fullmatch(offset):
            raise ModelError(
                f"{folder / graph.file} has its tensor {quoted(tensor.name)} elsewhere"
            )
        shape = tuple(tensor.dims)
        length = math.prod(shape) * np.dtype(_STORED_AS[tensor.data_type]).itemsize
        # Before anything is read: a shape can ask for more memory than there is.
        if min(shape, default=0) < 0 or int(offset) + length > size:
            raise ModelError(f"{path} is too short for the tensor {quoted(tensor.name)}")
        found[tensor.name] = GraphTensor(path, tensor.name, tensor.data_type, shape, int(offset))
    return found


def _with_scale(
    folder: Path, tensor: GraphTensor, found: Mapping[str, GraphTensor], config: Config
) -> GraphTensor:
    """`tensor`, with the scales that make its whole numbers weights."""
    if tensor.kind != onnx.TensorProto.INT8:
        return tensor
    scale = found.get(f"{tensor.name.removesuffix('.weight')}.scale")
    # One for each token of the embedding, else one for each column.
    wanted = (
        (config.vocabulary, 1) if tensor.name == TOKEN_EMBEDDING else (tensor.stored_shape[-1:])
    )
    if scale is None or scale.kind != onnx.TensorProto.FLOAT or scale.shape != wanted:
        raise ModelError(f"{folder}: tensor {tensor.name} has no proper scales")
    turned = tensor.name == HEAD
    if turned and tensor.stored_shape != head_shape(config)[::-1]:
        raise ModelError(
            f"{folder}: tensor {tensor.name} has shape {quoted(str(list(tensor.stored_shape)))}"
        )
    return GraphTensor(
        tensor.path, tensor.name, tensor.kind, tensor.stored_shape, tensor.offset, scale, turned
    )


def _same(head: GraphTensor, embedding: GraphTensor | None) -> bool:
    return (
        embedding is not None
        and head.shape == embedding.shape
        and np.array_equal(head.read(), embedding.read())
    )


def _epsilon(folder: Path, model: onnx.ModelProto) -> float:
    """The epsilon of the layer norms, which are all alike."""
    values = {
        attribute.f
        for node in model.graph.node
        if node.op_type == _LAYER_NORM
        for attribute in node.attribute
        if attribute.name == "epsilon"
    }
    if len(values) != 1:
        raise ModelError(f"{folder} holds a graph that is not one of a GPT-2")
    return float(values.pop())
