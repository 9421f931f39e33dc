"""The files of the library: the user's samples and drafts, and the bin beside them.

Links are not followed, and nothing is read that is not a regular file; so no file that somebody
put there leads out of the folders or holds the program up.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import locations, storage
from gpt2_tui.drafts.place import Place, move, take_place
from gpt2_tui.errors import StorageError
from gpt2_tui.labels.formats import Format
from gpt2_tui.library.entry import Entry, Kind

MOST_FILES = 20_000
"""Files that are listed; what lies beyond is counted."""
_DEEPEST = 8
# A file system can have later times than the index can hold, which are those up to the year 2262.
_FARTHEST_TIME = (1 << 63) - 1
_SUFFIXES = frozenset(each.suffix for each in Format)


@dataclass(frozen=True)
class FoundFile:
    """A file and what tells cheaply that it was not touched: its size, and its time in ns."""

    path: Path
    kind: Kind
    in_bin: bool
    size: int
    changed: int


@dataclass(frozen=True)
class Scan:
    """The files of the library, and how many were `left_out` because there are too many."""

    files: tuple[FoundFile, ...]
    left_out: int


def folder_of(kind: Kind, *, in_bin: bool = False) -> Path:
    if in_bin:
        return locations.bin_folder() / f"{kind}s"
    return locations.samples_folder() if kind is Kind.SAMPLE else locations.drafts_folder()


def scan() -> Scan:
    """Every file of the library that has something in it, by its name alone."""
    found: list[FoundFile] = []
    left_out = 0
    for in_bin in (False, True):
        for kind in Kind:
            for each in _found(kind, in_bin=in_bin):
                if len(found) < MOST_FILES:
                    found.append(each)
                else:
                    left_out += 1
    return Scan(tuple(found), left_out)


def _found(kind: Kind, *, in_bin: bool) -> Iterator[FoundFile]:
    for path in _paths(folder_of(kind, in_bin=in_bin)):
        try:
            state = path.lstat()
        except OSError:
            continue
        if stat.S_ISREG(state.st_mode) and state.st_size:
            changed = max(-_FARTHEST_TIME, min(state.st_mtime_ns, _FARTHEST_TIME))
            yield FoundFile(path, kind, in_bin, state.st_size, changed)


def read(path: Path) -> bytes:
    """The bytes of a file; one that is too large is listed by its name alone. Raises
    StorageError."""
    try:
        data, _ = storage.read(path)
    except FileNotFoundError as error:
        raise StorageError(f"cannot read {path}: {storage.reason(error)}") from error
    return data


def put_in_bin(entry: Entry) -> Path:
    """Move the file of an entry into the bin, with all that it holds: its path there. Raises
    StorageError."""
    return _move(entry.path, entry.kind, folder_of(entry.kind, in_bin=True))


def bring_back(path: Path, kind: Kind) -> Path:
    """Move a file out of the bin, to where samples or drafts are: its path there. Raises
    StorageError."""
    return _move(path, kind, folder_of(kind))


def what_is_in_bin() -> list[FoundFile]:
    """All texts in the bin, however many."""
    return [found for kind in Kind for found in _found(kind, in_bin=True)]


def delete_from_bin(found: FoundFile) -> None:
    """Delete a file for good, and the history of a draft. Raises StorageError if it cannot be, or
    is not in the bin."""
    if not found.path.is_relative_to(locations.bin_folder()):
        raise StorageError(f"{found.path} is not in the bin")
    if found.kind is Kind.DRAFT:
        with _held(found.path) as place:
            if place.store is not None:
                place.store.delete()
            _delete(found)
    else:
        _delete(found)


def _delete(found: FoundFile) -> None:
    try:
        found.path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"cannot delete {found.path}: {storage.reason(error)}") from error


def _move(path: Path, kind: Kind, folder: Path) -> Path:
    if kind is not Kind.DRAFT:
        return storage.move(path, folder)
    with _held(path) as place:
        return move(place, folder)


@contextmanager
def _held(path: Path) -> Iterator[Place]:
    """The place of a draft, which a desk that has it open would only write again."""
    place = take_place(path)
    if place is None:
        raise StorageError(f"{path.name} is open in a desk; close it there first")
    try:
        yield place
    finally:
        place.leave()


def _paths(folder: Path) -> Iterator[Path]:
    """What is called like a text in `folder` and a few folders below it."""
    for inside, folders, names in os.walk(folder):
        folders.sort()
        if len(Path(inside).relative_to(folder).parts) >= _DEEPEST:
            folders.clear()
        for name in sorted(names):
            hidden = name.startswith(".")
            if not hidden and os.path.splitext(name)[1].lower() in _SUFFIXES:  # noqa: PTH122
                yield Path(inside, name)
