"""The graph of a GPT-2, written node by node.

One block is: layer norm, attention, add; layer norm, MLP, add. Shapes below: B batch, S new
tokens, W places in the cache, D width, V vocabulary, K kept positions. The names and shapes of
inputs and outputs are those of `gpt2_tui.models.graph_io`.

The graph is made so that a row of the batch never feels its neighbours: every operator works on
each row alone, and a matrix product with a constant weight gives a row the same bits whatever
rows lie beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from gpt2_tui import __version__
from gpt2_tui.models import graph_io

from .checkpoint import Checkpoint
from .config import Config
from .graph_builder import CONTRIB_DOMAIN, GraphBuilder
from .quantisation import LARGEST, quantise_columns
from .tensors import POSITION_EMBEDDING, TOKEN_EMBEDDING
from .weights_file import WeightsFile

_GRAPH_NAME = "gpt2"
_PRODUCER = "gpt2-tui"
_END = (1 << 63) - 1
# The largest magnitude of a row is taken to be at least this, so that a row of zeros divides.
_SMALLEST_ROW = np.float32(1e-9)


@dataclass(frozen=True)
class Parts:
    """What every part of the graph is made with.

    `on_read` is told the number of values of each tensor that is read.
    """

    builder: GraphBuilder
    checkpoint: Checkpoint
    precision: "Precision"
    on_read: Callable[[int], None]

    def read(self, name: str) -> NDArray[np.float32]:
        """The tensor `name` of the checkpoint."""
        array = self.checkpoint.read(name)
        self.on_read(array.size)
        return array

    def weight(self, name: str) -> str:
        """Take the tensor `name` of the checkpoint into the graph as it is."""
        return self.builder.weight(name, self.read(name))


@dataclass(frozen=True)
class Precision:
    """How a graph holds its numbers: the parts that differ, and which providers can run it."""

    name: str
    file: str
    linear: "Linear"
    token_embedding: "TokenEmbedding"
    head: "Head"
    providers: tuple[str, ...]


# (parts, path, x [.., in]) -> [.., out], with the tensors `{path}.weight` and `{path}.bias`.
Linear = Callable[[Parts, str, str], str]
# parts -> the tokens' vectors [B, S, D].
TokenEmbedding = Callable[[Parts], str]
# (parts, x [B, K, D]): makes the output of the graph, the logits [B, K, V].
Head = Callable[[Parts, str], None]


def build_graph(
    checkpoint: Checkpoint,
    weights: WeightsFile,
    precision: Precision,
    on_read: Callable[[int], None],
) -> onnx.ModelProto:
    """Build the graph; its weights are written to `weights` one by one while it is built.

    `on_read` is told the number of values of each tensor, once it is read. Raises ModelError for
    a tensor that cannot be used, OSError when the file cannot be written.
    """
    parts = Parts(GraphBuilder(weights), checkpoint, precision, on_read)
    _declare_inputs_and_outputs(parts.builder, checkpoint.config)
    x = _embedding(parts)
    for layer in range(checkpoint.config.layers):
        x = _block(parts, layer, x)
    precision.head(parts, _layer_norm(parts, "ln_f", _last_positions(parts.builder, x)))
    return parts.builder.model(_GRAPH_NAME, _PRODUCER, __version__)


def linear_fp32(parts: Parts, path: str, x: str) -> str:
    """x [.., in] times the weight [in, out], plus the bias [out], in float32."""
    place = _place(path)
    product = parts.builder.node("MatMul", place, [x, parts.weight(f"{path}.weight")])
    return parts.builder.node("Add", place, [product, parts.weight(f"{path}.bias")])


def token_embedding_fp32(parts: Parts) -> str:
    """The tokens' vectors in float32: [B, S, D]."""
    return parts.builder.node("Gather", "wte", [parts.weight(TOKEN_EMBEDDING), graph_io.INPUT_IDS])


def head_fp32(parts: Parts, x: str) -> None:
    """The logits [B, K, V]: x [B, K, D] times the transposed head [V, D].

    FusedMatMul takes the matrix as it lies in the file, so a tied head is stored once, as the
    token embedding. Measured against MatMul with a second, transposed copy: as fast, and as
    independent of the other rows.
    """
    head = parts.checkpoint.head_name
    if parts.checkpoint.has_own_head:
        parts.weight(head)
    parts.builder.node(
        "FusedMatMul",
        "lm_head",
        [x, head],
        domain=CONTRIB_DOMAIN,
        outputs=(graph_io.LOGITS,),
        transB=1,
    )


def linear_int8(parts: Parts, path: str, x: str) -> str:
    """x [.., in] times the weight [in, out] in whole numbers, plus the bias [out] in float32."""
    product = _product_int8(parts, path, x, parts.read(f"{path}.weight"))
    return parts.builder.node("Add", _place(path), [product, parts.weight(f"{path}.bias")])


def token_embedding_int8(parts: Parts) -> str:
    """The tokens' vectors [B, S, D]: whole numbers [V, D] times a scale for each token [V, 1]."""
    builder = parts.builder
    values, scales = quantise_columns(parts.read(TOKEN_EMBEDDING).T)
    numbers = builder.weight(TOKEN_EMBEDDING, values.T)
    row = builder.node("Gather", "wte", [numbers, graph_io.INPUT_IDS])
    steps = builder.node("Cast", "wte", [row], to=TensorProto.FLOAT)
    by_token = builder.weight("wte.scale", scales[:, None])
    scale = builder.node("Gather", "wte/scale", [by_token, graph_io.INPUT_IDS])
    return builder.node("Mul", "wte", [steps, scale])


def head_int8(parts: Parts, x: str) -> None:
    """The logits [B, K, V] in whole numbers.

    The product takes the head as [D, V] only, so a tied head is written a second time.
    """
    own = parts.checkpoint.has_own_head
    # What is read a second time is not reported: it would be counted twice.
    read = parts.read if own else parts.checkpoint.read
    weight = read(parts.checkpoint.head_name).T
    _product_int8(parts, "lm_head", x, weight, outputs=(graph_io.LOGITS,))


def _product_int8(
    parts: Parts, path: str, x: str, weight: NDArray[np.float32], outputs: tuple[str, ...] = ()
) -> str:
    """x [.., in] times `weight` [in, out]: U8 by row times S8 by column, scaled back to float32.

    The sums are whole numbers, so they do not depend on the order in which they are made.
    A processor without VNNI may cut the sum of two products off at 16 bits; the session option
    `session.x64quantprecision` makes it exact there, and whoever opens the graph must set it.
    """
    builder, place = parts.builder, _place(path)
    values, scales = quantise_columns(weight)
    rows, row_scales = _quantised_rows(builder, f"{place}/rows", x)
    product = builder.node(
        "MatMulIntegerToFloat",
        place,
        [
            rows,
            builder.weight(f"{path}.weight", values),
            _unit_scale(builder),
            builder.weight(f"{path}.scale", scales),
            _zero_point(builder),
        ],
        domain=CONTRIB_DOMAIN,
    )
    return builder.node("Mul", place, [product, row_scales], outputs=outputs)


def _quantised_rows(builder: GraphBuilder, path: str, x: str) -> tuple[str, str]:
    """x [.., in] as U8 about the zero point [.., in], and one scale for each row [.., 1].

    onnxruntime's own operators take one scale for the whole batch, and a row would then feel its
    neighbours.
    """
    last_axis = builder.constant("rows/last_axis", np.array([-1], np.int64))
    smallest = builder.constant("rows/smallest", _SMALLEST_ROW)
    step = builder.constant("rows/step", np.float32(1 / LARGEST))
    magnitudes = builder.node("Abs", path, [x])
    largest = builder.node("ReduceMax", path, [magnitudes, last_axis], keepdims=1)
    scales = builder.node("Mul", path, [builder.node("Max", path, [largest, smallest]), step])
    steps = builder.node("Div", path, [x, scales])
    rows = builder.node("QuantizeLinear", path, [steps, _unit_scale(builder), _zero_point(builder)])
    return rows, scales


def _unit_scale(builder: GraphBuilder) -> str:
    return builder.constant("rows/unit_scale", np.float32(1))


def _zero_point(builder: GraphBuilder) -> str:
    return builder.constant("rows/zero_point", np.uint8(LARGEST + 1))


_CPU = ("CPUExecutionProvider",)

# By the name that `--precision` takes. On CUDA the attention operator takes fp16 only, and the
# product in whole numbers is not there, so both graphs are for the CPU.
PRECISIONS = {
    precision.name: precision
    for precision in (
        Precision("fp32", "model.onnx", linear_fp32, token_embedding_fp32, head_fp32, _CPU),
        Precision("int8", "model_int8.onnx", linear_int8, token_embedding_int8, head_int8, _CPU),
    )
}


def _declare_inputs_and_outputs(builder: GraphBuilder, config: Config) -> None:
    cache: list[int | str] = ["batch", config.heads, "cache", config.head_size]
    builder.input(graph_io.INPUT_IDS, TensorProto.INT64, ["batch", "sequence"])
    builder.input(graph_io.POSITION_IDS, TensorProto.INT64, ["batch", "sequence"])
    builder.input(graph_io.SEQLENS_K, TensorProto.INT32, ["batch"])
    builder.input(graph_io.TOTAL_SEQUENCE_LENGTH, TensorProto.INT32, [])
    builder.input(graph_io.LOGITS_TO_KEEP, TensorProto.INT64, [1])
    builder.output(graph_io.LOGITS, TensorProto.FLOAT, ["batch", "kept", config.vocabulary])
    for layer in range(config.layers):
        builder.input(graph_io.past_key(layer), TensorProto.FLOAT, cache)
        builder.input(graph_io.past_value(layer), TensorProto.FLOAT, cache)
        builder.output(graph_io.present_key(layer), TensorProto.FLOAT, cache)
        builder.output(graph_io.present_value(layer), TensorProto.FLOAT, cache)


def _embedding(parts: Parts) -> str:
    """The tokens' and the positions' vectors, added: [B, S, D]."""
    token = parts.precision.token_embedding(parts)
    positions = parts.weight(POSITION_EMBEDDING)
    position = parts.builder.node("Gather", "wpe", [positions, graph_io.POSITION_IDS])
    return parts.builder.node("Add", "embedding", [token, position])


def _block(parts: Parts, layer: int, x: str) -> str:
    """One transformer block: [B, S, D] to [B, S, D]."""
    path = f"h.{layer}"
    attended = _attention(parts, layer, _layer_norm(parts, f"{path}.ln_1", x))
    x = parts.builder.node("Add", f"{path}/attn", [x, attended])
    changed = _mlp(parts, layer, _layer_norm(parts, f"{path}.ln_2", x))
    return parts.builder.node("Add", f"{path}/mlp", [x, changed])


def _attention(parts: Parts, layer: int, x: str) -> str:
    """Causal attention over the cache and the new tokens: [B, S, D] to [B, S, D].

    The operator takes queries, keys and values packed as [B, S, 3 D] and writes the new keys and
    values into the cache. Every query head has its own key head, as in GPT-2.
    """
    path = f"h.{layer}.attn"
    heads = parts.checkpoint.config.heads
    no_key = no_value = ""  # they are packed into the first input
    attended = parts.builder.node(
        "GroupQueryAttention",
        _place(path),
        [
            parts.precision.linear(parts, f"{path}.c_attn", x),
            no_key,
            no_value,
            graph_io.past_key(layer),
            graph_io.past_value(layer),
            graph_io.SEQLENS_K,
            graph_io.TOTAL_SEQUENCE_LENGTH,
        ],
        domain=CONTRIB_DOMAIN,
        outputs=(
            f"{_place(path)}/attended",
            graph_io.present_key(layer),
            graph_io.present_value(layer),
        ),
        num_heads=heads,
        kv_num_heads=heads,
        do_rotary=0,
    )
    return parts.precision.linear(parts, f"{path}.c_proj", attended)


def _mlp(parts: Parts, layer: int, x: str) -> str:
    """[B, S, D] to [B, S, 4 D], the tanh form of GELU, and back to [B, S, D]."""
    path = f"h.{layer}.mlp"
    wide = parts.precision.linear(parts, f"{path}.c_fc", x)
    active = parts.builder.node("FastGelu", _place(path), [wide], domain=CONTRIB_DOMAIN)
    return parts.precision.linear(parts, f"{path}.c_proj", active)


def _layer_norm(parts: Parts, path: str, x: str) -> str:
    return parts.builder.node(
        "LayerNormalization",
        _place(path),
        [x, parts.weight(f"{path}.weight"), parts.weight(f"{path}.bias")],
        axis=-1,
        epsilon=parts.checkpoint.config.epsilon,
    )


def _last_positions(builder: GraphBuilder, x: str) -> str:
    """The last `logits_to_keep` positions: [B, S, D] to [B, K, D]. Zero keeps them all."""
    path = "last_positions"
    start = builder.node("Neg", path, [graph_io.LOGITS_TO_KEEP])
    end = builder.constant(f"{path}/end", np.array([_END], np.int64))
    axis = builder.constant(f"{path}/axis", np.array([1], np.int64))
    return builder.node("Slice", path, [x, start, end, axis])


def _place(path: str) -> str:
    """A tensor's path as a node's path: `h.3.attn.c_attn` becomes `h.3/attn/c_attn`."""
    if not path.startswith("h."):
        return path
    layer, _, rest = path.removeprefix("h.").partition(".")
    return "/".join([f"h.{layer}", *rest.split(".")])
