"""A screen over the desk is left once, however fast its keys come; so is nothing below it."""

from pathlib import Path

import pytest

from tests.library.files import save_sample
from tests.ui.desk_driver import DeskDriver, open_desk


async def leave_twice(desk: DeskDriver, opening: str, leaving: str) -> None:
    await desk.open(opening)
    await desk.press_at_once(leaving, leaving)
    await desk.until(lambda: len(desk.app.screen_stack) <= 2, "the screen to be left")


@pytest.mark.parametrize(
    ("opening", "leaving"),
    [
        ("f9", "enter"),
        ("f6", "enter"),
        ("ctrl+b", "escape"),
        ("ctrl+b", "ctrl+b"),
        ("f8", "ctrl+s"),
        ("f1", "enter"),
    ],
)
async def test_a_key_pressed_twice_leaves_the_desk_open(
    model_folder: Path, opening: str, leaving: str
) -> None:
    async with open_desk(model_folder, "The keeper", until_loaded=False) as desk:
        await leave_twice(desk, opening, leaving)
        assert desk.desk in desk.app.screen_stack
        assert desk.app.is_running


async def test_a_text_of_the_library_that_is_opened_twice_is_opened_once(
    model_folder: Path,
) -> None:
    save_sample(" slept")
    async with open_desk(model_folder, "What I had.") as desk:
        await desk.open("f7")
        await desk.until_shows("INTACT: ")
        await desk.press_at_once("enter", "enter")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        assert desk.editor.text == "The keeper slept"
        assert sum("A new draft from" in said for said in desk.said) == 1
