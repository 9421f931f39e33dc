"""Openings below an empty draft: picked by key or mouse, gone with the first letter, and back."""

from pathlib import Path

import pytest

from gpt2_tui.labels.authorship import Origin
from gpt2_tui.openings import openings
from tests.ui.desk_driver import DeskDriver, open_desk


def offers(desk: DeskDriver) -> bool:
    return desk.shows("Begin with one of these")


def test_there_are_a_dozen_of_bearable_length() -> None:
    texts = openings()
    assert len(set(texts)) == 12
    for text in texts:
        assert 5 <= len(text.split()) <= 20
        assert text.isprintable()
        assert text == text.strip()


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_they_go_with_the_first_letter_and_come_back(
    model_folder: Path, size: tuple[int, int]
) -> None:
    async with open_desk(model_folder, size=size) as desk:
        assert offers(desk)
        await desk.until_shows(openings()[0][:50])
        await desk.until_shows("gpt2-tui models pull gpt2")
        await desk.type("a")
        assert not offers(desk)
        await desk.until_shows("Continuations appear here side by side")
        await desk.press("backspace")
        assert offers(desk)
        await desk.generate()
        assert not offers(desk)
        assert len(desk.panes) == 3


async def test_a_key_begins_with_one_and_undo_takes_it_back(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await desk.press("alt+3")
        assert desk.editor.text == openings()[2]
        # No model wrote it, and the user chose it.
        assert [span.origin for span in desk.editor.authored.spans] == [Origin.HUMAN]
        assert desk.editor.has_focus
        assert desk.editor.cursor == len(desk.editor.text)
        await desk.press("alt+3")
        await desk.until_said("there is no pane 3")
        await desk.press("ctrl+z")
        assert desk.editor.text == ""
        assert offers(desk)


async def test_two_keys_at_once_begin_with_one(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await desk.press_at_once("alt+3", "alt+3")
        await desk.until(lambda: bool(desk.editor.text), "an opening")
        assert desk.editor.text == openings()[2]


async def test_the_mouse_begins_with_one_and_so_does_enter(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        row = next(n for n, line in enumerate(desk.lines()) if openings()[4][:30] in line)
        await desk.pilot.click(offset=(20, row))
        await desk.until(lambda: desk.editor.text == openings()[4], "the opening")
        await desk.press("ctrl+z", "shift+tab", "down", "enter")
        await desk.until(lambda: desk.editor.text in openings(), "an opening")


async def test_another_draft_that_is_empty_has_them_too(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        assert not offers(desk)
        desk.editor.select_all()
        await desk.press("delete")
        assert offers(desk)
