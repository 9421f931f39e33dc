"""The library screen: saved texts are found, looked at, opened, deleted."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Select, Static

from gpt2_tui import locations
from gpt2_tui.errors import StorageError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format
from gpt2_tui.labels.record import make_sample
from gpt2_tui.library import files
from gpt2_tui.saving import save
from gpt2_tui.settings import LENGTH, SEED, TEMPERATURE, TOP_K, Sampling, Settings
from gpt2_tui.ui.desk import Desk
from gpt2_tui.ui.library_screen import LibraryScreen
from tests.labels.samples import MAKER, continuation
from tests.library.files import save_draft, save_sample
from tests.ui.desk_driver import DeskDriver, open_desk

PROMPT = "The keeper"


async def show(desk: DeskDriver, count: int) -> None:
    """Open the library, and wait until it shows `count` texts."""
    await desk.press("f7")
    assert isinstance(desk.screen, LibraryScreen)
    await until_there(desk, count)


async def until_there(desk: DeskDriver, count: int) -> None:
    texts = f" Library: {count} text{'s'[: count != 1]} "
    await desk.until(lambda: desk.shows(texts), f"{count} texts")
    if count:
        await desk.until(lambda: bool(label(desk)), "the text")


def rows(desk: DeskDriver) -> list[str]:
    found = desk.screen.query_one("#library-list", OptionList)
    return [str(found.get_option_at_index(n).prompt) for n in range(found.option_count)]


def label(desk: DeskDriver) -> str:
    return _plain(desk, "label")


def _plain(desk: DeskDriver, name: str) -> str:
    return str(desk.screen.query_one(f"#library-{name}", Static).visual)


async def highlight(desk: DeskDriver, text: str) -> None:
    places = [place for place, row in enumerate(rows(desk)) if text in row]
    assert len(places) == 1, rows(desk)
    desk.screen.query_one("#library-list", OptionList).highlighted = places[0]
    await desk.until(lambda: text in _plain(desk, "text"), text)


async def test_it_lists_texts_and_shows_label_verdict_and_text(model_folder: Path) -> None:
    save_sample(" put down his lamp.", seed=9)
    save_draft("mine.txt", "It rained.")
    async with open_desk(model_folder) as desk:
        await show(desk, 2)
        assert any(row.startswith("UNLABELED ") and "It rained." in row for row in rows(desk))
        await highlight(desk, "put down his lamp.")
        title, verdict, caption, whose, *_ = label(desk).splitlines()
        assert title == "the-keeper-put-down-his-lamp-seed9-lane0.md"
        assert verdict == "INTACT: the text fits its label"
        assert caption.startswith("SYNTHETIC · tiny · temperature 0.80 · ")
        assert whose.startswith("The model wrote 19 of the 29 bytes below")
        await highlight(desk, "It rained.")
        assert "UNLABELED: there is no label, which says nothing about who wrote it" in label(desk)


async def test_a_changed_file_says_modified_and_where(model_folder: Path) -> None:
    path = save_sample(" put down his lamp.")
    path.write_bytes(path.read_bytes().replace(b"his lamp", b"the lamp"))
    async with open_desk(model_folder) as desk:
        await show(desk, 1)
        assert "MODIFIED: it was changed after it was labeled; span 2 (machine" in label(desk)
        assert rows(desk)[0].startswith("MODIFIED ")


async def test_it_searches_while_one_types_and_filters(model_folder: Path) -> None:
    save_sample(" put down his lamp.", seed=9)
    save_sample(" slept", seed=8)
    save_draft("mine.txt", "A lamp.")
    async with open_desk(model_folder) as desk:
        await show(desk, 3)
        await desk.press("slash")
        await desk.type("lam")
        await until_there(desk, 2)
        await desk.type(" seed:9")
        await until_there(desk, 1)
        await desk.press("escape")
        await until_there(desk, 3)
        desk.screen.query_one("#library-kind", Select).value = "drafts"
        await until_there(desk, 1)
        desk.screen.query_one("#library-kind", Select).value = "all texts"
        desk.screen.query_one("#library-model", Select).value = "tiny"
        await until_there(desk, 2)
        desk.screen.query_one(Input).value = "zebra"
        await until_there(desk, 0)
        await desk.until_shows("Nothing fits.")


async def test_with_nothing_saved_it_says_how_to_save(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await show(desk, 0)
        await desk.until_shows("Nothing is saved yet.")
        await desk.press("o", "r", "u", "c", "d", "ctrl+z", "x")
        await desk.until_shows("The bin is empty.")
        await desk.press("escape")
        assert isinstance(desk.screen, Desk)


async def test_a_sample_opens_as_a_new_draft_with_its_settings(model_folder: Path) -> None:
    path = save_sample(" put down his lamp.", temperature=0.5, seed=9)
    data = path.read_bytes()
    async with open_desk(model_folder, "What I had.") as desk:
        await desk.type(" More.")
        await desk.until_saved()
        await show(desk, 2)
        await highlight(desk, "put down his lamp.")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.screen, Desk), "the desk")
        assert desk.editor.text == "The keeper put down his lamp."
        assert [span.origin.value for span in desk.editor.authored.spans] == ["human", "machine"]
        assert desk.control(SEED).value == 9
        assert desk.control(TEMPERATURE).value == 0.5
        assert desk.control(LENGTH).value == 120
        await desk.until_said("which is INTACT and stays as it is")
        await desk.until_said("The draft is saved: ")
        # The desk goes on with it: what is typed, written and kept is in the new draft.
        await desk.type("!")
        await desk.generate(seed=3)
        await desk.press("alt+1")
        await desk.until_saved()
    assert path.read_bytes() == data
    drafts = sorted(file.read_text() for file in locations.drafts_folder().glob("*.txt"))
    assert len(drafts) == 2
    assert drafts[1] == " More.What I had." or drafts[1] == "What I had. More."
    assert drafts[0].startswith("The keeper put down his lamp.")


async def test_a_draft_opens_as_itself(model_folder: Path) -> None:
    path = save_draft("mine.txt", "It rained.")
    async with open_desk(model_folder) as desk:
        await desk.generate()
        await show(desk, 1)
        await desk.press("o")
        await desk.until(lambda: isinstance(desk.screen, Desk), "the desk")
        assert desk.panes == []
        await desk.type("No. ")
        await desk.until_saved()
        assert path.read_text() in ("No. It rained.", "It rained.No. ")
        await show(desk, 1)
        await desk.press("o")
        await desk.until_said("It is the draft that is open")
        await desk.press("d")
        await desk.until_said("open another one first")
        assert path.exists()


async def test_only_its_settings_are_taken(model_folder: Path) -> None:
    save_sample(" slept", temperature=0.5, seed=9)
    async with open_desk(model_folder, "Mine") as desk:
        bar = desk.desk.settings_bar
        bar.show(Settings(Sampling(watermark=True), stop=("###",), loop_alarm=True))
        await show(desk, 1)
        await desk.press("u")
        assert desk.control(SEED).value == 9
        assert desk.control(TEMPERATURE).value == 0.5
        assert desk.control(TOP_K).value == 40
        assert desk.editor.text == "Mine"
        # It says what the bar does not show.
        await desk.until_said("its seed is used until Delete on it makes it new again")
        await desk.until_said("Also: no stop texts, loop alarm off, watermark off")
        assert not desk.desk.settings_bar.sampling.watermark
        await desk.press("u")
        await desk.until(lambda: "Also" not in desk.said[-1], "nothing else is new")


async def test_what_is_deleted_comes_back(model_folder: Path) -> None:
    path = save_sample(" slept")
    save_draft("mine.txt", "It rained.")
    async with open_desk(model_folder) as desk:
        await show(desk, 2)
        await highlight(desk, "slept")
        await desk.press("d")
        await until_there(desk, 1)
        assert not path.exists()
        await desk.until_shows("1 in the bin")
        await desk.press("ctrl+z")
        await until_there(desk, 2)
        assert path.exists()
        await highlight(desk, "slept")
        await desk.press("delete")
        await until_there(desk, 1)
        await desk.press("x")
        await desk.until(lambda: "slept" in "".join(rows(desk)), "the bin")
        await desk.until(lambda: "slept" in _plain(desk, "text"), "the text")
        await desk.press("o")
        await desk.until_said("It is in the bin; D brings it back")
        await desk.press("d")
        await desk.until_shows("The bin is empty.")
        assert path.exists()


async def test_a_key_pressed_twice_at_once_deletes_and_brings_back_once(
    model_folder: Path,
) -> None:
    path = save_sample(" slept")
    other = save_draft("mine.txt", "It rained.")
    async with open_desk(model_folder) as desk:
        await show(desk, 2)
        await highlight(desk, "slept")
        for _ in range(2):  # what came back can be deleted again
            await desk.press_at_once("d", "d")
            await until_there(desk, 1)
            assert (path.exists(), other.exists()) == (False, True)
            await desk.press_at_once("ctrl+z", "ctrl+z")
            await until_there(desk, 2)
            assert path.exists()
            await highlight(desk, "slept")
        assert not any("cannot" in said for said in desk.said)


async def test_what_could_not_be_brought_back_can_be_tried_again(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_sample(" slept")
    bring_back = files.bring_back

    def no_room(*_: object) -> Path:
        raise StorageError("there is no room")

    async with open_desk(model_folder) as desk:
        await show(desk, 1)
        await desk.press("d")
        await until_there(desk, 0)
        monkeypatch.setattr(files, "bring_back", no_room)
        await desk.press("ctrl+z")
        await desk.until_said("there is no room")
        monkeypatch.setattr(files, "bring_back", bring_back)
        await desk.press("ctrl+z")
        await until_there(desk, 1)
        assert path.exists()


async def test_a_damaged_sample_of_several_is_not_opened_as_the_first(model_folder: Path) -> None:
    whole = save_sample(" slept", file_format=Format.JSON_LINES)
    other = save_sample(" heard a gull", file_format=Format.JSON_LINES)
    damaged = other.read_text().replace('"lane"', '"lan"')
    other.unlink()
    whole.write_text(whole.read_text() + damaged)
    async with open_desk(model_folder, "Mine") as desk:
        await show(desk, 2)
        place = next(n for n, row in enumerate(rows(desk)) if row.startswith("MALFORMED"))
        desk.screen.query_one("#library-list", OptionList).highlighted = place
        await desk.until(lambda: "MALFORMED" in label(desk), "the damaged one")
        await desk.press("enter")
        await desk.until_said("It cannot be opened by itself: ")
        assert isinstance(desk.screen, LibraryScreen)
        assert desk.editor.text == "Mine"


async def test_copying_says_which_it_was_and_keeps_the_authors(model_folder: Path) -> None:
    save_sample(" slept")
    async with open_desk(model_folder) as desk:
        await show(desk, 1)
        await desk.press("t")
        assert desk.app.clipboard == "The keeper slept"
        await desk.until_said("Copied without its label; say yourself that it is synthetic")
        await desk.press("c")
        assert desk.app.clipboard.startswith("[SYNTHETIC · tiny · temperature 0.80 · ")
        assert desk.app.clipboard.endswith("· lane 0]\n\nThe keeper slept")
        await desk.press("escape", "ctrl+v")
        last = desk.editor.authored.spans[-1]
        assert (last.origin.value, desk.editor.text[last.start :]) == ("machine", " slept")


async def test_hostile_text_is_only_shown(model_folder: Path) -> None:
    save_sample(" [red]a[/] \x1b]0;x\x07 [@click=app.quit]b", seed=9)
    folder = locations.samples_folder()
    (folder / "[bold]\x1b[31m.txt").write_text("\x1b[2J[/]\u202eabc")
    (folder / "binary.md").write_bytes(bytes(range(256)))
    async with open_desk(model_folder) as desk:
        await show(desk, 3)
        drawn = "\n".join(desk.lines())
        assert "[red]a[/] ␛]0;x␇" in drawn
        for row in range(3):
            desk.screen.query_one("#library-list", OptionList).highlighted = row
            await desk.pilot.pause(0.1)
            drawn = "\n".join(desk.lines())
            assert not any(ord(character) < 32 and character != "\n" for character in drawn)
            assert "\u202e" not in drawn


async def test_a_hostile_name_of_a_model_is_only_shown(model_folder: Path) -> None:
    name = "[bold]x[/] [@click=app.quit]y\x1b]0;"
    made = replace(continuation(" slept", PROMPT), maker=replace(MAKER, model=name))
    save(
        [make_sample(AuthoredText.human(PROMPT), made)], locations.samples_folder(), Format.MARKDOWN
    )
    async with open_desk(model_folder) as desk:
        await show(desk, 1)
        shown = "[bold]x[/] [@click=app.quit]y␛]0;"
        assert shown in rows(desk)[0]
        assert f"SYNTHETIC · {shown} · " in label(desk)
        desk.screen.query_one("#library-model", Select).value = name
        await desk.pilot.pause()
        await desk.until_shows("[bold]x[/] [@click")
        await desk.press("escape")
        assert isinstance(desk.screen, Desk)


async def test_a_labeled_file_on_the_command_line_sets_the_desk(
    model_folder: Path, tmp_path: Path
) -> None:
    path = save_sample(" slept", temperature=0.5, seed=9)
    async with open_desk(model_folder, file=path) as desk:
        assert desk.editor.text == "The keeper slept"
        assert desk.control(SEED).value == 9
        await desk.until_said("which is INTACT and stays as it is")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_it_can_be_read_where_there_is_little_room(
    model_folder: Path, size: tuple[int, int]
) -> None:
    save_sample(" slept")
    async with open_desk(model_folder, size=size) as desk:
        await desk.press("f7")
        await desk.until_shows("INTACT: ")
        await desk.until_shows("Library: 1 text")
