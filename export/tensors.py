"""The tensors that a GPT-2 checkpoint holds: their names and shapes.

Names are those of transformers, without the prefix `transformer.`. The weights of the linear
layers lie as [in, out] (transformers calls this Conv1D); the embeddings and the head as
[vocabulary, width].
"""

import re

from .config import Config

TOKEN_EMBEDDING = "wte.weight"  # noqa: S105 - a tensor's name
POSITION_EMBEDDING = "wpe.weight"
HEAD = "lm_head.weight"
PREFIX = "transformer."

# Causal masks that older checkpoints carry; the graph's attention is causal by itself.
_MASK_BUFFER = re.compile(r"h\.\d+\.attn\.(bias|masked_bias)")

Shape = tuple[int, ...]


def expected_shapes(config: Config) -> dict[str, Shape]:
    """Every tensor that must be there, with its shape. The head is left out: it may be tied."""
    shapes: dict[str, Shape] = {
        TOKEN_EMBEDDING: (config.vocabulary, config.width),
        POSITION_EMBEDDING: (config.window, config.width),
    }
    for layer in range(config.layers):
        shapes |= _layer_norm(f"h.{layer}.ln_1", config.width)
        shapes |= _linear(f"h.{layer}.attn.c_attn", config.width, 3 * config.width)
        shapes |= _linear(f"h.{layer}.attn.c_proj", config.width, config.width)
        shapes |= _layer_norm(f"h.{layer}.ln_2", config.width)
        shapes |= _linear(f"h.{layer}.mlp.c_fc", config.width, config.mlp_width)
        shapes |= _linear(f"h.{layer}.mlp.c_proj", config.mlp_width, config.width)
    return shapes | _layer_norm("ln_f", config.width)


def head_shape(config: Config) -> Shape:
    return (config.vocabulary, config.width)


def is_mask_buffer(name: str) -> bool:
    """Whether `name` (without prefix) is a stored causal mask, which is no weight."""
    return _MASK_BUFFER.fullmatch(name) is not None


def _layer_norm(path: str, width: int) -> dict[str, Shape]:
    return {f"{path}.weight": (width,), f"{path}.bias": (width,)}


def _linear(path: str, inputs: int, outputs: int) -> dict[str, Shape]:
    return {f"{path}.weight": (inputs, outputs), f"{path}.bias": (outputs,)}
