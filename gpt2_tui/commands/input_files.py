"""The files that a command is given: by name, in folders, or on standard input."""

import argparse
import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from gpt2_tui import storage
from gpt2_tui.errors import StorageError, UserError
from gpt2_tui.text import plain
from gpt2_tui.text.visible import one_line

Parsed = TypeVar("Parsed")

STANDARD_INPUT = "-"
_LARGEST = 1 << 30
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Place:
    """Where a sample stands: its file, and its number from 1 if the file holds several."""

    file: str
    sample: int | None

    def __str__(self) -> str:
        return self.file if self.sample is None else f"{self.file} (sample {self.sample})"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a file, a folder with all that is in it, or - for standard input",
    )


def complain(error: UserError) -> None:
    """Say what is wrong with one file, after all that was said of the files before it."""
    sys.stdout.flush()
    sys.stderr.write(f"gpt2-tui: error: {one_line(str(error))}\n")


def parsed(
    given: Iterable[str], parse: Callable[[bytes], Parsed], complain: Callable[[UserError], None]
) -> Iterator[tuple[str, Parsed]]:
    """The name of each file and what `parse` makes of its bytes, in order: folders become the files
    in them. What cannot be read is complained of, and left out."""
    for name in (name for each in given for name in _names(each, complain)):
        try:
            with _enough_memory(name):
                result = parse(read(name))
        except UserError as error:
            complain(error)
            continue
        yield name, result


def read_text(name: str) -> str:
    """The text of a file or of standard input, with every end of line as a newline.

    Raises StorageError, or PromptError if it is not UTF-8.
    """
    with _enough_memory(name):
        return plain.decode(read(name), _shown(name))


def read(name: str) -> bytes:
    """All of a file or of standard input. Raises StorageError."""
    shown = _shown(name)
    if name == STANDARD_INPUT and sys.stdin is None:
        raise StorageError("there is no standard input; it is closed")
    try:
        if name == STANDARD_INPUT:
            return _all_of(sys.stdin.buffer, shown)
        with Path(name).open("rb") as file:
            return _all_of(file, shown)
    except FileNotFoundError:
        raise StorageError(f"there is no file {name}") from None
    except OSError as error:
        raise StorageError(f"cannot read {shown}: {storage.reason(error)}") from error


@contextmanager
def _enough_memory(name: str) -> Iterator[None]:
    """Say it in one line if a file needs more memory than there is. Raises StorageError."""
    try:
        yield
    except MemoryError:
        raise StorageError(f"{name} is too large for this machine's memory") from None


def _shown(name: str) -> str:
    return "standard input" if name == STANDARD_INPUT else name


def _all_of(file: BinaryIO, shown: str) -> bytes:
    data = io.BytesIO()
    while block := file.read(_BLOCK):
        data.write(block)
        if data.tell() > _LARGEST:
            raise StorageError(f"{shown} is larger than {_LARGEST >> 30} GiB; cut it into parts")
    return data.getvalue()


def _names(given: str, complain: Callable[[UserError], None]) -> Iterator[str]:
    """`given` itself, or the regular files of a folder in order; links in it are not followed."""
    if given == STANDARD_INPUT or not os.path.isdir(given):  # noqa: PTH112 - for names too long
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
