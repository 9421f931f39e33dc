"""What is typed is on the disk soon, and stays there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gpt2_tui import locations, storage
from gpt2_tui.drafts import opening
from gpt2_tui.drafts.autosave import NotSaved, Saved
from gpt2_tui.drafts.plain_file import Contents, PlainFile
from gpt2_tui.errors import StorageError
from tests.drafts.writing import PATIENCE, write_in


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.md"
    file.write_text("It rained.")
    return file


def test_it_is_saved_without_being_asked(story: Path) -> None:
    writing = write_in(story)
    writing.type(" Hard.")
    assert not writing.autosave.is_saved
    with writing.autosave._change:
        assert writing.autosave._change.wait_for(lambda: writing.autosave.is_saved, PATIENCE)
    assert story.read_text() == "It rained. Hard."
    assert all(report == Saved(story) for report in writing.told)


def test_a_file_that_another_program_changes_meanwhile_is_not_overwritten(story: Path) -> None:
    writing = write_in(story)
    writing.type(" Hard.")
    writing.save()
    story.write_text("Mine, said the other program.")
    writing.type(" And long.")
    writing.save()
    sibling = story.with_name("story-2.md")
    assert story.read_text() == "Mine, said the other program."
    assert sibling.read_text() == "It rained. Hard. And long."
    report = writing.told[-1]
    assert isinstance(report, Saved)
    assert "was changed by another program; your draft goes on in story-2.md" in str(report.note)
    assert writing.close() == sibling
    again = write_in(sibling)
    assert again.notes == ""
    assert again.draft.undo()
    assert "was changed by another program" in write_in(story).notes


def test_a_file_that_is_protected_meanwhile_is_left_alone(story: Path) -> None:
    writing = write_in(story)
    writing.type(" Hard.")
    writing.save()
    story.chmod(0o444)
    writing.type(" Long.")
    assert writing.close().read_text() == "It rained. Hard. Long."
    assert story.read_text() == "It rained. Hard."
    report = writing.told[-1]
    assert isinstance(report, Saved)
    assert "may not be written any more; your draft goes on in story-2.md" in str(report.note)


def test_a_change_while_the_file_is_opened_is_not_overwritten(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search_while_another_program_writes(_: Contents) -> None:
        story.write_text("Mine, said the other program.")

    monkeypatch.setattr(opening, "find_same", search_while_another_program_writes)
    writing = write_in(story)
    assert writing.draft.authored.text == "It rained."
    writing.type(" Hard.")
    writing.save()
    assert story.read_text() == "Mine, said the other program."
    assert writing.close().read_text() == "It rained. Hard."


def test_a_change_right_after_a_save_is_not_overwritten(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = write_in(story)
    sync = storage.sync_folder

    def sync_while_another_program_writes(folder: Path) -> None:
        sync(folder)
        story.write_text("Mine, said the other program.")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "sync_folder", sync_while_another_program_writes)
        writing.type(" Hard.")
        writing.save()
    writing.type(" Long.")
    assert writing.close().read_text() == "It rained. Hard. Long."
    assert story.read_text() == "Mine, said the other program."


def test_a_file_that_is_deleted_meanwhile_goes_on_as_a_sibling(story: Path) -> None:
    writing = write_in(story)
    writing.type("!")
    writing.save()
    story.unlink()
    writing.type("!")
    assert writing.close().read_text() == "It rained.!!"


def test_a_data_folder_that_is_deleted_meanwhile_is_made_again(story: Path) -> None:
    writing = write_in(story)
    writing.type(" Hard.")
    writing.save()
    for path in locations.history_folder().iterdir():
        path.unlink()
    writing.type(" Long.")
    writing.close()
    again = write_in(story)
    assert again.draft.authored.text == "It rained. Hard. Long."
    assert again.draft.undo()


def test_a_history_that_breaks_meanwhile_is_written_anew(story: Path) -> None:
    writing = write_in(story)
    writing.type(" Hard.")
    writing.save()
    store = writing.opened.place.store
    assert store is not None
    store.close()
    store.path.write_bytes(b"noise" * 10_000)
    writing.type(" Long.")
    writing.save()
    notes = [report.note for report in writing.told if isinstance(report, Saved)]
    assert any("written anew" in str(note) for note in notes)
    writing.close()
    again = write_in(story)
    assert again.notes == ""
    while again.draft.undo():
        pass
    assert again.draft.authored.text == "It rained."


def test_what_cannot_be_saved_is_said_once_and_saved_later(story: Path) -> None:
    locations.data_folder().mkdir(parents=True, exist_ok=True)
    writing = write_in(story)
    folder = story.parent
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("in the way")
    writing.type("!")
    with pytest.raises(StorageError):
        writing.save()
    writing.type("!")
    with pytest.raises(StorageError):
        writing.save()
    assert [type(report) for report in writing.told] == [NotSaved]
    folder.unlink()
    aside.rename(folder)
    writing.save()
    assert story.read_text() == "It rained.!!"
    assert writing.told[-1] == Saved(story)


def test_a_fault_that_nobody_foresaw_is_said_and_does_not_end_the_saving(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = write_in(story)

    def fail(*_: object) -> None:
        raise RuntimeError("never seen before")

    with monkeypatch.context() as patched:
        patched.setattr(PlainFile, "write", fail)
        writing.type("!")
        with pytest.raises(StorageError, match="RuntimeError: never seen before"):
            writing.save()
    writing.save()
    assert story.read_text() == "It rained.!"
    assert [type(report) for report in writing.told] == [NotSaved, Saved]


FULL_DISK = """
import resource, sys
from pathlib import Path
from tests.drafts.writing import write_in
from gpt2_tui.errors import StorageError

writing = write_in(Path(sys.argv[1]))
writing.type(" Hard.")
writing.save()
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
writing.draft.replace(0, 0, type(writing.draft.authored).human("x" * 100_000))
writing.hand_over()
try:
    writing.save()
except StorageError as error:
    print(error)
print(Path(sys.argv[1]).read_text())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writing.close()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits")
def test_a_full_disk_is_said_and_leaves_what_was_saved(story: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(story)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    said, before = done.stdout.splitlines()
    assert "cannot keep the history" in said or "cannot write" in said
    assert before == "It rained. Hard."
    assert story.read_text() == "x" * 100_000 + "It rained. Hard."
    again = write_in(story)
    assert again.notes == ""
    assert again.draft.undo()
    assert [path.name for path in story.parent.iterdir()] == ["story.md"]


KILLED = """
import sys
from pathlib import Path
from tests.drafts.writing import write_in

writing = write_in(Path(sys.argv[1]))
print(writing.notes, flush=True)
number = 0
while True:
    writing.keep(f" [{number}]")
    writing.type(f" {number}")
    writing.save()
    print(number, flush=True)
    number += 1
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_what_was_acknowledged_survives_every_kill(story: Path) -> None:
    acknowledged = ""
    for round_number in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(story)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as process:
            assert process.stdout is not None
            note = process.stdout.readline()
            said = [process.stdout.readline() for _ in range(round_number + 2)]
            process.send_signal(signal.SIGKILL)
            said += process.stdout.read().splitlines(keepends=True)
        assert ("not closed last time" in note) == (round_number > 0)
        numbers = [int(line) for line in said]
        acknowledged += "".join(f" [{number}] {number}" for number in numbers)
        writing = write_in(story)
        text = writing.draft.authored.text.removeprefix("It rained.")
        assert text.startswith(acknowledged)
        acknowledged = text
        for part, origin in writing.origins():
            assert (origin == "machine") == part.startswith(" [")
        writing.save()
        while writing.draft.undo():
            pass
        assert writing.draft.authored.text == "It rained."
        writing.opened.place.leave()
