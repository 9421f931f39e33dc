"""Saving at the desk: samples and drafts become labeled files, or the desk says why not."""

import json
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui import locations, saving
from gpt2_tui.drafts import autosave
from gpt2_tui.drafts.opening import open_file
from gpt2_tui.drafts.plain_file import PlainFile
from gpt2_tui.errors import StorageError
from gpt2_tui.settings import PANES
from tests.ui.desk_driver import DeskDriver, open_desk
from tests.ui.prepared_writing import write_instead

OPENING = "The keeper"
TEXTS = (" put down his lamp.", " heard a gull", " slept")


@pytest.fixture(autouse=True)
def _known_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    write_instead(monkeypatch, *TEXTS)


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def label_of(path: Path) -> dict[str, Any]:
    """The record in a saved Markdown file."""
    opening, line, *_ = path.read_text("utf-8").splitlines()
    assert opening == "---"
    record: dict[str, Any] = json.loads(line.removeprefix("gpt2-tui: "))
    return record


async def save_draft(desk: DeskDriver) -> Path:
    """Save the draft; the file that the message names last."""
    await desk.press("f3")
    await desk.until_said("The draft is saved: ")
    (said,) = (said for said in desk.said if said.startswith("The draft is saved: "))
    return Path(said.rpartition(": ")[2])


async def test_a_fault_that_nobody_foresaw_is_told(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> list[Path]:
        raise ValueError("torn\nin two")

    monkeypatch.setattr(saving, "save", broken)
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate(seed=7)
        await desk.press("ctrl+s")
        await desk.until_said("ValueError: torn in two")


async def test_save_writes_every_pane_under_its_label(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate(seed=7)
        await desk.press("ctrl+s")
        await desk.until_said("Saved 3 samples, each with its label, SYNTHETIC · ")
        await desk.until_said(f" and its settings, in {locations.samples_folder()}")
        assert len(files_in(locations.samples_folder())) == 3
        for lane, text in enumerate(TEXTS):
            (path,) = locations.samples_folder().glob(f"*-seed7-lane{lane}.md")
            assert path.stat().st_mode & 0o777 == 0o600
            assert (
                f"SYNTHETIC · tiny · temperature 0.80 · top-k 40 · top-p off · seed 7 · lane {lane}"
                in path.read_text()
            )
            record = label_of(path)
            assert [(gen["seed"], gen["lane"]) for gen in record["gens"]] == [(7, lane)]
            assert [span["origin"] for span in record["spans"]] == ["human", "machine"]
            assert record["body"]["bytes"] == len((OPENING + text).encode())
            assert path.read_text().endswith(f"{OPENING}{text}\n")


async def test_s_in_a_pane_saves_that_pane_alone(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate(seed=7)
        desk.panes[1].focus()
        await desk.press("s")
        await desk.until_said("Saved with its label, SYNTHETIC · ")
        (path,) = files_in(locations.samples_folder())
        assert [gen["lane"] for gen in label_of(path)["gens"]] == [1]


async def test_a_sample_after_kept_text_says_which_part_of_its_prompt_was_the_models(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate(seed=7)
        await desk.press("alt+2", "!")
        desk.control(PANES).set_value(1)
        await desk.generate(seed=8)
        await desk.press("ctrl+s")
        await desk.until_said("Saved with its label, SYNTHETIC · ")
        (path,) = files_in(locations.samples_folder())
        record = label_of(path)
        assert [(span["origin"], span.get("gen")) for span in record["spans"]] == [
            ("human", None),
            ("machine", 0),
            ("human", None),
            ("machine", 1),
        ]
        assert [(gen["seed"], gen["lane"]) for gen in record["gens"]] == [(7, 1), (8, 0)]


async def test_a_sample_is_saved_with_the_prompt_it_was_made_from(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate(seed=7)
        await desk.press("alt+3")
        desk.editor.insert("and then it was changed")
        desk.panes[0].focus()
        await desk.press("s")
        await desk.until_said("Saved with its label, SYNTHETIC · ")
        (path,) = files_in(locations.samples_folder())
        assert path.read_text().endswith(f"{OPENING}{TEXTS[0]}\n")


async def test_saving_twice_overwrites_nothing(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate(seed=7)
        await desk.press("ctrl+s", "ctrl+s")
        await desk.until(lambda: len(files_in(locations.samples_folder())) == 6, "six files")


async def test_there_is_nothing_to_save_before_a_run(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await desk.press("ctrl+s")
        await desk.until_said("there is no finished pane to save")
        await desk.press("f3")
        await desk.until_said("the draft is empty")
        assert files_in(locations.samples_folder()) == files_in(locations.drafts_folder()) == []


async def test_a_human_draft_is_saved_as_plain_text(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autosave, "_SECONDS_TO_GATHER", 4.0)  # time to see that it is not saved yet
    async with open_desk(model_folder) as desk:
        await desk.type("Rain\n\nfell")
        await desk.until_shows("draft ●")
        path = await save_draft(desk)
        assert path == locations.drafts_folder() / "untitled.txt"
        assert path.read_bytes() == b"Rain\n\nfell"
        assert path.stat().st_mode & 0o777 == 0o600
        await desk.until(lambda: not desk.shows("●"), "the mark of an unsaved draft to go")


async def test_a_draft_with_kept_text_is_saved_with_its_label(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate(seed=7)
        await desk.press("alt+1")
        path = await save_draft(desk)
        assert path.suffix == ".md"
        assert "SYNTHETIC IN PART · tiny" in path.read_text()
        assert [span["origin"] for span in label_of(path)["spans"]] == ["human", "machine"]


async def test_a_folder_that_cannot_be_written_is_a_message_and_the_desk_goes_on(
    model_folder: Path,
) -> None:
    locations.data_folder().parent.mkdir(parents=True, exist_ok=True)
    locations.data_folder().write_text("in the way")
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate(seed=7)
        await desk.press("ctrl+s")
        await desk.until_said("cannot make the folder")
        await desk.until_shows("cannot make the folder")
        desk.editor.focus()
        await desk.press("x", "f3")
        await desk.until_said("/drafts: Not a directory")
        assert desk.editor.text == f"{OPENING}x"
        await desk.generate(seed=8)


async def test_leaving_saves_an_unsaved_draft_and_says_where(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await desk.type("Rain")
        await desk.press("ctrl+q")
    (path,) = files_in(locations.drafts_folder())
    assert path.read_text() == "Rain"
    assert path.name == "rain.txt"
    assert desk.app.farewell == f"The draft is saved: {path}"


async def test_leaving_does_not_save_what_is_saved_or_unchanged(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.press("ctrl+q")
    assert files_in(locations.drafts_folder()) == []
    assert desk.app.farewell is None


@pytest.fixture
def in_the_way() -> Path:
    """A file where the folder of the drafts should be."""
    locations.data_folder().parent.mkdir(parents=True, exist_ok=True)
    locations.data_folder().write_text("in the way")
    return locations.data_folder()


async def until_given_up(desk: DeskDriver) -> None:
    """Wait until the warning could be read."""
    await desk.until(lambda: desk.desk._document._is_given_up, "time to read the warning")


def _no_room(*_: Any) -> None:
    raise StorageError("there is no room")


@pytest.mark.usefixtures("in_the_way")
async def test_a_draft_that_cannot_be_saved_keeps_the_desk_open_once(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await desk.type("Rain")
        await desk.press("ctrl+q")
        await desk.until_said("Ctrl+Q again leaves without the draft")
        assert desk.app.is_running
        assert desk.editor.text == "Rain"
        await until_given_up(desk)
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running, "the end")
    assert (desk.app.farewell or "").startswith("the draft was not saved: ")


async def test_quit_pressed_twice_at_once_does_not_leave_a_draft_that_cannot_be_saved(
    model_folder: Path, in_the_way: Path
) -> None:
    async with open_desk(model_folder) as desk:
        await desk.type("Rain")
        await desk.press_at_once("ctrl+q", "ctrl+q")
        await desk.until_said("Ctrl+Q again leaves without the draft")
        assert desk.app.is_running
        in_the_way.unlink()


async def test_a_draft_that_was_given_up_is_not_left_for_another_one_without_being_saved(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.txt").write_text("Another one.")
    async with open_desk(model_folder, file=tmp_path / "mine.txt") as desk:
        monkeypatch.setattr(PlainFile, "write", _no_room)
        await desk.type("Rain")
        await desk.press("ctrl+q")
        await until_given_up(desk)
        with pytest.raises(StorageError, match="no room"):
            await desk.desk.open_draft(open_file(tmp_path / "other.txt"))
        assert desk.editor.text == "Rain"


async def test_a_disk_that_was_mended_saves_what_was_given_up(
    model_folder: Path, in_the_way: Path
) -> None:
    async with open_desk(model_folder) as desk:
        await desk.type("Rain")
        await desk.press("ctrl+q")
        await until_given_up(desk)
        in_the_way.unlink()
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running, "the end")
    (path,) = files_in(locations.drafts_folder())
    assert (path.name, path.read_text()) == ("rain.txt", "Rain")
    assert desk.app.farewell == f"The draft is saved: {path}"


async def test_a_draft_that_was_saved_after_all_is_not_given_up_any_more(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = PlainFile.write
    async with open_desk(model_folder, file=tmp_path / "mine.txt") as desk:
        monkeypatch.setattr(PlainFile, "write", _no_room)
        await desk.type("Rain")
        await desk.press("ctrl+q")
        await until_given_up(desk)
        monkeypatch.setattr(PlainFile, "write", write)
        await desk.until_saved()
        assert not desk.desk._document._is_given_up
