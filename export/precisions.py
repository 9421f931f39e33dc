"""The forms of a graph's numbers: float32, float16 for cards, and whole numbers of eight bits.

A row of the batch never feels its neighbours in any of them: a product with a constant weight
gives a row the same bits whatever rows lie beside it, and int8 takes its scales row by row.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from gpt2_tui.models import graph_io

from .graph_builder import CONTRIB_DOMAIN, GraphBuilder
from .parts import Parts, Precision, place
from .quantisation import LARGEST, quantise_columns
from .tensors import TOKEN_EMBEDDING

# The largest magnitude of a row is taken to be at least this, so that a row of zeros divides.
_SMALLEST_ROW = np.float32(1e-9)
_HALF = "float16"


def _unchanged(_: Parts, __: str, x: str) -> str:
    return x


def linear_fp32(parts: Parts, path: str, x: str) -> str:
    """x [.., in] times the weight [in, out], plus the bias [out], in float32."""
    product = parts.builder.node("MatMul", place(path), [x, parts.weight(f"{path}.weight")])
    return parts.builder.node("Add", place(path), [product, parts.weight(f"{path}.bias")])


def token_embedding_fp32(parts: Parts) -> str:
    """The tokens' vectors in float32: [B, S, D]."""
    return parts.builder.node("Gather", "wte", [parts.weight(TOKEN_EMBEDDING), graph_io.INPUT_IDS])


def head_fp32(parts: Parts, x: str) -> None:
    """The logits [B, K, V]: x [B, K, D] times the transposed head [V, D].

    FusedMatMul takes the matrix as it lies in the file, so a tied head is stored once, as the
    token embedding. Measured against MatMul with a second, transposed copy: as fast, and as
    independent of the other rows.
    """
    _product_with_head(parts, x, parts.weight(parts.checkpoint.head_name), graph_io.LOGITS)


def _product_with_head(parts: Parts, x: str, head: str, output: str) -> None:
    parts.builder.node(
        "FusedMatMul", "lm_head", [x, head], domain=CONTRIB_DOMAIN, outputs=(output,), transB=1
    )


def enter_fp16(parts: Parts, path: str, x: str) -> str:
    """From the residual stream, which stays float32: sums of many layers leave fp16's range."""
    return parts.builder.node("Cast", f"{path}/{_HALF}", [x], to=TensorProto.FLOAT16)


def leave_fp16(parts: Parts, path: str, x: str) -> str:
    """Back to the residual stream."""
    return parts.builder.node("Cast", f"{path}/float32", [x], to=TensorProto.FLOAT)


def linear_fp16(parts: Parts, path: str, x: str) -> str:
    """x [.., in] times the weight [in, out], plus the bias [out], in float16."""
    product = parts.builder.node("MatMul", place(path), [x, _half(parts, f"{path}.weight")])
    return parts.builder.node("Add", place(path), [product, _half(parts, f"{path}.bias")])


def token_embedding_fp16(parts: Parts) -> str:
    """The tokens' vectors [B, S, D] in float32, from a table in float16."""
    table = _half(parts, TOKEN_EMBEDDING)
    row = parts.builder.node("Gather", "wte", [table, graph_io.INPUT_IDS])
    return leave_fp16(parts, "wte", row)


def head_fp16(parts: Parts, x: str) -> None:
    """The logits [B, K, V] in float32, multiplied in float16."""
    half = "lm_head/float16/logits"
    head = _half(parts, parts.checkpoint.head_name)
    _product_with_head(parts, enter_fp16(parts, "lm_head", x), head, half)
    parts.builder.node("Cast", "lm_head", [half], outputs=(graph_io.LOGITS,), to=TensorProto.FLOAT)


def _half(parts: Parts, name: str) -> str:
    """The tensor `name` in float16; what is larger than float16 holds becomes its largest."""
    if not parts.builder.take(name):
        limit = float(np.finfo(np.float16).max)
        parts.builder.weight(name, parts.read(name).clip(-limit, limit).astype(np.float16))
    return name


def linear_int8(parts: Parts, path: str, x: str) -> str:
    """x [.., in] times the weight [in, out] in whole numbers, plus the bias [out] in float32."""
    weight = f"{path}.weight"
    if not parts.builder.take(weight):
        _write_quantised(parts.builder, path, parts.read(weight))
    product = _product_int8(parts, path, x)
    return parts.builder.node("Add", place(path), [product, parts.weight(f"{path}.bias")])


def token_embedding_int8(parts: Parts) -> str:
    """The tokens' vectors [B, S, D]: whole numbers [V, D] times a scale for each token [V, 1]."""
    builder, by_token = parts.builder, "wte.scale"
    if not builder.take(TOKEN_EMBEDDING):
        values, scales = quantise_columns(parts.read(TOKEN_EMBEDDING).T)
        builder.weight(TOKEN_EMBEDDING, values.T)
        builder.weight(by_token, scales[:, None])
    builder.take(by_token)
    row = builder.node("Gather", "wte", [TOKEN_EMBEDDING, graph_io.INPUT_IDS])
    steps = builder.node("Cast", "wte", [row], to=TensorProto.FLOAT)
    scale = builder.node("Gather", "wte/scale", [by_token, graph_io.INPUT_IDS])
    return builder.node("Mul", "wte", [steps, scale])


def head_int8(parts: Parts, x: str) -> None:
    """The logits [B, K, V] in whole numbers.

    The product takes the head as [D, V] only, so a tied head is written a second time.
    """
    path = "lm_head"
    if not parts.builder.take(f"{path}.weight"):
        own = parts.checkpoint.has_own_head
        # What is read a second time is not reported: it would be counted twice.
        read = parts.read if own else parts.checkpoint.read
        _write_quantised(parts.builder, path, read(parts.checkpoint.head_name).T)
    _product_int8(parts, path, x, outputs=(graph_io.LOGITS,))


def _write_quantised(builder: GraphBuilder, path: str, weight: NDArray[np.float32]) -> None:
    """Write `weight` [in, out] as whole numbers and their scales [out]."""
    values, scales = quantise_columns(weight)
    builder.weight(f"{path}.weight", values)
    builder.weight(f"{path}.scale", scales)


def _product_int8(parts: Parts, path: str, x: str, outputs: tuple[str, ...] = ()) -> str:
    """x [.., in] times the quantised weight [in, out]: U8 by row times S8 by column, scaled back
    to float32.

    The sums are whole numbers, so they do not depend on the order in which they are made.
    A processor without VNNI may cut the sum of two products off at 16 bits; the session option
    `session.x64quantprecision` makes it exact there, and whoever opens the graph must set it.
    """
    builder = parts.builder
    builder.take(f"{path}.scale")
    rows, row_scales = _quantised_rows(parts, f"{place(path)}/rows", x)
    product = builder.node(
        "MatMulIntegerToFloat",
        place(path),
        [
            rows,
            f"{path}.weight",
            _unit_scale(builder),
            f"{path}.scale",
            _zero_point(builder),
        ],
        domain=CONTRIB_DOMAIN,
    )
    return builder.node("Mul", place(path), [product, row_scales], outputs=outputs)


def _quantised_rows(parts: Parts, path: str, x: str) -> tuple[str, str]:
    """x [.., in] as U8 about the zero point [.., in], and one scale for each row [.., 1].

    onnxruntime's own operators take one scale for the whole batch, and a row would then feel its
    neighbours.
    """
    builder = parts.builder
    last_axis = builder.constant("rows/last_axis", np.array([-1], np.int64))
    smallest = builder.constant("rows/smallest", _SMALLEST_ROW)
    step = builder.constant("rows/step", np.float32(1 / LARGEST))
    magnitudes = builder.node("Abs", path, [x])
    largest = builder.node("ReduceMax", path, [magnitudes, last_axis], keepdims=1)
    scales = builder.node("Mul", path, [builder.node("Max", path, [largest, smallest]), step])
    if parts.one_token:
        rows = _quantised_along_batch(builder, path, x, scales)
    else:
        steps = builder.node("Div", path, [x, scales])
        by_one = [steps, _unit_scale(builder), _zero_point(builder)]
        rows = builder.node("QuantizeLinear", path, by_one)
    return rows, scales


def _quantised_along_batch(builder: GraphBuilder, path: str, x: str, scales: str) -> str:
    """x [B, 1, in] by the scales [B, 1, 1]: the same numbers as after a division, in one operator
    less. It takes scales along one axis, which must be flat."""
    zero_points = "rows/zero_points"
    flat = builder.constant("rows/flat", np.array([-1], np.int64))
    by_row = builder.node("Reshape", path, [scales, flat])
    if not builder.made(zero_points):
        rows = builder.node("Shape", zero_points, [by_row])
        builder.node("Expand", zero_points, [_zero_point(builder), rows], outputs=(zero_points,))
    return builder.node("QuantizeLinear", path, [x, by_row, zero_points], axis=0)


def _unit_scale(builder: GraphBuilder) -> str:
    return builder.constant("rows/unit_scale", np.float32(1))


def _zero_point(builder: GraphBuilder) -> str:
    return builder.constant("rows/zero_point", np.uint8(LARGEST + 1))


_CPU = "CPUExecutionProvider"
_CUDA = "CUDAExecutionProvider"

INT8 = Precision(
    "int8",
    "model_int8.onnx",
    (_CPU,),
    has_step_graph=True,
    activations=TensorProto.FLOAT,
    token_embedding=token_embedding_int8,
    enter=_unchanged,
    linear=linear_int8,
    leave=_unchanged,
    head=head_int8,
)
FP32 = Precision(
    "fp32",
    "model.onnx",
    (_CPU,),
    has_step_graph=True,
    activations=TensorProto.FLOAT,
    token_embedding=token_embedding_fp32,
    enter=_unchanged,
    linear=linear_fp32,
    leave=_unchanged,
    head=head_fp32,
)
# On a card the attention operator takes float16 and no float32, and the product in whole numbers is
# not there. The processor runs this graph too, and gains nothing by it.
FP16 = Precision(
    "fp16",
    "model_fp16.onnx",
    (_CUDA, _CPU),
    has_step_graph=False,
    activations=TensorProto.FLOAT16,
    token_embedding=token_embedding_fp16,
    enter=enter_fp16,
    linear=linear_fp16,
    leave=leave_fp16,
    head=head_fp16,
)

PRECISIONS = {precision.name: precision for precision in (INT8, FP32, FP16)}
"""By the name that `--precision` takes; the first is the default."""

DEFAULT_PRECISION = INT8.name
