"""The history of one draft on disk: its tree, its continuations, and where it stood, in SQLite.

The text itself is the plain file's; the store can be lost without losing a word of it. It is
written before the file, so that a file which is behind can be told from one that another program
changed.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.database import FILE_ENDINGS, OtherVersionError, open_database
from gpt2_tui.drafts import coding
from gpt2_tui.drafts.changes import Changes, Made
from gpt2_tui.drafts.draft import Draft
from gpt2_tui.drafts.tree import Kind, Node, Tree
from gpt2_tui.errors import SettingsError, StorageError

_VERSION = 1
_LONGEST_PROMPT = 1 << 28
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS node (
    number INTEGER PRIMARY KEY, parent INTEGER, kind TEXT NOT NULL, time REAL NOT NULL,
    change TEXT, bookmarked INTEGER NOT NULL, pruned INTEGER NOT NULL, onward INTEGER
);
CREATE TABLE IF NOT EXISTS prompt (name TEXT PRIMARY KEY, text BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS made (
    number INTEGER PRIMARY KEY, node INTEGER NOT NULL, continuation TEXT NOT NULL,
    maker TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS head (
    only INTEGER PRIMARY KEY CHECK (only = 0), file BLOB NOT NULL, node INTEGER NOT NULL,
    spans TEXT NOT NULL, cursor INTEGER NOT NULL, digest TEXT NOT NULL, file_digest TEXT,
    closed INTEGER NOT NULL, time REAL NOT NULL
);
PRAGMA user_version = {_VERSION};
"""


class DamagedStoreError(StorageError):
    """The store cannot be read; it can be set aside."""


@dataclass(frozen=True)
class Mark:
    """What a store says about its draft without its history: the plain file, the digest of the
    text it holds and that of what the file held when it was last written, whether the desk was
    left in order, and when this was written."""

    file: Path
    digest: str
    file_digest: str | None
    closed: bool
    time: float


class Store:
    """The database at `path`; it is made when it is first written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None

    def write(
        self, changes: Changes, file: Path, digest: str, file_digest: str | None, *, closed: bool
    ) -> None:
        """Add the changes; when this returns they are on the disk. Raises StorageError.

        `digest` is that of the text as a file, `file_digest` that of the file as it is now.
        """
        nodes = [
            (
                node.number,
                node.parent,
                node.kind.value,
                node.time,
                coding.change_json(node.change, changes.number_of),
                node.bookmarked,
                node.pruned,
                node.onward,
            )
            for node in changes.nodes.values()
        ]
        head = changes.head
        spans = json.dumps(coding.spans_json(head.authored, changes.number_of))
        with _errors(self.path):
            connection = self._open()
            with connection:
                _take_out(connection, changes)
                for made in changes.made.values():
                    _write_made(connection, made)
                connection.executemany("REPLACE INTO node VALUES (?,?,?,?,?,?,?,?)", nodes)
                connection.execute(
                    "REPLACE INTO head VALUES (0,?,?,?,?,?,?,?,?)",
                    (
                        os.fsencode(file),
                        head.node,
                        spans,
                        head.cursor,
                        digest,
                        file_digest,
                        closed,
                        head.time,
                    ),
                )
            if changes.gone_nodes:
                # What was thrown away shall not stay readable in the file.
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def mark(self) -> Mark | None:
        """What it says about its draft; None if there is no store. Raises StorageError."""
        if not self.path.exists():
            return None
        with _damage(self.path):
            return _read_mark(self._open())

    def load(self, text: str | None) -> Draft:
        """The draft; `text` is that of the plain file if it is what the store says, else None and
        it is made from the history. Raises StorageError."""
        with _damage(self.path):
            connection = self._open()
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise DamagedStoreError(f"{self.path} is damaged")
            return _read_draft(connection, text)

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def set_aside(self) -> Path:
        """Give a damaged store another name, which is returned. Raises StorageError."""
        self.close()
        number = 1
        while (aside := _beside(self.path, f".damaged-{number}")).exists():
            number += 1
        self._give_name(aside, [_beside(self.path, ending) for ending in FILE_ENDINGS])
        return aside

    def move_to(self, path: Path, file: Path) -> None:
        """Give the store another name, as that of the draft in `file`; what was set aside goes with
        it. Raises StorageError."""
        # One that cannot be read goes with its draft all the same.
        with contextlib.suppress(StorageError), _errors(self.path), self._open() as connection:
            connection.execute("UPDATE head SET file = ?", (os.fsencode(file),))
        self.close()
        self._give_name(path, self._files())
        self.path = path

    def delete(self) -> None:
        """Delete it for good, and what was set aside of it. Raises StorageError."""
        self.close()
        try:
            for each in self._files():
                each.unlink(missing_ok=True)
            storage.sync_folder(self.path.parent)
        except OSError as error:
            raise StorageError(f"cannot delete {self.path}: {storage.reason(error)}") from error

    def _files(self) -> list[Path]:
        """The database, what SQLite keeps beside it, and what was set aside."""
        return sorted(self.path.parent.glob(f"{self.path.name}*"))

    def _give_name(self, path: Path, files: Iterable[Path]) -> None:
        try:
            for each in files:
                with contextlib.suppress(FileNotFoundError):
                    each.replace(_beside(path, each.name.removeprefix(self.path.name)))
        except OSError as error:
            raise StorageError(f"cannot move {self.path}: {storage.reason(error)}") from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        try:
            connection = open_database(self.path, _SCHEMA, _VERSION, synchronous="FULL")
        except OtherVersionError as error:
            raise StorageError(f"{self.path} was written by another version of gpt2-tui") from error
        self._connection = connection
        return connection


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


@contextlib.contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if str(error).startswith("no such"):
            raise DamagedStoreError(f"{path} is damaged") from error
        raise StorageError(f"cannot keep the history in {path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise DamagedStoreError(f"{path} is damaged") from error
    except OSError as error:
        raise StorageError(
            f"cannot keep the history in {path.parent}: {storage.reason(error)}"
        ) from error


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Where a store is read, what makes no sense is damage; where one is written, it is a fault of
    this program."""
    with _errors(path):
        try:
            yield
        except (
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            RecursionError,
            zlib.error,
            SettingsError,
        ) as error:
            raise DamagedStoreError(f"{path} is damaged") from error


def _take_out(connection: sqlite3.Connection, changes: Changes) -> None:
    for table, numbers in (("node", changes.gone_nodes), ("made", changes.gone_made)):
        connection.executemany(
            f"DELETE FROM {table} WHERE number = ?",  # noqa: S608 - one of these two names
            [(number,) for number in numbers],
        )
    if changes.gone_nodes:
        connection.execute(
            "DELETE FROM prompt WHERE name NOT IN"
            " (SELECT json_extract(continuation, '$.prompt') FROM made)"
        )


def _write_made(connection: sqlite3.Connection, made: Made) -> None:
    prompt = made.continuation.prompt.encode("utf-8", "surrogatepass")
    name = hashlib.sha256(prompt).hexdigest()
    known = connection.execute("SELECT 1 FROM prompt WHERE name = ?", (name,)).fetchone()
    if known is None:
        connection.execute("INSERT INTO prompt VALUES (?,?)", (name, zlib.compress(prompt, 1)))
    connection.execute(
        "REPLACE INTO made VALUES (?,?,?,?)",
        (
            made.number,
            made.node,
            coding.continuation_json(made.continuation, name),
            coding.maker_json(made.continuation.maker),
        ),
    )


def _read_mark(connection: sqlite3.Connection) -> Mark | None:
    row = connection.execute("SELECT file, digest, file_digest, closed, time FROM head").fetchone()
    if row is None:
        return None
    file, digest, file_digest, closed, time = row
    # As bytes, because a name need not be UTF-8; histories from before that have it as text.
    return Mark(Path(os.fsdecode(file)), str(digest), file_digest, bool(closed), float(time))


def _read_draft(connection: sqlite3.Connection, text: str | None) -> Draft:
    prompts = {
        name: _inflated(data) for name, data in connection.execute("SELECT name, text FROM prompt")
    }
    made: dict[int, Made] = {}
    for number, node, continuation, maker in connection.execute("SELECT * FROM made"):
        made[number] = Made(
            number,
            node,
            coding.continuation_from(continuation, coding.maker_from(maker), prompts.__getitem__),
        )
    nodes: dict[int, Node] = {}
    for number, parent, kind, time, change, bookmarked, pruned, onward in connection.execute(
        "SELECT * FROM node"
    ):
        nodes[number] = Node(
            number,
            parent,
            Kind(kind),
            float(time),
            coding.change_from(change, lambda each: made[each].continuation),
            bool(bookmarked),
            bool(pruned),
            onward,
        )
    node, spans, cursor = connection.execute("SELECT node, spans, cursor FROM head").fetchone()
    tree = Tree(nodes, node)
    authored = coding.authored_from(
        tree.replayed(node).text if text is None else text,
        json.loads(spans),
        lambda each: made[each].continuation,
    )
    return Draft(tree, authored, made.values(), cursor=int(cursor))


def _inflated(data: bytes) -> str:
    inflater = zlib.decompressobj()
    text = inflater.decompress(data, _LONGEST_PROMPT)
    if not inflater.eof:
        raise ValueError("a prompt is not whole")
    return text.decode("utf-8", "surrogatepass")
