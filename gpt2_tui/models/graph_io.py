"""Names of the inputs and outputs of a GPT-2 graph: the contract of exporter and engine.

They are the names that the ONNX ecosystem uses for decoders with a cache, so that other programs
can run an exported graph. Shapes, with B the batch, S the new tokens, W the window:

========================== =========================== =======================================
`input_ids`                int64 [B, S]                the new tokens
`position_ids`             int64 [B, S]                their positions, from 0
`past_key_values.{i}.key`  float [B, heads, W, head]   the cache of layer i; the first
`past_key_values.{i}.value`                            `total_sequence_length` - S places count
`seqlens_k`                int32 [B]                   tokens in all for each row, minus one
`total_sequence_length`    int32 []                    tokens in all, past and new
`logits_to_keep`           int64 [1]                   how many last positions go through the head
`candidates`               int64 [1]                   how many of the likeliest tokens to pick
`present.{i}.key`          float [B, heads, W, head]   the cache with the new tokens; bind it to the
`present.{i}.value`                                    same memory as the past
`logits`                   float [B, kept, vocabulary]
`candidate_logits`         float [B, kept, candidates] the largest logits, falling
`candidate_ids`            int64 [B, kept, candidates] their tokens; equal logits by rising id
========================== =========================== =======================================

A model may have a second graph for generating, the step graph. It appends one token (S = 1) to
each of B continuations of one prompt of P tokens. In place of the two lengths it has these, with
O the places in the continuations' own cache:

========================== =========================== =======================================
`prompt.{i}.key`           float [heads, 1, P, head]   the prompt's part of the cache, read by all
`prompt.{i}.value`                                     rows
`past_key_values.{i}.key`  float [heads, B, O, head]   the rows' own part, and the same with the
`present.{i}.key`                                      new token; also for `value`
`write_indices`            int64 [heads]               where in it the new token goes: its place, in
                                                       each element
`own_mask`                 float [O]                   0 up to that place, minus infinity behind it
========================== =========================== =======================================
"""

from collections.abc import Iterator

INPUT_IDS = "input_ids"
POSITION_IDS = "position_ids"
SEQLENS_K = "seqlens_k"
TOTAL_SEQUENCE_LENGTH = "total_sequence_length"
LOGITS_TO_KEEP = "logits_to_keep"
CANDIDATES = "candidates"
LOGITS = "logits"
CANDIDATE_LOGITS = "candidate_logits"
CANDIDATE_IDS = "candidate_ids"
WRITE_INDICES = "write_indices"
OWN_MASK = "own_mask"


def past_key(layer: int) -> str:
    return f"past_key_values.{layer}.key"


def past_value(layer: int) -> str:
    return f"past_key_values.{layer}.value"


def present_key(layer: int) -> str:
    return f"present.{layer}.key"


def present_value(layer: int) -> str:
    return f"present.{layer}.value"


def prompt_key(layer: int) -> str:
    return f"prompt.{layer}.key"


def prompt_value(layer: int) -> str:
    return f"prompt.{layer}.value"


def cache_names(layers: int) -> Iterator[tuple[str, str]]:
    """The names of past and present, of keys and values in turn, layer by layer."""
    for layer in range(layers):
        yield past_key(layer), present_key(layer)
        yield past_value(layer), present_value(layer)


def prompt_names(layers: int) -> Iterator[str]:
    """The names of the prompt's part, in the order of `cache_names`."""
    for layer in range(layers):
        yield prompt_key(layer)
        yield prompt_value(layer)
