"""Files are private, whole or not there, and never overwritten by accident."""

import errno
import os
import signal
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui import storage
from gpt2_tui.errors import StorageError

RESERVED = {"con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_new_folders_and_files_are_for_their_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = storage.private_folder(tmp_path / "data" / "samples")
        new = storage.write_new(folder, "a", ".md", b"x")
        storage.replace(folder / "b", b"y")
    finally:
        os.umask(before)
    assert mode(folder) == 0o700
    assert (mode(new), mode(folder / "b")) == (0o600, 0o600)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert storage.private_folder(tmp_path) == tmp_path
    assert mode(tmp_path) == 0o755


def test_a_new_file_holds_its_bytes_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = storage.write_new(tmp_path / "new", "name", ".md", b"line\r\n\x00\xff")
    assert path == tmp_path / "new" / "name.md"
    assert path.read_bytes() == b"line\r\n\x00\xff"
    assert names(tmp_path / "new") == ["name.md"]
    assert path.stat().st_nlink == 1


def test_a_taken_name_gets_a_number_and_the_older_file_stays(tmp_path: Path) -> None:
    written = [storage.write_new(tmp_path, "a", ".md", bytes([n])) for n in range(3)]
    assert [path.name for path in written] == ["a.md", "a-2.md", "a-3.md"]
    assert [path.read_bytes() for path in written] == [b"\x00", b"\x01", b"\x02"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_of_that_name_is_not_written_through(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (tmp_path / "a.md").symlink_to(precious)
    (tmp_path / "b.md").symlink_to(tmp_path / "nowhere")
    assert storage.write_new(tmp_path, "a", ".md", b"new").name == "a-2.md"
    assert storage.write_new(tmp_path, "b", ".md", b"new").name == "b-2.md"
    assert precious.read_bytes() == b"mine"
    storage.replace(tmp_path / "a.md", b"newer")
    assert precious.read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_that_waits_at_the_temporary_name_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setattr("secrets.token_hex", lambda _: "guessed")
    trap = folder / f"{storage.TEMPORARY_PREFIX}guessed"
    for target in (precious, tmp_path / "nowhere"):
        trap.symlink_to(target)
        with pytest.raises(StorageError):
            storage.write_new(folder, "a", ".md", b"new")
        assert trap.is_symlink()
        trap.unlink()
    assert precious.read_bytes() == b"mine"
    assert names(tmp_path) == ["folder", "precious"]
    trap.write_bytes(b"of another writer")
    with pytest.raises(StorageError):
        storage.write_new(folder, "a", ".md", b"new")
    assert trap.read_bytes() == b"of another writer"


def test_replace_gives_the_name_to_the_new_bytes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "draft.md"
    for data in (b"one", b"two", b""):
        storage.replace(path, data)
        assert path.read_bytes() == data
    assert names(path.parent) == ["draft.md"]


def refuse_to_sync(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_one_line_and_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.replace(tmp_path / "draft.md", b"old")
    monkeypatch.setattr(os, "fsync", refuse_to_sync)
    for write in (
        lambda: storage.replace(tmp_path / "draft.md", b"new"),
        lambda: storage.write_new(tmp_path, "other", ".md", b"new"),
    ):
        with pytest.raises(StorageError) as caught:
            write()
        assert str(caught.value) == f"cannot write in {tmp_path}: No space left on device"
    assert names(tmp_path) == ["draft.md"]
    assert (tmp_path / "draft.md").read_bytes() == b"old"


@pytest.mark.parametrize("call", ["write_new", "replace"])
def test_a_name_that_cannot_be_given_leaves_no_temporary(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    # A file system without links has another way, and that can fail as well.
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    writes: dict[str, Callable[[], object]] = {
        "write_new": lambda: storage.write_new(tmp_path, "a", ".md", b"x"),
        "replace": lambda: storage.replace(tmp_path / "a.md", b"x"),
    }
    with pytest.raises(StorageError, match="not permitted"):
        writes[call]()
    assert names(tmp_path) == []


def test_a_file_system_without_links_is_written_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    first = storage.write_new(tmp_path, "a", ".md", b"1")
    second = storage.write_new(tmp_path, "a", ".md", b"2")
    assert storage.rename(second, "a", ".txt").name == "a.txt"
    assert storage.move(first, tmp_path / "bin").name == "a.md"
    assert names(tmp_path) == ["a.txt", "bin"]
    assert (tmp_path / "a.txt").read_bytes() == b"2"
    assert (tmp_path / "bin" / "a.md").read_bytes() == b"1"
    assert mode(tmp_path / "a.txt") == 0o600


@pytest.fixture
def _on_other_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder is on a disk of its own."""
    link = os.link

    def link_on_one_disk(path: Path, named: Path) -> None:
        if Path(path).parent != Path(named).parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        link(path, named)

    monkeypatch.setattr(os, "link", link_on_one_disk)


@pytest.mark.usefixtures("_on_other_disks")
def test_a_file_is_moved_to_another_disk_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    for data in (b"first", b"second"):
        path.write_bytes(data)
        path.chmod(0o640)
        os.utime(path, ns=(5, 7_000_000_000))
        moved = storage.move(path, tmp_path / "bin")
        assert not path.exists()
        assert moved.read_bytes() == data
        assert (mode(moved), moved.stat().st_mtime_ns) == (0o640, 7_000_000_000)
    assert names(tmp_path / "bin") == ["a-2.md", "a.md"]


@pytest.mark.usefixtures("_on_other_disks")
def test_a_file_that_another_disk_does_not_take_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"mine")
    monkeypatch.setattr(os, "fsync", refuse_to_sync)
    with pytest.raises(StorageError, match="No space left on device"):
        storage.move(path, tmp_path / "bin")
    assert path.read_bytes() == b"mine"
    assert names(tmp_path / "bin") == []


@pytest.mark.usefixtures("_on_other_disks")
def test_a_file_that_cannot_be_taken_away_is_not_there_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"mine")
    unlink = os.unlink

    def unlink_elsewhere(each: Path) -> None:
        if Path(each) == path:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        unlink(each)

    monkeypatch.setattr(os, "unlink", unlink_elsewhere)
    with pytest.raises(StorageError, match="not permitted"):
        storage.move(path, tmp_path / "bin")
    assert path.read_bytes() == b"mine"
    assert names(tmp_path / "bin") == []


@pytest.mark.skipif(os.name == "nt", reason="Windows syncs no folders")
@pytest.mark.parametrize("fault", [errno.EINVAL, errno.ENOTSUP])
def test_a_folder_that_cannot_be_synced_is_written_all_the_same(
    fault: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def sync_files_alone(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(fault, os.strerror(fault))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync_files_alone)
    path = storage.write_new(tmp_path, "a", ".md", b"1")
    storage.replace(path, b"2")
    assert names(tmp_path) == ["a.md"]
    assert path.read_bytes() == b"2"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("n" * 300)):
        with pytest.raises(StorageError, match="cannot make the folder") as caught:
            storage.write_new(folder, "a", ".md", b"x")
        assert "\n" not in str(caught.value)
    assert names(tmp_path) == ["file"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_may_not_be_written_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="Permission denied"):
            storage.write_new(tmp_path, "a", ".md", b"x")
    finally:
        tmp_path.chmod(0o700)
    assert names(tmp_path) == []


TOO_LARGE = """
import resource, signal, sys
from pathlib import Path
from gpt2_tui import storage
from gpt2_tui.errors import StorageError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
storage.write_new(Path(sys.argv[1]), "small", ".md", b"x" * 4096)
try:
    storage.write_new(Path(sys.argv[1]), "large", ".md", b"x" * 4097)
except StorageError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits")
def test_a_file_that_grows_too_large_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOO_LARGE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"cannot write in {tmp_path}: File too large\n"
    assert names(tmp_path) == ["small.md"]


WRITER = """
import sys
from pathlib import Path
from gpt2_tui import storage

folder = Path(sys.argv[1])
for number in range(1_000_000):
    data = f"{number} ".encode() * 20_000
    path = storage.write_new(folder, "sample", ".md", data)
    storage.replace(folder / "draft.md", data)
    print(path.name, flush=True)
"""


def is_whole(path: Path) -> bool:
    words = path.read_bytes().split(b" ")
    return len(words) == 20_001 and len(set(words[:-1])) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize("acknowledged", [1, 4, 9])
def test_a_writer_that_is_killed_leaves_whole_files_and_all_it_acknowledged(
    acknowledged: int, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline().strip() for _ in range(acknowledged)]
        writer.send_signal(signal.SIGKILL)
        said += writer.stdout.read().split()
    there = [name for name in names(tmp_path) if not name.startswith(storage.TEMPORARY_PREFIX)]
    assert set(said) <= set(there)
    assert len(said) >= acknowledged
    assert all(is_whole(tmp_path / name) for name in there)


@given(text=st.text())
def test_a_file_name_made_of_any_text_is_safe_everywhere(text: str) -> None:
    stem = storage.safe_stem(text, "otherwise")
    assert 0 < len(stem.encode()) <= 80
    assert not set(stem) & set('/\\:*?"<>|. \0')
    assert not any(unicodedata.category(character)[0] == "C" for character in stem)
    assert stem.lower() not in RESERVED
    assert stem[0] not in "-_."
    assert stem[-1] not in "-_. "


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("The lighthouse keeper had", "the-lighthouse-keeper-had"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows", "c-windows"),
        ("Übergröße – naïve", "übergröße-naïve"),
        ("cafe\u0301", "café"),
        ("日本語のテキスト", "日本語のテキスト"),
        ("", "sample"),
        ("…!?", "sample"),
        ("___", "sample"),
        ("CON", "sample"),
        ("com1", "sample"),
        ("\ud800", "sample"),
        ("a\x1b[31m\nb", "a-31m-b"),
        ("x" * 500, "x" * 80),
        ("€uro 日" * 100, None),
    ],
)
def test_a_file_name_tells_its_text(text: str, stem: str | None) -> None:
    made = storage.safe_stem(text, "sample")
    assert stem is None or made == stem
    made.encode()
