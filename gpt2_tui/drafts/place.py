"""Where a draft is kept: its plain file, which is the user's, and its history in the data folder.

A history is found by the path of its file. One process at a time has a place; a second one that
opens the same file gets a sibling of it with a number.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import locations, storage
from gpt2_tui.drafts.draft import Draft
from gpt2_tui.drafts.lock import Lock
from gpt2_tui.drafts.plain_file import Contents
from gpt2_tui.drafts.store import Mark, Store
from gpt2_tui.errors import StorageError

_KEY_LENGTH = 32
_SUFFIX = ".sqlite3"
_LOCK_SUFFIX = ".lock"
_MOST_SEARCHED = 200


@dataclass
class Place:
    """A plain file and the store beside it, both held by this process. Without a data folder that
    can be written there is no lock and no store: `fault` says why."""

    path: Path
    lock: Lock | None
    store: Store | None
    fault: str | None = None

    def leave(self) -> None:
        """Let others have it."""
        if self.store is not None:
            self.store.close()
        if self.lock is not None:
            self.lock.release()
            self.lock = None


def real_path(path: Path) -> Path:
    """`path` without links, so that a file has one name only."""
    return Path(os.path.realpath(path))


def take_place(path: Path) -> Place | None:
    """Hold the place of the file `path`; None if another process has it."""
    history = _history_of(path)
    try:
        lock = Lock.take(history.with_suffix(_LOCK_SUFFIX))
    except StorageError as error:
        return Place(path, None, None, str(error))
    return None if lock is None else Place(path, lock, Store(history))


def has_history(path: Path) -> bool:
    """Whether there is a history of the file `path`, whoever holds it and whatever is in it."""
    return _history_of(path).exists()


def take_free_place(folder: Path, stem: str, suffix: str, first: int = 1) -> Place:
    """Hold the first place of that name, or of that with a number from `first` on, which has
    neither a file nor a history."""
    number = first
    while True:
        path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
        if not os.path.lexists(path):
            place = take_place(path)
            if place is not None:
                if place.store is None or not place.store.path.exists():
                    return place
                place.leave()
        number += 1


def take_sibling(path: Path) -> Place:
    """A free place beside `path`: `story-2.md` for `story.md`."""
    return take_free_place(path.parent, path.stem, path.suffix, first=2)


def rename(place: Place, stem: str) -> Path:
    """Give a place's file a name made of `stem`; its history goes with it. Raises StorageError."""
    return _followed(place, storage.rename(place.path, stem, place.path.suffix))


def move(place: Place, folder: Path) -> Path:
    """Move a place's file into `folder`, where it may get a number; its history goes with it.
    Raises StorageError."""
    return _followed(place, storage.move(place.path, folder))


def _followed(place: Place, path: Path) -> Path:
    """`path`, where a place's file is now, with its history behind it."""
    if place.store is not None and place.store.path.exists():
        there = _history_of(path)
        # Should this not be reached, the history is found by its text, as that of a moved file.
        with suppress(StorageError):
            if there.exists():
                _give_way(Store(there))
            place.store.move_to(there, path)
    return path


def _give_way(store: Store) -> None:
    """Keep the history of a file that has left its name to another: it may be elsewhere."""
    mark = store.mark()
    if mark is not None:
        name = f"{secrets.token_hex(_KEY_LENGTH // 2)}{_SUFFIX}"
        store.move_to(store.path.with_name(name), mark.file)


def adopt_moved(place: Place, digest: str) -> bool:
    """Take over the history of a file of this content that is no longer where it was; whether
    there was one. Raises StorageError."""
    for store, mark in _stores_of(digest):
        if place.store is None or mark.file.exists():
            continue
        lock = Lock.take(store.path.with_suffix(_LOCK_SUFFIX))
        if lock is not None:
            try:
                store.move_to(place.store.path, place.path)
            finally:
                lock.release()
            return True
    return False


def find_same(contents: Contents) -> Draft | None:
    """A draft whose file has, or had, the same content."""
    for store, _ in _stores_of(contents.digest):
        try:
            return store.load(contents.text)
        except StorageError:
            continue
        finally:
            store.close()
    return None


def _stores_of(digest: str) -> Iterator[tuple[Store, Mark]]:
    """The histories that end with a file of this content, the latest first."""
    paths = sorted(locations.history_folder().glob(f"*{_SUFFIX}"), key=_age)
    for path in paths[:_MOST_SEARCHED]:
        store = Store(path)
        try:
            mark = store.mark()
        except StorageError:
            mark = None
        finally:
            store.close()
        if mark is not None and mark.digest == digest:
            yield store, mark


def _age(path: Path) -> float:
    with suppress(OSError):
        return -path.stat().st_mtime
    return 0.0


def _history_of(path: Path) -> Path:
    return locations.history_folder() / f"{_key(path)}{_SUFFIX}"


def _key(path: Path) -> str:
    name = os.path.normcase(real_path(path))
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:_KEY_LENGTH]
