"""Keeping what native libraries print on file descriptor 2 away from the user's screen."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silenced() -> Iterator[None]:
    """Point descriptor 2 at nothing for a moment: a panic in a native library prints there
    before Python sees it."""
    try:
        saved = os.dup(2)
    except OSError:
        # There is no descriptor 2, so nothing can be printed on it.
        yield
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nothing)
