"""What goes wrong inside onnxruntime, as one line for the user."""

from collections.abc import Iterator
from contextlib import contextmanager

from gpt2_tui.errors import ModelError, first_line


@contextmanager
def told() -> Iterator[None]:
    """Turn whatever onnxruntime raises in the block into a ModelError, and a lack of memory."""
    try:
        yield
    except ModelError:
        raise  # it is told already
    # onnxruntime's errors have no common base but Exception.
    except Exception as error:
        raise ModelError(_what_failed(error)) from error


def _what_failed(error: Exception) -> str:
    line = first_line(error)
    lower = line.lower()
    if isinstance(error, MemoryError) or "allocate" in lower or "out of memory" in lower:
        return (
            "there is not enough memory for this many continuations at this length; write fewer at"
            f" once, or from a shorter prompt ({line})"
        )
    if "cuda" in lower or "cublas" in lower:
        return (
            "the card failed while it ran the model; try again, and if that fails, start"
            f" gpt2-tui anew or with --device cpu ({line})"
        )
    return f"onnxruntime failed while it ran the model: {line}"
