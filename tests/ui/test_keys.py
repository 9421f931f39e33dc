"""One table of keys feeds the bindings, the footer, the help screen and the palette."""

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import Static
from textual.widgets._footer import FooterKey

from gpt2_tui.settings import LENGTH, PANES, SEED, TEMPERATURE, TOP_K, TOP_P
from gpt2_tui.ui.app import DeskApp
from gpt2_tui.ui.desk import Desk
from gpt2_tui.ui.help_screen import HelpScreen
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS, PANE_KEYS_HELP, Key, key_name
from tests.ui.desk_driver import open_desk

ALL_KEYS = (*DESK_KEYS, *KEEP_KEYS)


@pytest.mark.parametrize("key", ALL_KEYS, ids=lambda key: key.keys)
def test_every_key_has_a_working_action(key: Key) -> None:
    name = key.action.partition("(")[0]
    owner, method = (DeskApp, name[4:]) if name.startswith("app.") else (Desk, name)
    assert callable(getattr(owner, f"action_{method}"))


async def test_every_key_is_bound_on_the_desk(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        bound = desk.screen.active_bindings
        for key in ALL_KEYS:
            assert bound[key.keys].binding.action == key.action
            assert bound[key.keys].enabled


def test_no_key_and_no_action_is_listed_twice() -> None:
    assert len({key.keys for key in ALL_KEYS}) == len(ALL_KEYS)
    assert len({key.action for key in ALL_KEYS}) == len(ALL_KEYS)


async def test_the_help_screen_lists_every_key_and_every_setting(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False, size=(120, 60)) as desk:
        await desk.press("f1")
        assert isinstance(desk.screen, HelpScreen)
        lines = desk.lines()

        def stand_on_one_line(name: str, sentence: str) -> bool:
            return any(name in line and sentence in line for line in lines)

        for key in DESK_KEYS:
            assert stand_on_one_line(key_name(desk.desk, key.name), key.sentence)
        assert stand_on_one_line("Alt+1 … Alt+9", "Keep the text of that pane in the draft")
        assert [key.keys for key in KEEP_KEYS] == [f"alt+{number}" for number in range(1, 10)]
        for name, sentence in PANE_KEYS_HELP:
            assert stand_on_one_line(name, sentence)
        for field in (TEMPERATURE, TOP_K, TOP_P, LENGTH, SEED, PANES):
            assert stand_on_one_line(field.label, field.help[:40])


@pytest.mark.parametrize("key", ["escape", "f1", "q", "enter"])
async def test_help_closes_and_the_draft_has_the_keys_again(model_folder: Path, key: str) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.press("f1", key, "x")
        assert desk.screen is desk.desk
        assert desk.editor.text == "x"


async def test_the_palette_offers_every_action(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        commands = list(desk.app.get_system_commands(desk.screen))
        presets = [f"Preset: {preset.name}" for preset in desk.desk.settings_bar.presets]
        titles = [command.title for command in commands]
        assert titles == [*(key.word for key in ALL_KEYS), *presets, "Theme"]


async def test_the_palette_runs_an_action(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await desk.press("ctrl+p")
        assert isinstance(desk.screen, CommandPalette)
        await desk.type("Generate")
        await desk.until_shows("Write continuations")
        await desk.press("enter", "enter")
        await desk.until(lambda: bool(desk.panes), "panes")
        await desk.press("escape")
        await desk.until_written()


async def test_the_footer_shows_the_keys_at_eighty_columns(model_folder: Path) -> None:
    async with open_desk(model_folder, size=(80, 24), until_loaded=False) as desk:
        footer = desk.lines()[-1]
        for key in DESK_KEYS:
            assert (key.word in footer) == key.in_footer
        assert len(desk.screen.query(FooterKey)) > 0


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
async def test_marks_and_kept_text_can_be_told_in_dark_and_light(
    model_folder: Path, theme: str
) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        desk.app.theme = theme
        await desk.generate()
        pane = desk.panes[0]
        label = pane.query_one(".label", Static)
        background, foreground = label.colors[1].rgb, label.colors[3].rgb
        assert background != foreground
        await desk.until_shows("SYNTHETIC")


@pytest.mark.parametrize(
    "name",
    [
        "history",
        "inspect",
        "compare",
        "sight",
        "models",
        "library",
        "presets",
        "preferences",
        "stopping",
        "help",
    ],
)
async def test_what_a_key_opens_over_the_desk_it_closes(model_folder: Path, name: str) -> None:
    key = next(key.keys for key in DESK_KEYS if key.name == name)
    async with open_desk(model_folder, draft="It was a dark night. " * 3) as desk:
        await desk.press(key)
        assert desk.screen is not desk.desk
        await desk.press(key)
        assert desk.screen is desk.desk
