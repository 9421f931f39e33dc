"""The tensors of a folder as OpenAI published GPT-2: a TensorFlow checkpoint, by the hub's names.

Names and shapes are those of `src/model.py` in https://github.com/openai/gpt-2.
"""

import re
from dataclasses import replace
from pathlib import Path

from gpt2_tui.errors import ModelError
from gpt2_tui.text.visible import quoted

from . import tensors
from .config import Config, read_regular_file
from .tensor_bundle import BundleTensor
from .tensor_bundle import find_tensors as find_variables

# TensorFlow notes the newest checkpoint of a folder here; it may do so with the path where it was.
_STATE_FILE = "checkpoint"
_STATE = re.compile(
    r'^model_checkpoint_path: "(?:[^"\n]*[/\\])?([A-Za-z0-9_][A-Za-z0-9._-]{0,199})"', re.MULTILINE
)
_LARGEST_STATE = 1 << 20
_USUAL_NAME = "model.ckpt"


def find_tensors(folder: Path, config: Config) -> dict[str, BundleTensor]:
    """Every tensor of the checkpoint in `folder`, by the hub's name.

    Only the index is read here. Raises ModelError with one line.
    """
    variables = find_variables(folder / f"{_checkpoint_name(folder)}.index")
    found = {
        name: _as_matrix(variables.pop(variable))
        for name in tensors.expected_shapes(config)
        if (variable := _variable(name)) in variables
    }
    if variables:
        raise ModelError(f"{folder}: tensor {quoted(min(variables))} is not part of a GPT-2")
    return found


def _checkpoint_name(folder: Path) -> str:
    """What the names of the checkpoint's files begin with."""
    path = folder / _STATE_FILE
    if not path.exists():
        return _USUAL_NAME
    state = _STATE.search(read_regular_file(path, _LARGEST_STATE).decode(errors="replace"))
    if not state:
        raise ModelError(f"{path} names no checkpoint")
    return state[1]


def _variable(name: str) -> str:
    """TensorFlow's name of the tensor that the hub calls `name`."""
    path, _, kind = name.rpartition(".")
    variable = "model/" + re.sub(r"^h\.", "h", path).replace(".", "/")
    if path in ("wte", "wpe"):
        return variable
    if kind == "bias":
        return f"{variable}/b"
    return f"{variable}/g" if "ln_" in path else f"{variable}/w"


def _as_matrix(tensor: BundleTensor) -> BundleTensor:
    """The weight of a linear layer is stored as [1, in, out]."""
    if tensor.name.endswith("/w") and tensor.shape[:1] == (1,):
        return replace(tensor, shape=tensor.shape[1:])
    return tensor
