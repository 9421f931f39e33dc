"""The two forms of attention, each with the inputs and outputs that it needs.

The *prompt* form reads a prompt, many tokens in a call, with one operator that writes the new keys
and values behind the old ones. It can also go on token by token, each row with a cache of its own.

The *step* form adds one token to each of many continuations of one prompt. The prompt's keys and
values are there once, and every row reads them; a row's own tokens lie in a cache of its own. So
eight continuations read a long prompt from memory once and not eight times. Each row and head is a
product of its own with one row, whatever the number of rows, so that a row's bits do not depend on
how many run beside it. The idea of splitting attention at the end of the shared prefix is that of
Hydragen (Juravsky et al. 2024, arXiv:2402.05099), which instead gathers the rows into one product
for each head: that is faster still on a card, but the bits of a row then depend on their number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto

from gpt2_tui.models import graph_io

from .config import Config
from .graph_builder import CONTRIB_DOMAIN, GraphBuilder
from .parts import Parts, place


@dataclass(frozen=True)
class Attention:
    """One form: the graph's file, whether each row has one new token only, and how it declares its
    cache and attends.

    `declare` takes (builder, config, the cache's ONNX type). `attend` takes (parts, layer, the
    packed queries, keys and values [B, S, 3 D]) and gives [B, S, D].
    """

    file_suffix: str
    opset: int
    one_token: bool
    declare: Callable[[GraphBuilder, Config, int], None]
    attend: Callable[[Parts, int, str], str]


def _declare_prompt(builder: GraphBuilder, config: Config, kind: int) -> None:
    cache: list[int | str] = ["batch", config.heads, "cache", config.head_size]
    builder.input(graph_io.SEQLENS_K, TensorProto.INT32, ["batch"])
    builder.input(graph_io.TOTAL_SEQUENCE_LENGTH, TensorProto.INT32, [])
    for past, present in graph_io.cache_names(config.layers):
        builder.input(past, kind, cache)
        builder.output(present, kind, cache)


def _attend_prompt(parts: Parts, layer: int, packed: str) -> str:
    """Causal attention over the cache and the new tokens."""
    return _group_query_attention(parts, layer, packed, [])


def _group_query_attention(
    parts: Parts, layer: int, packed: str, scales: list[str], **attributes: Any
) -> str:
    """The operator of the prompt form; every query head has its own key head, as in GPT-2."""
    path = place(f"h.{layer}.attn")
    heads = parts.checkpoint.config.heads
    no_key = no_value = ""  # they are packed into the first input
    return parts.builder.node(
        "GroupQueryAttention",
        path,
        [
            packed,
            no_key,
            no_value,
            graph_io.past_key(layer),
            graph_io.past_value(layer),
            graph_io.SEQLENS_K,
            graph_io.TOTAL_SEQUENCE_LENGTH,
            *scales,
        ],
        domain=CONTRIB_DOMAIN,
        outputs=(
            f"{path}/attended",
            graph_io.present_key(layer),
            graph_io.present_value(layer),
        ),
        num_heads=heads,
        kv_num_heads=heads,
        do_rotary=0,
        **attributes,
    )


def _declare_step(builder: GraphBuilder, config: Config, kind: int) -> None:
    prompt: list[int | str] = [config.heads, 1, "prompt", config.head_size]
    own: list[int | str] = [config.heads, "batch", "own", config.head_size]
    builder.input(graph_io.WRITE_INDICES, TensorProto.INT64, [config.heads])
    builder.input(graph_io.OWN_MASK, kind, ["own"])
    for layer in range(config.layers):
        builder.input(graph_io.prompt_key(layer), kind, prompt)
        builder.input(graph_io.prompt_value(layer), kind, prompt)
    for past, present in graph_io.cache_names(config.layers):
        builder.input(past, kind, own)
        builder.output(present, kind, own)


def _attend_step(parts: Parts, layer: int, packed: str) -> str:
    """Attention of one new token of each row over the prompt and the row's own tokens.

    Heads come before rows in all shapes, so that the keys of a head stay near the processor while
    one row after the other reads them.
    """
    builder, config = parts.builder, parts.checkpoint.config
    path = f"{place(f'h.{layer}.attn')}/step"
    query, new_key, new_value = _split_heads(parts, path, packed)
    key = _written(builder, path, graph_io.past_key(layer), new_key, graph_io.present_key(layer))
    value = _written(
        builder, path, graph_io.past_value(layer), new_value, graph_io.present_value(layer)
    )
    in_prompt = _scores(builder, f"{path}/prompt", query, graph_io.prompt_key(layer))
    in_own = builder.node(
        "Add", f"{path}/own", [_scores(builder, f"{path}/own", query, key), graph_io.OWN_MASK]
    )
    scores = builder.node("Concat", path, [in_prompt, in_own], axis=-1)
    # Scaled here, and not before: fused into the product, a factor costs its fast form.
    factor = builder.constant("attn/scale", np.float32(config.head_size**-0.5))
    scaled = builder.node("Mul", path, [scores, factor])
    shares = builder.node("Softmax", path, [scaled], axis=-1)
    of_prompt, of_own = f"{path}/prompt/shares", f"{path}/own/shares"
    builder.node(
        "Split", f"{path}/shares", [shares, _lengths(builder)], outputs=(of_prompt, of_own), axis=-1
    )
    attended = builder.node(
        "Add",
        path,
        [
            builder.node("MatMul", f"{path}/prompt", [of_prompt, graph_io.prompt_value(layer)]),
            builder.node("MatMul", f"{path}/own", [of_own, value]),
        ],
    )
    by_row = builder.node("Transpose", f"{path}/rows", [attended], perm=[1, 2, 0, 3])
    joined = builder.constant("attn/joined", np.array([0, 1, config.width], np.int64))
    return builder.node("Reshape", f"{path}/rows", [by_row, joined])


def _split_heads(parts: Parts, path: str, packed: str) -> tuple[str, str, str]:
    """[B, 1, 3 D] as queries, keys and values, each [heads, B, 1, head size]."""
    builder, config = parts.builder, parts.checkpoint.config
    shape = np.array([0, 3 * config.heads, 1, config.head_size], np.int64)
    apart = builder.node(
        "Reshape", f"{path}/heads", [packed, builder.constant("attn/heads", shape)]
    )
    by_head = builder.node("Transpose", f"{path}/heads", [apart], perm=[1, 0, 2, 3])
    names = (f"{path}/query", f"{path}/key", f"{path}/value")
    builder.node("Split", f"{path}/heads", [by_head], outputs=names, axis=0, num_outputs=3)
    return names


def _written(builder: GraphBuilder, path: str, past: str, new: str, present: str) -> str:
    """The row's own cache with the new token in it: the same memory when bound so."""
    inputs = [past, new, graph_io.WRITE_INDICES]
    return builder.node("TensorScatter", f"{path}/{present}", inputs, outputs=(present,))


def _scores(builder: GraphBuilder, path: str, query: str, key: str) -> str:
    """[heads, B, 1, places]: the products of each query with the keys it may look at."""
    return builder.node("FusedMatMul", path, [query, key], domain=CONTRIB_DOMAIN, transB=1)


def _lengths(builder: GraphBuilder) -> str:
    """int64 [2]: how many places the prompt has, and how many the rows' own caches."""
    name = "attn/lengths"
    if builder.made(name):
        return name
    prompt = builder.node("Shape", "attn/prompt", [graph_io.prompt_key(0)], start=2, end=3)
    own = builder.node("Shape", "attn/own", [graph_io.OWN_MASK])
    return builder.node("Concat", "attn", [prompt, own], outputs=(name,), axis=0)


def prompt_with_int8_cache(scales: Sequence[np.float32]) -> Attention:
    """The prompt form with keys and values as whole numbers, a quarter of the memory.

    `scales` has one for each array of the cache, keys and values in turn.
    """

    def declare(builder: GraphBuilder, config: Config, _: int) -> None:
        _declare_prompt(builder, config, TensorProto.INT8)

    def attend(parts: Parts, layer: int, packed: str) -> str:
        path = f"{place(f'h.{layer}.attn')}/cache"
        of_keys, of_values = (
            parts.builder.constant(f"{path}/{name}_scale", np.array([scale], np.float32))
            for name, scale in zip(("key", "value"), scales[2 * layer :], strict=False)
        )
        # Between the lengths and the scales: rotary tables, positions, bias and sink, all unused.
        inputs = [*[""] * 5, of_keys, of_values]
        return _group_query_attention(
            parts,
            layer,
            packed,
            inputs,
            k_quant_type="PER_TENSOR",
            v_quant_type="PER_TENSOR",
            kv_cache_bit_width=8,
        )

    return Attention("", 21, one_token=False, declare=declare, attend=attend)


PROMPT = Attention("", 21, one_token=False, declare=_declare_prompt, attend=_attend_prompt)
# TensorScatter came with opset 24.
STEP = Attention("_step", 24, one_token=True, declare=_declare_step, attend=_attend_step)
