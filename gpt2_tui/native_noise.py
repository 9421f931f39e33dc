"""Keeping what native libraries print on file descriptor 2 away from the user's screen."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STANDARD_ERROR = 2


@contextmanager
def silenced() -> Iterator[None]:
    """Point descriptor 2 at nothing for a moment: a panic in a native library prints there
    before Python sees it.

    Blocks may run in several threads at once: the descriptor is back when the last one ends.
    """
    _silence.begin()
    try:
        yield
    finally:
        _silence.end()


class _Silence:
    """The descriptor belongs to the whole process, so there is one of these."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks = 0
        self._saved: int | None = None

    def begin(self) -> None:
        with self._lock:
            if self._blocks == 0:
                self._saved = _turned_off()
            self._blocks += 1

    def end(self) -> None:
        with self._lock:
            self._blocks -= 1
            if self._blocks == 0 and self._saved is not None:
                os.dup2(self._saved, _STANDARD_ERROR)
                os.close(self._saved)
                self._saved = None


def _turned_off() -> int | None:
    """A copy of what the descriptor was; None where there is none, so that nothing can be printed
    on it."""
    try:
        saved = os.dup(_STANDARD_ERROR)
    except OSError:
        return None
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, _STANDARD_ERROR)
    os.close(nothing)
    return saved


_silence = _Silence()
