"""Two programs open one database as if each were alone."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui.database import OtherVersionError, open_database
from gpt2_tui.drafts import store
from gpt2_tui.library import index

SCHEMAS = pytest.mark.parametrize("schema", [store._SCHEMA, index._SCHEMA], ids=["store", "index"])


def start(path: Path, schema: str) -> list[str]:
    connection = open_database(path, schema, 1, "NORMAL")
    names = connection.execute("SELECT name FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return [name for (name,) in names]


@SCHEMAS
def test_two_that_begin_at_once_have_the_same(
    schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new.sqlite3"
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    first: list[list[str]] = []

    def connect_to_be_overtaken(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **named)

        def overtake(statement: str) -> None:
            # It has seen that there is nothing, and is about to make all.
            if statement.startswith("BEGIN"):
                connection.set_trace_callback(None)
                monkeypatch.setattr(sqlite3, "connect", connect)
                first.append(start(path, schema))

        connection.set_trace_callback(overtake)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_to_be_overtaken)
    second = start(path, schema)
    assert first == [second]
    assert second == start(tmp_path / "other.sqlite3", schema)


def test_one_of_another_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "newer.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE of_that_version (number)")
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(OtherVersionError):
        start(path, store._SCHEMA)
    assert path.read_bytes() == before
