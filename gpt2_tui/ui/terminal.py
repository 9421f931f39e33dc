"""The terminal around the app: whether it can show the desk, and who may write on it.

Native libraries write on file descriptor 2, which is also where Textual draws. While the desk is
open, descriptor 2 is a private log file and the screen has a descriptor of its own.
"""

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

from gpt2_tui import storage
from gpt2_tui.errors import StorageError, TerminalError

_LOG_FILE = "native.log"
_LARGEST_LOG = 1 << 20


@dataclass(frozen=True)
class _NamedKey:
    """A key as Textual's table of sequences holds it."""

    value: str


def check_terminal() -> None:
    """Raises TerminalError where the desk could only make a mess."""
    instead = "`gpt2-tui sample` writes continuations without a screen"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise TerminalError(f"the desk needs a terminal; {instead}")
    term = os.environ.get("TERM", "")
    if os.name == "posix" and term in ("", "dumb"):
        raise TerminalError(f"the desk cannot draw on a terminal with TERM={term!r}; {instead}")


@contextlib.contextmanager
def screen_of_its_own(log_folder: Path) -> Iterator[None]:
    """Let the app draw on the terminal behind standard output; all else that is written on
    standard error goes into the log."""
    screen = os.dup(1)
    saved = os.dup(2)
    log = _open_log(log_folder)
    original = sys.__stderr__
    screen_file = os.fdopen(screen, "w", encoding="utf-8", errors="replace")
    # Textual draws on sys.__stderr__ and has no setting for it.
    sys.__stderr__ = screen_file  # type: ignore[misc]
    os.dup2(log, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(log)
        sys.__stderr__ = original  # type: ignore[misc]
        with contextlib.suppress(OSError):  # what was not drawn, on a terminal that is gone
            screen_file.close()


def give_alt_digits_to_bindings() -> None:
    """Let Alt with a digit be that key.

    Textual reads ESC and a digit as the sign that Option and the digit give on a Mac (`™` for 2),
    so on every system Alt+2 would type it. Textual has no setting for this.
    """
    keys = cast(dict[str, tuple[_NamedKey]], ANSI_SEQUENCES_KEYS)
    keys.update({f"\x1b{digit}": (_NamedKey(f"alt+{digit}"),) for digit in "0123456789"})


def is_gone(descriptor: int) -> bool:
    """Whether the terminal behind `descriptor` has been closed. With SIGHUP ignored this is the
    only sign of it."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(
        event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0)
    )


def _open_log(folder: Path) -> int:
    """A descriptor that appends to the log; to nothing if there can be no log."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        path = storage.private_folder(folder) / _LOG_FILE
        if path.exists() and path.stat().st_size > _LARGEST_LOG:
            path.unlink()
        log = os.open(path, flags, storage.PRIVATE_FILE)
    except (StorageError, OSError):
        return os.open(os.devnull, os.O_WRONLY)
    os.write(log, f"--- {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
    return log
