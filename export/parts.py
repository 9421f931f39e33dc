"""What every part of a graph is made with, and the forms that a graph's numbers can have."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .checkpoint import Checkpoint
from .graph_builder import GraphBuilder


@dataclass(frozen=True)
class Parts:
    """What every part of the graph is made with.

    `one_token` says that each row of the batch has one new token, S = 1. `on_read` is told the
    number of values of each tensor that is read.
    """

    builder: GraphBuilder
    checkpoint: Checkpoint
    precision: "Precision"
    one_token: bool
    on_read: Callable[[int], None]

    def read(self, name: str) -> NDArray[np.float32]:
        """The tensor `name` of the checkpoint."""
        array = self.checkpoint.read(name)
        self.on_read(array.size)
        return array

    def weight(self, name: str) -> str:
        """Take the tensor `name` of the checkpoint into the graph as it is."""
        if not self.builder.take(name):
            self.builder.weight(name, self.read(name))
        return name


@dataclass(frozen=True)
class Precision:
    """How a graph holds its numbers: the parts that differ, and which providers can run it.

    `activations` is the ONNX type between `enter` and `leave`, which is that of the cache.
    A precision for cards has no step graph: the prompt form is the fast one there.
    """

    name: str
    file: str
    providers: tuple[str, ...]
    has_step_graph: bool
    activations: int
    token_embedding: "TokenEmbedding"
    enter: "Change"
    linear: "Linear"
    leave: "Change"
    head: "Head"


# parts -> the tokens' vectors [B, S, D] in float32.
TokenEmbedding = Callable[[Parts], str]
# (parts, path, x) -> x, from the float32 of the residual stream to what `linear` takes, or back.
Change = Callable[[Parts, str, str], str]
# (parts, path, x [.., in]) -> [.., out], with the tensors `{path}.weight` and `{path}.bias`.
Linear = Callable[[Parts, str, str], str]
# (parts, x [B, K, D] in float32): makes the output of the graph, the logits [B, K, V].
Head = Callable[[Parts, str], None]


def place(path: str) -> str:
    """A tensor's path as a node's path: `h.3.attn.c_attn` becomes `h.3/attn/c_attn`."""
    if not path.startswith("h."):
        return path
    layer, _, rest = path.removeprefix("h.").partition(".")
    return "/".join([f"h.{layer}", *rest.split(".")])
