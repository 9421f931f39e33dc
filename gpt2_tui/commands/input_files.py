"""The files that a command is given: by name, in folders, or on standard input."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.errors import StorageError, UserError

_STANDARD_INPUT = "-"
FILES_HELP = "a file, a folder with all that is in it, or - for standard input"


def file_names(given: str, complain: Callable[[UserError], None]) -> Iterator[str]:
    """`given` itself, or the regular files of a folder in order; links in it are not followed."""
    if given == _STANDARD_INPUT or not Path(given).is_dir():
        yield given
        return

    def unreadable(error: OSError) -> None:
        complain(StorageError(f"cannot read {error.filename}: {storage.reason(error)}"))

    empty = True
    for folder, folders, files in os.walk(given, onerror=unreadable):
        folders.sort()
        for name in sorted(files):
            path = Path(folder) / name
            try:
                regular = stat.S_ISREG(path.lstat().st_mode)
            except OSError as error:
                unreadable(error)
                continue
            if regular:
                empty = False
                yield str(path)
    if empty:
        complain(StorageError(f"there is no file in {given}"))


def read_bytes(name: str) -> bytes:
    """All bytes of a file, or of standard input for `-`. Raises StorageError."""
    shown = "standard input" if name == _STANDARD_INPUT else name
    if name == _STANDARD_INPUT and sys.stdin is None:
        raise StorageError("there is no standard input; it is closed")
    try:
        return sys.stdin.buffer.read() if name == _STANDARD_INPUT else Path(name).read_bytes()
    except FileNotFoundError:
        raise StorageError(f"there is no file {name}") from None
    except OSError as error:
        raise StorageError(f"cannot read {shown}: {storage.reason(error)}") from error
    except MemoryError:
        raise StorageError(f"{shown} is too large for this machine's memory") from None
