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
`present.{i}.key`          float [B, heads, W, head]   the cache with the new tokens; bind it to the
`present.{i}.value`                                    same memory as the past
`logits`                   float [B, kept, vocabulary]
========================== =========================== =======================================
"""

INPUT_IDS = "input_ids"
POSITION_IDS = "position_ids"
SEQLENS_K = "seqlens_k"
TOTAL_SEQUENCE_LENGTH = "total_sequence_length"
LOGITS_TO_KEEP = "logits_to_keep"
LOGITS = "logits"


def past_key(layer: int) -> str:
    return f"past_key_values.{layer}.key"


def past_value(layer: int) -> str:
    return f"past_key_values.{layer}.value"


def present_key(layer: int) -> str:
    return f"present.{layer}.key"


def present_value(layer: int) -> str:
    return f"present.{layer}.value"
