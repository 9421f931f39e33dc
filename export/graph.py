"""The graph of a GPT-2, written node by node.

One block is: layer norm, attention, add; layer norm, MLP, add. Shapes below: B batch, S new
tokens, D width, V vocabulary, K kept positions. The names and shapes of inputs and outputs are
those of `gpt2_tui.models.graph_io`.

The graph is made so that a row of the batch never feels its neighbours: every operator works on
each row alone, and a matrix product with a constant weight gives a row the same bits whatever
rows lie beside it.
"""

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto

from gpt2_tui import __version__
from gpt2_tui.models import graph_io

from .attention import Attention
from .checkpoint import Checkpoint
from .config import Config
from .graph_builder import CONTRIB_DOMAIN, GraphBuilder
from .parts import Parts, Precision, place
from .tensors import POSITION_EMBEDDING
from .weights_file import WeightsFile

_GRAPH_NAME = "gpt2"
_PRODUCER = "gpt2-tui"
_END = (1 << 63) - 1


def build_graph(
    checkpoint: Checkpoint,
    weights: WeightsFile,
    precision: Precision,
    attention: Attention,
    on_read: Callable[[int], None],
) -> onnx.ModelProto:
    """Build the graph; its weights are written to `weights` one by one while it is built.

    Weights that another graph has written to the same file are taken from there. `on_read` is
    told the number of values of each tensor, once it is read. Raises ModelError for a tensor that
    cannot be used, OSError when the file cannot be written.
    """
    builder = GraphBuilder(weights, attention.opset)
    parts = Parts(builder, checkpoint, precision, attention.one_token, on_read)
    _declare_inputs_and_outputs(parts.builder, checkpoint.config)
    attention.declare(parts.builder, checkpoint.config, precision.activations)
    x = _embedding(parts)
    for layer in range(checkpoint.config.layers):
        x = _block(parts, attention, layer, x)
    precision.head(parts, _layer_norm(parts, "ln_f", _last_positions(parts.builder, x)))
    _candidates(parts.builder)
    return parts.builder.model(_GRAPH_NAME, _PRODUCER, __version__)


def _declare_inputs_and_outputs(builder: GraphBuilder, config: Config) -> None:
    """What every graph has; the cache is declared by the form of attention."""
    builder.input(graph_io.INPUT_IDS, TensorProto.INT64, ["batch", "sequence"])
    builder.input(graph_io.POSITION_IDS, TensorProto.INT64, ["batch", "sequence"])
    builder.input(graph_io.LOGITS_TO_KEEP, TensorProto.INT64, [1])
    builder.input(graph_io.CANDIDATES, TensorProto.INT64, [1])
    builder.output(graph_io.LOGITS, TensorProto.FLOAT, ["batch", "kept", config.vocabulary])
    candidates: list[int | str] = ["batch", "kept", "candidates"]
    builder.output(graph_io.CANDIDATE_LOGITS, TensorProto.FLOAT, candidates)
    builder.output(graph_io.CANDIDATE_IDS, TensorProto.INT64, candidates)


def _embedding(parts: Parts) -> str:
    """The tokens' and the positions' vectors, added: [B, S, D]."""
    token = parts.precision.token_embedding(parts)
    positions = parts.weight(POSITION_EMBEDDING)
    position = parts.builder.node("Gather", "wpe", [positions, graph_io.POSITION_IDS])
    return parts.builder.node("Add", "embedding", [token, position])


def _block(parts: Parts, attention: Attention, layer: int, x: str) -> str:
    """One transformer block: [B, S, D] to [B, S, D]."""
    path = f"h.{layer}"
    attended = _attention(parts, attention, layer, _layer_norm(parts, f"{path}.ln_1", x))
    x = parts.builder.node("Add", f"{path}/attn", [x, attended])
    changed = _mlp(parts, layer, _layer_norm(parts, f"{path}.ln_2", x))
    return parts.builder.node("Add", f"{path}/mlp", [x, changed])


def _attention(parts: Parts, attention: Attention, layer: int, x: str) -> str:
    """Queries, keys and values [B, S, 3 D], attention, projection: [B, S, D] to [B, S, D]."""
    path = f"h.{layer}.attn"
    precision = parts.precision
    packed = precision.linear(parts, f"{path}.c_attn", precision.enter(parts, place(path), x))
    attended = attention.attend(parts, layer, packed)
    return precision.leave(parts, place(path), precision.linear(parts, f"{path}.c_proj", attended))


def _mlp(parts: Parts, layer: int, x: str) -> str:
    """[B, S, D] to [B, S, 4 D], the tanh form of GELU, and back to [B, S, D]."""
    path = f"h.{layer}.mlp"
    precision = parts.precision
    wide = precision.linear(parts, f"{path}.c_fc", precision.enter(parts, place(path), x))
    active = parts.builder.node("FastGelu", place(path), [wide], domain=CONTRIB_DOMAIN)
    return precision.leave(parts, place(path), precision.linear(parts, f"{path}.c_proj", active))


def _layer_norm(parts: Parts, path: str, x: str) -> str:
    return parts.builder.node(
        "LayerNormalization",
        place(path),
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


def _candidates(builder: GraphBuilder) -> None:
    """The likeliest tokens of each kept position, by falling logit, equals by rising id."""
    builder.node(
        "TopK",
        "candidates",
        [graph_io.LOGITS, graph_io.CANDIDATES],
        outputs=(graph_io.CANDIDATE_LOGITS, graph_io.CANDIDATE_IDS),
        axis=-1,
    )
