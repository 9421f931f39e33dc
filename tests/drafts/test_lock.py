"""A lock is held by one; where there are none, that is said and not waited for."""

import errno
import os
from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.drafts.lock import Lock
from gpt2_tui.errors import StorageError
from tests.drafts.writing import write_in

fcntl = pytest.importorskip("fcntl", reason="Windows locks in another way")


def test_one_holds_it_until_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = Lock.take(path)
    assert first is not None
    assert Lock.take(path) is None
    first.release()
    assert not path.exists()
    second = Lock.take(path)
    assert second is not None
    second.release()


@pytest.fixture
def _without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network file system whose server keeps no locks."""

    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("_without_locks")
def test_a_file_system_without_locks_is_not_a_lock_that_another_holds(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No locks available"):
        Lock.take(tmp_path / "lock")


@pytest.mark.usefixtures("_without_locks")
@pytest.mark.parametrize("name", ["story.md", None])
def test_without_locks_a_draft_opens_and_is_saved(name: str | None, tmp_path: Path) -> None:
    writing = write_in(None if name is None else tmp_path / name)
    assert "No locks available" in writing.notes
    writing.type("Rain")
    path = writing.close()
    assert path.read_text() == "Rain"
    assert list(locations.history_folder().glob("*.sqlite3")) == []
