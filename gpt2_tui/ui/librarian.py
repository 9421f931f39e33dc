"""The thread that reads and changes the library for its screen: thousands of files take a while.

The screen asks, and gets messages. What it asked last counts; the screen drops older answers.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from gpt2_tui.errors import UserError
from gpt2_tui.library import files
from gpt2_tui.library.entry import Entry
from gpt2_tui.library.index import Index
from gpt2_tui.library.query import Query
from gpt2_tui.library.reading import Shown, known_authors, read_entry
from gpt2_tui.ui.faults import fault_line

if TYPE_CHECKING:
    from gpt2_tui.labels.authorship import AuthoredText
    from gpt2_tui.labels.restoring import Restored

MOST_ROWS = 500
_Question = Callable[[Index], Message]


@dataclass
class Indexing(Message):
    """So many of the files that are new have been read."""

    done: int
    total: int


@dataclass
class Found(Message):
    """What fits the query number `version`: the latest of it, and how many there are in all."""

    version: int
    entries: list[Entry]
    total: int
    models: list[str]
    in_bin: int
    note: str


@dataclass
class Opened(Message):
    """A text was read, with its authors as far as they are known: by its label, or by the history
    of a draft. `fault` says why it could not be read."""

    entry: Entry
    shown: Shown | None
    restored: "Restored | None"
    authored: "AuthoredText | None"
    fault: str = ""


@dataclass
class Moved(Message):
    """The file of an entry was moved into the bin, or out of it."""

    entry: Entry
    path: Path


@dataclass
class Failed(Message):
    """What was asked cannot be done."""

    reason: str


class Librarian:
    """All methods return at once."""

    def __init__(self, post: Callable[[Message], object]) -> None:
        self._post = post
        self._asked: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="librarian", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._asked.put(None)

    def find(self, query: Query, version: int) -> None:
        """Look for texts; a Found comes."""

        def find(index: Index) -> Message:
            return Found(
                version,
                index.find(query, MOST_ROWS),
                index.count(query),
                index.models(),
                index.count(Query(in_bin=True)),
                index.note,
            )

        self._asked.put(find)

    def open(self, entry: Entry) -> None:
        """Read a text; an Opened comes."""
        self._asked.put(lambda _: _opened(entry))

    def put_in_bin(self, entry: Entry) -> None:
        """Move a file into the bin; a Moved comes, or a Failed."""
        self._move(entry, lambda: files.put_in_bin(entry))

    def bring_back(self, entry: Entry) -> None:
        """Move a file out of the bin; a Moved comes, or a Failed."""
        self._move(entry, lambda: files.bring_back(entry.path, entry.kind))

    def _move(self, entry: Entry, move: Callable[[], Path]) -> None:
        def do(index: Index) -> Message:
            moved = Moved(entry, move())
            index.refresh()
            return moved

        self._asked.put(do)

    def _work(self) -> None:
        index = Index.open()
        try:
            index.refresh(self._tell_progress)
            while (question := self._asked.get()) is not None:
                try:
                    answer = question(index)
                except Exception as error:  # noqa: BLE001 - a screen without answers says nothing
                    answer = Failed(fault_line(error))
                self._post(answer)
        finally:
            index.close()

    def _tell_progress(self, done: int, total: int) -> None:
        self._post(Indexing(done, total))


def _opened(entry: Entry) -> Opened:
    # numpy comes with it.
    from gpt2_tui.labels.restoring import restore

    try:
        shown = read_entry(entry.path, entry.sample)
    except UserError as error:
        return Opened(entry, None, None, None, str(error))
    restored = None if shown.found is None else restore(shown.found)
    authored = known_authors(entry.path, shown.text) if restored is None else restored.authored
    return Opened(entry, shown, restored, authored)
