"""Stored settings at the desk: what it begins with, the screen that changes them, their keys."""

import re
from pathlib import Path

import pytest
from textual.widgets import Input, Select, Static

from gpt2_tui import locations
from gpt2_tui.preferences import file
from gpt2_tui.preferences.schema import OPTIONS
from gpt2_tui.settings import LENGTH, PANES, SEED, TEMPERATURE, TOP_K, TOP_P, TopPRule
from gpt2_tui.ui.help_screen import HelpScreen
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS
from gpt2_tui.ui.preset_control import PresetControl
from gpt2_tui.ui.presets_screen import PresetsScreen
from gpt2_tui.ui.settings_screen import SettingsScreen
from tests.ui.desk_driver import DeskDriver, open_desk, pane_label


def store(text: str) -> Path:
    path = locations.settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


async def type_in(desk: DeskDriver, field: str, text: str) -> None:
    """Put `text` in place of what stands in a field of the settings screen, by keyboard."""
    desk.screen.query_one(f"#{field}").focus()
    await desk.press("home", "shift+end", "delete")
    await desk.type(text)


def preset_shown(desk: DeskDriver) -> str | None:
    return desk.desk.query_one(PresetControl).preset


async def test_the_desk_begins_with_what_is_stored(model_folder: Path) -> None:
    store(
        "temperature = 0.5\ntop-k = 7\ntop-p = 0.9\ntop-p-rule = 'original'\n"
        "length = 3\npanes = 2\ntheme = 'nord'\n"
    )
    async with open_desk(model_folder, "The keeper") as desk:
        assert desk.app.theme == "nord"
        desk.control(SEED).set_value(7)
        await desk.press("ctrl+g")
        await desk.until_written()
        assert len(desk.panes) == 2
        assert "temp 0.50 · k 7" in pane_label(desk.panes[0])
        assert "p 0.90 (original rule)" in pane_label(desk.panes[0])
        continuation = desk.panes[0].continuation
        assert continuation is not None
        assert continuation.settings.length == 3
        assert continuation.settings.sampling.top_p_rule is TopPRule.ORIGINAL


async def test_what_is_wrong_in_the_file_is_told_once_the_desk_is_open(model_folder: Path) -> None:
    path = store("top-k = -1\ntheme = 'plaid'\nlength = 33\n[keys]\ngenerate = 'g'\nfly = 'f12'\n")
    before = path.read_bytes()
    async with open_desk(model_folder, until_loaded=False) as desk:
        for fault in (
            "top-k must be from 0 to 2^53 - 1, not -1; the default is used",
            "there is no theme plaid; the default is used",
            "[keys] generate: g alone is needed for writing",
            "[keys] there is no action fly",
        ):
            await desk.until_said(f"{path}: {fault}")
        assert desk.control(LENGTH).value == 33
        assert desk.control(TOP_K).value == 40
        desk.app.theme = "textual-light"
        await desk.until_said(f"the theme is not stored; mend {path} first")
    assert path.read_bytes() == before


async def test_the_screen_shows_every_option_and_key_with_its_sentence(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.press("f8")
        assert isinstance(desk.screen, SettingsScreen)
        sentences = [
            str(each.visual) for each in desk.screen.query(".settings-help").results(Static)
        ]
        assert sentences == [
            *(option.help for option in OPTIONS),
            *(key.sentence for key in (*DESK_KEYS, *KEEP_KEYS)),
        ]
        for option in OPTIONS:
            desk.screen.query_one(f"#option-{option.name}", (Input, Select))  # type: ignore[call-overload]


async def test_what_is_saved_counts_at_once_and_the_next_time(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        desk.control(TOP_P).set_value(0.5)
        await desk.press("f8")
        await type_in(desk, "option-temperature", "1.25")
        await type_in(desk, "option-panes", "5")
        desk.screen.query_one("#option-theme", Select).value = "nord"
        await desk.press("ctrl+s")
        assert desk.screen is desk.desk
        await desk.until_said(f"Stored in {locations.settings_file()}")
        assert (desk.control(TEMPERATURE).value, desk.control(PANES).value) == (1.25, 5)
        assert desk.control(TOP_P).value == 0.5  # not touched on the screen
        assert desk.app.theme == "nord"
    stored = file.read()
    assert stored.faults == ()
    assert (stored.preferences.temperature, stored.preferences.panes) == (1.25, 5)
    assert stored.preferences.theme == "nord"
    async with open_desk(model_folder, until_loaded=False) as desk:
        assert desk.control(TEMPERATURE).value == 1.25


async def test_a_wrong_value_is_told_as_it_is_typed_and_is_not_saved(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.press("f8")
        await type_in(desk, "option-temperature", "11")
        await desk.until_shows("✗ temperature must be from 0 to 10, not 11")
        await desk.press("tab", "tab", "ctrl+s")
        assert isinstance(desk.screen, SettingsScreen)
        assert desk.screen.focused is desk.screen.query_one("#option-temperature")
        await desk.press("end", "backspace")
        assert not desk.shows("✗")
        await desk.press("ctrl+r")
        assert desk.screen.query_one("#option-temperature", Input).value == "0.80"
        await desk.press("escape")
    assert not locations.settings_file().exists()


async def test_a_file_with_a_fault_is_left_alone_and_all_is_stored_beside_it(
    model_folder: Path,
) -> None:
    path = store("colour = 'red'\nlength = 33\n")
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.press("f8")
        await type_in(desk, "option-panes", "5")
        await desk.press("ctrl+s")
        beside = path.with_name("settings-2.toml")
        await desk.until_said(f"{path} has a fault and was left alone; all is stored in {beside}")
        assert desk.control(PANES).value == 5
    assert path.read_text() == "colour = 'red'\nlength = 33\n"
    stored = file.read(beside)
    assert (stored.faults, stored.preferences.length, stored.preferences.panes) == ((), 33, 5)


async def test_a_theme_from_the_palette_is_stored(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        desk.app.theme = "gruvbox"
        await desk.pilot.pause()
    assert file.read().preferences.theme == "gruvbox"


# Keys


async def test_changed_keys_work_and_every_text_names_them(model_folder: Path) -> None:
    store(
        "[keys]\ngenerate = 'f12'\nstop = 'alt+s'\nhelp = 'f11'\nkeep-1 = 'alt+a'\n"
        "quit = 'f10'\nhistory = 'ctrl+g'\n"
    )
    async with open_desk(model_folder, size=(100, 40)) as desk:
        await desk.until_shows("press F12: the model goes on")
        await desk.until_shows("Begin with one of these: Alt+A … Alt+9")
        await desk.type("a")
        await desk.until_shows("F12 writes them, Alt+S stops them, Alt+A keeps the first,")
        await desk.until_shows("F11 shows all keys.")
        await desk.press("backspace")
        footer = desk.lines()[-1]
        for shown in ("f12Generate", "alt+sStop", "f11Help", "f10Quit", "alt+aKeep"):
            assert shown in re.sub(r" (?=[A-Z])", "", footer)
        await desk.press("f11")
        assert isinstance(desk.app.screen, HelpScreen)
        for key, sentence in (("F12", "Write continuations"), ("Alt+A … Alt+9", "Keep the text")):
            assert any(key in line and sentence in line for line in desk.lines())
        await desk.press("f11")
        assert desk.screen is desk.desk
        desk.control(LENGTH).set_value(3)
        await desk.press("f12")
        await desk.until_written()
        await desk.press("ctrl+g")
        assert desk.screen is not desk.desk
        await desk.press("ctrl+g", "ctrl+q")  # closes the history; is no key any more
        assert desk.screen is desk.desk
        assert desk.app.is_running
        kept = desk.panes[0].continuation
        assert kept is not None
        await desk.press("alt+a")
        assert desk.editor.text == kept.text
        await desk.press("f10")
        assert not desk.app._exit_renderables
        assert desk.app.farewell is not None


async def test_a_changed_key_opens_and_closes_the_library_and_is_named_there(
    model_folder: Path,
) -> None:
    store("[keys]\nlibrary = 'f12'\nsave-all = 'f10'\ngenerate = 'f11'\n")
    async with open_desk(model_folder, "a", until_loaded=False) as desk:
        await desk.press("ctrl+n")
        await desk.until_said("there is no pane to take from; F11 writes some")
        await desk.open("f12")
        await desk.until_shows("F10 saves all panes")
        await desk.press("f7")
        assert desk.screen is not desk.desk
        await desk.press("f12")
        assert desk.screen is desk.desk


async def test_a_key_changed_on_the_screen_counts_at_once(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.press("f8")
        await type_in(desk, "key-generate", "f6")
        assert "✗ generate and history cannot both have f6" in [
            str(each.visual) for each in desk.screen.query(".-fault").results(Static)
        ]
        await type_in(desk, "key-history", "f12")
        assert not desk.screen.query(".-fault")
        await desk.press("ctrl+s")
        await desk.until_shows("press F6: the model goes on")
        await desk.type("a")
        await desk.until_shows("F6 writes them")
        assert desk.desk.active_bindings["f6"].binding.action == "generate"
        assert desk.desk.active_bindings["f12"].binding.action == "history"
        assert "ctrl+g" not in desk.desk.active_bindings
    assert dict(file.read().preferences.keys) == {"generate": "f6", "history": "f12"}


# Presets


async def test_a_preset_is_one_change_and_is_named_while_it_lasts(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.until_shows("preset ‹usual›")
        await desk.press("f9")
        assert isinstance(desk.screen, PresetsScreen)
        await desk.press("down", "down", "enter")
        await desk.until(lambda: preset_shown(desk) == "GPT-2 paper: top-k 40", "the preset")
        assert (desk.control(TEMPERATURE).value, desk.control(TOP_K).value) == (1.0, 40)
        await desk.until_shows("preset ‹GPT-2 paper: top-k 40›")
        desk.control(TEMPERATURE).focus()
        await desk.press("right")
        assert preset_shown(desk) is None
        await desk.until_shows("preset ‹own›")
        await desk.press("left")
        assert preset_shown(desk) == "GPT-2 paper: top-k 40"


async def test_arrows_on_the_bar_go_through_the_presets(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        desk.desk.query_one(PresetControl).focus()
        seen = []
        for _ in range(4):
            await desk.press("right")
            seen.append(preset_shown(desk))
        assert seen == ["careful", "GPT-2 paper: top-k 40", "wild", "usual"]
        await desk.press("left")
        assert preset_shown(desk) == "wild"
        assert (desk.control(TOP_K).value, desk.control(TOP_P).value) == (0, 0.98)


async def test_the_present_settings_can_be_named_used_and_dropped(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        desk.control(TEMPERATURE).set_value(1.5)
        await desk.press("f9", "n")
        await desk.type("wild")
        await desk.press("enter")
        await desk.until_shows("the program has a preset called wild; choose another name")
        await desk.press("home", "shift+end", "delete")
        await desk.type("mine [b]")
        await desk.press("enter")
        await desk.until(lambda: preset_shown(desk) == "mine [b]", "its name")
        (own,) = file.read().preferences.presets
        assert (own.name, own.sampling.temperature) == ("mine [b]", 1.5)
        desk.control(TEMPERATURE).set_value(0.2)
        await desk.press("f9", "end", "enter")
        await desk.until(lambda: desk.control(TEMPERATURE).value == 1.5, "the preset")
        await desk.press("f9", "home", "delete")
        await desk.until_shows("only presets of your own can be dropped")
        await desk.press("end", "delete")
        await desk.until_shows("Drop the preset mine [b]?")
        await desk.press("n", "delete")
        await desk.until_shows("Drop the preset mine [b]?")
        assert len(file.read().preferences.presets) == 1
        await desk.press("y")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        assert preset_shown(desk) is None
    assert file.read().preferences.presets == ()


async def test_the_palette_offers_a_preset_of_any_name(model_folder: Path) -> None:
    store("[presets.'a [/] [b]b']\ntop-k = 7\n")
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.press("ctrl+p")
        await desk.type("[/]")
        await desk.until_shows("Preset: a [/] ")
        await desk.press("enter", "enter")
        await desk.until(lambda: preset_shown(desk) == "a [/] [b]b", "its settings")
        assert desk.control(TOP_K).value == 7


@pytest.mark.usefixtures("unhurried")
async def test_a_preset_counts_for_the_next_generation(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.begin_endless()
        await desk.press("f9", "down", "enter")
        await desk.until_said("This counts for the next generation")
        assert "temp 0.80" in pane_label(desk.panes[0])
        await desk.press("escape")
        await desk.until_written()
