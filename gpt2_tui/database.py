"""Opening a SQLite database that is this user's alone."""

import os
import sqlite3
from pathlib import Path

from gpt2_tui import storage

FILE_ENDINGS = ("", "-wal", "-shm", "-journal")
"""What SQLite puts behind a database's name to name each of its files."""

_SECONDS_TO_WAIT = 2.0


class OtherVersionError(sqlite3.DatabaseError):
    """The database has another version than the one wanted."""


def open_database(path: Path, schema: str, version: int, synchronous: str) -> sqlite3.Connection:
    """The database at `path`, a new one made by `schema`, which sets `version` as its user version
    and makes only what is not there: two programs may begin at once.

    `synchronous` is SQLite's: FULL where what was committed must outlive a power cut, else NORMAL.
    Raises sqlite3.DatabaseError, OtherVersionError among them, OSError and StorageError.
    """
    storage.private_folder(path.parent)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    # SQLite gives its side files the rights of the database.
    os.close(os.open(path, flags, storage.PRIVATE_FILE))
    connection = sqlite3.connect(path, timeout=_SECONDS_TO_WAIT, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            connection.executescript(f"BEGIN IMMEDIATE;{schema}COMMIT;")
        elif found != version:
            raise OtherVersionError(f"version {found}")
        _write_ahead(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Write as SQLite's WAL. Where another program is just about to set that, it is not waited for:
    what it sets holds for both."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
