"""An index of the library's files, for searching thousands of them at once: SQLite with FTS5.

The files are the truth. The index lies in the cache; where it is missing, damaged or of another
version it is made anew, and where it cannot be kept it is held in memory.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

from gpt2_tui import locations
from gpt2_tui.database import FILE_ENDINGS, open_database
from gpt2_tui.errors import StorageError
from gpt2_tui.labels.verdict import Verdict
from gpt2_tui.library import files
from gpt2_tui.library.entry import Entry, Facts, Kind
from gpt2_tui.library.files import FoundFile
from gpt2_tui.library.query import Query
from gpt2_tui.library.reading import entries_of

_VERSION = 1
_FILES_AT_ONCE = 100
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS file (
    number INTEGER PRIMARY KEY, path BLOB UNIQUE NOT NULL, size INTEGER NOT NULL,
    changed INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY, file INTEGER NOT NULL, kind TEXT NOT NULL, in_bin INTEGER NOT NULL,
    name TEXT NOT NULL, sample INTEGER NOT NULL, samples INTEGER NOT NULL, time REAL NOT NULL,
    verdict TEXT, detail TEXT NOT NULL, beginning TEXT NOT NULL, labeled REAL, model TEXT,
    temperature REAL, top_k INTEGER, top_p REAL, seed INTEGER, lane INTEGER
);
CREATE INDEX IF NOT EXISTS entry_file ON entry (file);
CREATE VIRTUAL TABLE IF NOT EXISTS words
    USING fts5 (name, text, tokenize = 'unicode61 remove_diacritics 2');
PRAGMA user_version = {_VERSION};
"""
_COLUMNS = (
    "path, kind, in_bin, name, sample, samples, time, verdict, detail, beginning, labeled, model, "
    "temperature, top_k, top_p, seed, lane"
)
_EXACT = ("temperature", "top_k", "top_p", "seed")


class Index:
    """An open index. It is used by one thread at a time. `note` is what the user should know."""

    def __init__(self, connection: sqlite3.Connection, note: str = "") -> None:
        self._connection = connection
        self.note = note

    @classmethod
    def open(cls) -> "Index":
        """The index of the library, made anew where it has to be; `refresh` comes next."""
        path = locations.library_index_file()
        in_memory = f"the index {path} cannot be kept; it is made each time"
        try:
            return cls(_connected(path))
        except (sqlite3.DatabaseError, OSError, StorageError) as error:
            if _is_busy(error):
                return cls(_in_memory(), in_memory)
        # Damaged, or of another version, or it cannot be kept.
        with contextlib.suppress(sqlite3.DatabaseError, OSError, StorageError):
            _delete(path)
            return cls(_connected(path))
        return cls(_in_memory(), in_memory)

    def refresh(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> None:
        """Bring the index to what the files are now; `progress` is told how many new files are
        read, and of how many."""
        try:
            self._refresh(progress)
        except sqlite3.DatabaseError as error:
            # Another program is at it, a disk is full, or a fault that only reading showed.
            self.close()
            self._connection = _in_memory()
            self.note = f"the index of the library cannot be used now: {error}"
            if not _is_busy(error):
                with contextlib.suppress(OSError):
                    _delete(locations.library_index_file())
            self._refresh(progress)

    def purge(self) -> None:
        """Let nothing of files that are gone stay readable in it. Raises StorageError."""
        try:
            self._connection.execute("INSERT INTO words (words) VALUES ('optimize')")
            self._connection.commit()
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise StorageError(f"the index of the library cannot be written: {error}") from error

    def find(self, query: Query, limit: int = 0) -> list[Entry]:
        """What fits, the latest first, at most `limit` (0: all). Raises StorageError."""
        where, values = _where(query)
        statement = (
            f"SELECT {_COLUMNS} FROM entry JOIN file ON file.number = entry.file {where} "  # noqa: S608
            "ORDER BY time DESC, name, sample LIMIT ?"
        )
        return [_entry(row) for row in self._rows(statement, *values, limit or -1)]

    def count(self, query: Query) -> int:
        where, values = _where(query)
        statement = f"SELECT count(*) FROM entry {where}"  # noqa: S608
        return int(self._rows(statement, *values)[0][0])

    def models(self) -> list[str]:
        """The names of all models that labels speak of."""
        rows = self._rows("SELECT DISTINCT model FROM entry WHERE model IS NOT NULL ORDER BY model")
        return [str(name) for (name,) in rows]

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StorageError(f"the index of the library cannot be read: {error}") from error

    def _refresh(self, progress: Callable[[int, int], None]) -> None:
        scan = files.scan()
        if scan.left_out:
            self.note = f"{scan.left_out} files beyond {files.MOST_FILES} are left out"
        there = {os.fsencode(file.path): file for file in scan.files}
        with self._connection:
            # Before anything is read: what is known must not change until it is acted upon.
            self._connection.execute("BEGIN IMMEDIATE")
            known = {
                bytes(path): (number, size, changed)
                for number, path, size, changed in self._connection.execute("SELECT * FROM file")
            }
            for path, (number, size, changed) in known.items():
                file = there.get(path)
                if file is None or (file.size, file.changed) != (size, changed):
                    self._forget(number)
                else:
                    del there[path]
        new = list(there.values())
        for start in range(0, len(new), _FILES_AT_ONCE):
            progress(start, len(new))
            with self._connection:
                for file in new[start : start + _FILES_AT_ONCE]:
                    self._add(file)

    def _add(self, file: FoundFile) -> None:
        added = self._connection.execute(
            "INSERT INTO file (path, size, changed) VALUES (?,?,?) ON CONFLICT DO NOTHING",
            (os.fsencode(file.path), file.size, file.changed),
        )
        if not added.rowcount:
            return  # another program added it meanwhile
        number = added.lastrowid
        for entry, text in entries_of(file):
            row = self._connection.execute(
                "INSERT INTO entry VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    number,
                    entry.kind.value,
                    entry.in_bin,
                    entry.name,
                    entry.sample,
                    entry.samples,
                    entry.time,
                    None if entry.verdict is None else entry.verdict.value,
                    _unicode(entry.detail),
                    _unicode(entry.beginning),
                    *astuple(entry.facts),
                ),
            ).lastrowid
            self._connection.execute(
                "INSERT INTO words (rowid, name, text) VALUES (?,?,?)",
                (row, entry.name, _unicode(text)),
            )

    def _forget(self, file: int) -> None:
        self._connection.execute(
            "DELETE FROM words WHERE rowid IN (SELECT number FROM entry WHERE file = ?)", (file,)
        )
        self._connection.execute("DELETE FROM entry WHERE file = ?", (file,))
        self._connection.execute("DELETE FROM file WHERE number = ?", (file,))


def _connected(path: Path) -> sqlite3.Connection:
    connection = open_database(path, _SCHEMA, _VERSION, synchronous="NORMAL")
    try:
        for columns, table in ((_COLUMNS, "entry JOIN file"), ("name, text", "words")):
            connection.execute(f"SELECT {columns} FROM {table} LIMIT 1").fetchall()  # noqa: S608
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
    except BaseException:
        connection.close()
        raise
    return connection


def _delete(path: Path) -> None:
    for ending in FILE_ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _is_busy(error: Exception) -> bool:
    """Whether another program has the index: then it is none of ours to delete."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript(_SCHEMA)
    return connection


def _where(query: Query) -> tuple[str, list[object]]:
    """The condition of a query, with no text of the user in it, and the values for it."""
    terms = ["in_bin = ?"]
    values: list[object] = [query.in_bin]
    if query.words.strip() and not query.match:
        terms.append("0")  # signs alone are in no text's words
    elif query.match:
        terms.append("entry.number IN (SELECT rowid FROM words WHERE words MATCH ?)")
        values.append(query.match)
    if query.kind is not None:
        terms.append("kind = ?")
        values.append(query.kind.value)
    if query.model:
        terms.append("instr(lower(model), lower(?)) > 0")
        values.append(_unicode(query.model))
    if query.whole_model:
        terms.append("model = ?")
        values.append(_unicode(query.whole_model))
    if query.verdict is not None:
        terms.append("verdict = ?")
        values.append(query.verdict.value)
    for name in _EXACT:
        value = getattr(query, name)
        if value is not None:
            terms.append(f"{name} = ?")
            values.append(value)
    return "WHERE " + " AND ".join(terms), values


def _entry(row: tuple[Any, ...]) -> Entry:
    path, kind, in_bin, name, sample, samples, time, verdict, detail, beginning, *facts = row
    return Entry(
        path=Path(os.fsdecode(path)),
        kind=Kind(kind),
        in_bin=bool(in_bin),
        name=name,
        sample=sample,
        samples=samples,
        time=time,
        verdict=None if verdict is None else Verdict(verdict),
        detail=detail,
        facts=Facts(*facts),
        beginning=beginning,
    )


def _unicode(text: str) -> str:
    """What SQLite can hold of a text."""
    return text.encode("utf-8", "replace").decode()
