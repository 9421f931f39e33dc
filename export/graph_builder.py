"""A small writer of ONNX graphs: nodes get paths as names, weights go to a file at once."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from .weights_file import WeightsFile

IR_VERSION = 11
ONNX_DOMAIN = ""
CONTRIB_DOMAIN = "com.microsoft"
_CONTRIB_VERSION = 1


class GraphBuilder:
    """Collects nodes, weights, inputs and outputs, and makes the model of them at the end.

    A node's name is its path, such as `h.3/attn/c_attn/MatMul`, and so is that of its output, so
    that messages of the runtime and profiles say where they come from.
    """

    def __init__(self, weights: WeightsFile, opset: int) -> None:
        self._weights = weights
        self._opset = opset
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._constants: set[str] = set()
        self._taken: set[str] = set()
        self._made: set[str] = set()
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, kind: int, shape: list[int | str]) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, kind: int, shape: list[int | str]) -> str:
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def weight(self, name: str, array: NDArray[Any]) -> str:
        """Write a weight to the external file; returns its name."""
        self._taken.add(name)
        self._initializers.append(self._weights.add(name, array))
        return name

    def take(self, name: str) -> bool:
        """Whether the external file holds the weight `name`, which is then in this graph too."""
        tensor = self._weights.written.get(name)
        if tensor is not None and name not in self._taken:
            self._taken.add(name)
            self._initializers.append(tensor)
        return tensor is not None

    def constant(self, name: str, value: NDArray[Any] | np.generic) -> str:
        """A small constant that stays inside the graph; returns its name.

        Asking again for a name gives the constant that was made first.
        """
        if name not in self._constants:
            self._constants.add(name)
            self._initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(
        self,
        operator: str,
        path: str,
        inputs: list[str],
        *,
        domain: str = ONNX_DOMAIN,
        outputs: tuple[str, ...] = (),
        **attributes: Any,
    ) -> str:
        """Add a node; returns the name of its first output, which is its own unless given."""
        name = f"{path}/{operator}"
        outputs = outputs or (name,)
        self._made.update(outputs)
        self._nodes.append(
            helper.make_node(operator, inputs, outputs, name=name, domain=domain, **attributes)
        )
        return outputs[0]

    def made(self, output: str) -> bool:
        """Whether a node has made `output` already."""
        return output in self._made

    def model(self, graph_name: str, producer: str, producer_version: str) -> onnx.ModelProto:
        """The finished model."""
        graph = helper.make_graph(
            self._nodes, graph_name, self._inputs, self._outputs, self._initializers
        )
        return helper.make_model(
            graph,
            producer_name=producer,
            producer_version=producer_version,
            ir_version=IR_VERSION,
            opset_imports=[
                helper.make_opsetid(ONNX_DOMAIN, self._opset),
                helper.make_opsetid(CONTRIB_DOMAIN, _CONTRIB_VERSION),
            ],
        )
