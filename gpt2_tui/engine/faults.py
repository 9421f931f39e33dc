"""What goes wrong inside onnxruntime, as one line for the user."""

from collections.abc import Iterator
from contextlib import contextmanager

from gpt2_tui.errors import ModelError


@contextmanager
def told() -> Iterator[None]:
    """Turn whatever onnxruntime raises in the block into a ModelError, and a lack of memory."""
    try:
        yield
    except ModelError:
        raise  # it is told already
    except Exception as error:
        raise ModelError(_what_failed(error)) from error


def first_line(error: Exception) -> str:
    """Its errors share no class of their own, and their text has many lines."""
    return (str(error).strip().splitlines() or ["no reason given"])[0]


def _what_failed(error: Exception) -> str:
    line = first_line(error)
    lower = line.lower()
    if isinstance(error, MemoryError) or "allocate" in lower or "out of memory" in lower:
        return (
            "there is not enough memory for this many panes at this length; close some, or write"
            f" from a shorter prompt ({line})"
        )
    if "cuda" in lower or "cublas" in lower:
        return (
            "the card failed while it ran the model; try again, and if that fails, start"
            f" gpt2-tui anew or with --device cpu ({line})"
        )
    return f"onnxruntime failed while it ran the model: {line}"
