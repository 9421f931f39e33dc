"""Opening files of every kind: their lines, their names, their rights, and what is no text."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gpt2_tui import locations, storage
from gpt2_tui.drafts.opening import open_file
from gpt2_tui.errors import PromptError
from tests.drafts.writing import stores, write_and_close, write_in


def test_lines_and_mark_of_a_file_stay_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "windows.txt"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    file.chmod(0o640)
    writing = write_in(file)
    assert writing.draft.authored.text == "one\ntwo\n"
    writing.type("three\n")
    writing.close()
    assert file.read_bytes() == b"\xef\xbb\xbfone\r\ntwo\r\nthree\r\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert write_in(file).notes == ""


@pytest.mark.parametrize("data", [b"a\r\nb\nc", b"a\rb", "a\u2028b\x0c".encode()])
def test_a_file_that_the_desk_could_not_give_back_is_copied(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "odd.txt"
    file.write_bytes(data)
    writing = write_in(file)
    assert "has characters that the desk cannot keep; this is a copy, odd-2.txt" in writing.notes
    writing.type("!")
    writing.close()
    assert file.read_bytes() == data
    assert (tmp_path / "odd-2.txt").read_text().endswith("!")


def test_a_file_without_the_right_to_write_is_copied(story: Path) -> None:
    write_and_close(story)
    story.chmod(0o444)
    writing = write_in(story)
    assert "story.md may not be written; this is a copy, story-2.md" in writing.notes
    assert writing.origins()[1] == (" He slept.", "machine")
    writing.type("!")
    assert writing.close().read_text() == "It rained. Hard. He slept.!"
    assert story.read_text() == "It rained. Hard. He slept."
    assert story.stat().st_mode & 0o777 == 0o444


def test_a_copy_goes_to_the_drafts_where_the_folder_takes_none(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who may do everything cannot take the right to write from itself.
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) not in (story, story.parent))
    writing = write_in(story)
    assert f"this is a copy, {locations.drafts_folder() / 'story.md'}" in writing.notes
    writing.type("!")
    assert writing.close().parent == locations.drafts_folder()
    assert [path.name for path in story.parent.iterdir()] == ["story.md"]


@pytest.mark.parametrize("data", [b"caf\xe9", b"ok \xed\xa0\x80"])
def test_a_file_that_is_not_utf8_is_refused(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "odd.txt"
    file.write_bytes(data)
    with pytest.raises(PromptError, match="is not UTF-8 text"):
        open_file(file)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (os.mkfifo, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
        (Path.mkdir, "Is a directory"),
        (lambda path: path.write_bytes(b"a" * 1001), "is larger than"),
    ],
    ids=["a pipe", "a device", "a folder", "too large"],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_what_is_no_text_file_is_refused_at_once(
    make: Callable[[Path], object], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "LARGEST_READ", 1000)
    file = tmp_path / "odd.txt"
    make(file)
    with pytest.raises(PromptError, match=fault):
        open_file(file)


def test_a_file_of_any_name_has_a_history(tmp_path: Path) -> None:
    story = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    story.write_text("It rained.")
    write_and_close(story)
    assert len(stores()) == 1
    again = write_in(story)
    assert again.notes == ""
    assert again.origins()[1] == (" He slept.", "machine")
    again.close()
    moved = story.rename(Path(os.fsdecode(os.fsencode(tmp_path) + b"/th\xe9.txt")))
    assert write_in(moved).origins()[1] == (" He slept.", "machine")
    assert len(stores()) == 1
