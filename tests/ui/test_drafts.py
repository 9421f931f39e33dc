"""The draft at the desk: its file, its authors and its past, through typing, undo and reopening."""

import sqlite3
from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.drafts import autosave
from gpt2_tui.labels.authorship import Origin
from tests.ui.desk_driver import DeskDriver, open_desk
from tests.ui.prepared_writing import write_instead

OPENING = "The keeper"
TEXTS = (" put down his lamp.", " heard a gull", " slept")


@pytest.fixture(autouse=True)
def _known_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    write_instead(monkeypatch, *TEXTS)


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.md"
    file.write_text(OPENING)
    return file


def origins(desk: DeskDriver) -> list[tuple[str, Origin]]:
    authored = desk.editor.authored
    assert authored.text == desk.editor.text
    return [(authored.text[span.start : span.end], span.origin) for span in authored.spans]


async def test_what_is_typed_is_in_the_file_without_being_saved(
    model_folder: Path, story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autosave, "_SECONDS_TO_GATHER", 3.0)  # time to see that it is not saved yet
    async with open_desk(model_folder, file=story, until_loaded=False) as desk:
        await desk.until_shows(" story.md")
        await desk.type("s")
        assert desk.desk.status.draft_name == "story.md ●"
        await desk.until_saved()
        assert story.read_text() == f"{OPENING}s"
        assert not desk.shows("●")
        await desk.press("ctrl+q")
    assert desk.app.farewell == f"The draft is saved: {story}"


async def test_authors_share_and_cursor_are_there_when_it_is_opened_again(
    model_folder: Path, story: Path
) -> None:
    async with open_desk(model_folder, file=story) as desk:
        await desk.generate()
        await desk.press("alt+1", "!")
        desk.editor.move_cursor((0, len(OPENING) + 2))
        await desk.press("X", "left")
        before = origins(desk)
        await desk.press("ctrl+q")
    assert desk.app.farewell == f"The draft is saved: {story}; 65 % of it is synthetic"
    async with open_desk(model_folder, file=story, until_loaded=False) as desk:
        assert desk.said == []
        assert origins(desk) == before
        assert [origin for _, origin in before] == [Origin.HUMAN, Origin.EDITED, Origin.HUMAN]
        assert desk.editor.cursor_location == (0, len(OPENING) + 2)
        await desk.pilot.pause()
        await desk.until_shows("65 % synthetic")
        line = desk.editor.get_line(0)
        assert [(span.start, span.end) for span in line.spans] == [
            (len(OPENING), len(OPENING) + len(TEXTS[0]) + 1)
        ]
        await desk.press("ctrl+z", "ctrl+z")
        assert origins(desk) == [(OPENING, Origin.HUMAN), (TEXTS[0], Origin.MACHINE)]
        await desk.press("ctrl+z", "ctrl+z")
        assert origins(desk) == [(OPENING, Origin.HUMAN)]
        await desk.press(*["ctrl+y"] * 3)
        assert origins(desk) == before


async def test_a_file_that_is_not_there_yet_is_a_new_draft(
    model_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "new.md"
    async with open_desk(model_folder, file=file, until_loaded=False) as desk:
        await desk.until_said("new.md is new; it is made with your first words")
        assert not file.exists()
        await desk.type("Once")
        await desk.press("ctrl+q")
    assert file.read_text() == "Once"


async def test_undo_has_no_end_and_no_branch_is_lost(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        for word in range(60):
            desk.editor.insert(f"word{word} ")
        whole = desk.editor.text
        for _ in range(60):
            await desk.press("ctrl+z")
        assert desk.editor.text == ""
        await desk.press("ctrl+z")
        for _ in range(60):
            await desk.press("ctrl+y")
        assert desk.editor.text == whole
        await desk.press("ctrl+z", "X", "ctrl+z", "ctrl+y")
        assert desk.editor.text.endswith("word58 X")
        draft = desk.editor.draft
        assert whole in [draft.text_at(node.number).text for node in draft.tree]


async def test_typing_after_a_move_of_the_cursor_is_undone_by_itself(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.type("ab")
        await desk.press("left", "right")
        await desk.type("cd")
        await desk.press("ctrl+z")
        assert desk.editor.text == "ab"
        assert desk.editor.cursor_location == (0, 2)


async def test_a_paste_over_a_selection_is_undone_in_one(model_folder: Path) -> None:
    async with open_desk(model_folder, "one\ntwo\nthree", until_loaded=False) as desk:
        desk.app.copy_to_clipboard("many\r\nlines")
        desk.editor.select_all()
        await desk.press("ctrl+v")
        assert desk.editor.text == "many\nlines"
        await desk.press("ctrl+z")
        assert desk.editor.text == "one\ntwo\nthree"
        assert desk.editor.document.lines == ["one", "two", "three"]


async def test_a_desk_that_was_killed_is_restored_and_says_so(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.type("Rain")
        await desk.until_saved()
        desk.desk._document._autosave.leave()  # as the system does for a process that is gone
    async with open_desk(model_folder, until_loaded=False) as desk:
        assert desk.editor.text == "Rain"
        await desk.until_said("The desk was not closed last time; the draft is as it was at ")


async def test_two_desks_on_one_file_do_not_overwrite_each_other(
    model_folder: Path, story: Path
) -> None:
    async with (
        open_desk(model_folder, file=story, until_loaded=False) as one,
        open_desk(model_folder, file=story, until_loaded=False) as other,
    ):
        await other.until_said("story.md is open in another desk; this is a copy, story-2.md")
        assert other.shows(" story-2.md")
        await one.type("1")
        await other.type("2")
        await one.until_saved()
        await other.until_saved()
    assert story.read_text() == f"{OPENING}1"
    assert story.with_name("story-2.md").read_text() == f"{OPENING}2"


async def test_a_file_that_changes_while_it_is_open_is_not_overwritten(
    model_folder: Path, story: Path
) -> None:
    async with open_desk(model_folder, file=story, until_loaded=False) as desk:
        await desk.type("1")
        await desk.until_saved()
        story.write_text("[/] of another program")
        await desk.type("2")
        await desk.until_said("your draft goes on in story-2.md")
        await desk.until_saved()
        await desk.until_shows(" story-2.md")
    assert story.read_text() == "[/] of another program"
    assert story.with_name("story-2.md").read_text() == f"{OPENING}12"


async def test_a_file_that_changes_while_the_desk_is_idle_is_taken_over(
    model_folder: Path, story: Path
) -> None:
    async with open_desk(model_folder, file=story) as desk:
        await desk.generate()
        await desk.press("alt+1")
        await desk.until_saved()
        story.write_text(f"Once, the keeper{TEXTS[0]}")
        await desk.until_said("Another program changed the file; Ctrl+Z brings your text back")
        assert origins(desk) == [("Once, the keeper", Origin.HUMAN), (TEXTS[0], Origin.MACHINE)]
        await desk.press("ctrl+z")
        assert origins(desk) == [(OPENING, Origin.HUMAN), (TEXTS[0], Origin.MACHINE)]
        await desk.until_saved()
        assert story.read_text() == OPENING + TEXTS[0]
        assert list(story.parent.iterdir()) == [story]


async def test_a_history_that_cannot_be_written_holds_up_neither_keys_nor_file(
    model_folder: Path, story: Path
) -> None:
    async with open_desk(model_folder, file=story, until_loaded=False) as desk:
        await desk.type("1")
        await desk.until_saved()
        (store,) = locations.history_folder().glob("*.sqlite3")
        other = sqlite3.connect(store)
        other.execute("BEGIN IMMEDIATE")
        await desk.type("23")
        assert desk.editor.text == f"{OPENING}123"
        await desk.until_said("database is locked. It is tried again")
        assert story.read_text() == f"{OPENING}123"
        await desk.until_shows("story.md ●")
        other.close()
        await desk.until_saved()
        await desk.press("ctrl+q")
    async with open_desk(model_folder, file=story, until_loaded=False) as desk:
        assert desk.said == []
        await desk.press("ctrl+z")
        assert desk.editor.text != f"{OPENING}123"


async def test_a_damaged_history_is_said_and_the_draft_is_there(
    model_folder: Path, story: Path
) -> None:
    async with open_desk(model_folder, file=story, until_loaded=False) as desk:
        await desk.type("1")
        await desk.press("ctrl+q")
    (store,) = locations.history_folder().glob("*.sqlite3")
    store.write_bytes(b"noise" * 2000)
    async with open_desk(model_folder, file=story, until_loaded=False) as desk:
        await desk.until_said("the history of story.md is damaged; it was set aside as")
        assert desk.editor.text == f"{OPENING}1"
