"""What ends a pane, chosen at the desk; and a pane that goes in a circle."""

from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.engine.loop_alarm import loop_start
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.preferences.file import read
from gpt2_tui.settings import TEMPERATURE, Stopping
from gpt2_tui.ui.stopping_screen import StoppingScreen
from tests.ui.desk_driver import open_desk, pane_state


async def test_what_is_chosen_counts_for_the_next_generation(model_folder: Path) -> None:
    async with open_desk(model_folder, "The cat") as desk:
        await desk.press("ctrl+b")
        assert isinstance(desk.screen, StoppingScreen)
        await desk.press("space", "tab", "space", "tab", "space", "tab")
        await desk.type("###\n\\n\n\\\\n\n")
        await desk.press("escape")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        stopping = Stopping(("###", "\n", "\\n"), 60, keep_going=True, loop_alarm=False)
        assert desk.desk.settings_bar.stopping == stopping
        await desk.generate()
        made = desk.panes[0].continuation
        assert made is not None
        settings = made.settings
        assert settings.stop == stopping.stop
        assert (settings.finish_sentence, settings.keep_going, settings.loop_alarm) == (
            60,
            True,
            False,
        )
        # It opens with what was chosen.
        await desk.press("ctrl+b", "ctrl+b")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        assert desk.desk.settings_bar.stopping == stopping


async def test_what_is_chosen_is_kept_for_the_next_start(model_folder: Path) -> None:
    async with open_desk(model_folder, "The cat") as desk:
        await desk.press("ctrl+b")
        await desk.press("space", "tab", "space", "tab", "tab")
        await desk.type("The end")
        await desk.press("escape")
        await desk.until_said("Stored in ")
    async with open_desk(model_folder, "The cat") as desk:
        stopping = Stopping(("The end",), 60, loop_alarm=False)
        assert desk.desk.settings_bar.stopping == stopping
        await desk.press("ctrl+b", "space", "escape")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
    assert read().preferences.stopping == Stopping(("The end",), loop_alarm=False)


async def test_what_was_not_changed_is_not_stored(model_folder: Path) -> None:
    async with open_desk(model_folder, "The cat") as desk:
        await desk.press("ctrl+b", "escape")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        assert not locations.settings_file().exists()


async def test_stop_texts_that_no_editor_can_hold_stay_as_they_are(model_folder: Path) -> None:
    stopping = Stopping(("a\rb", "\u2028", "\\r\r\n"))
    async with open_desk(model_folder, "The cat") as desk:
        desk.desk.settings_bar.stopping = stopping
        await desk.press("ctrl+b", "escape")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        assert desk.desk.settings_bar.stopping == stopping
        assert not locations.settings_file().exists()
        await desk.press("ctrl+b", *["tab"] * 3, "ctrl+home")
        await desk.type("x\n")
        await desk.press("escape")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        assert desk.desk.settings_bar.stopping.stop == ("x", *stopping.stop)


@pytest.mark.parametrize("draft", ["The sea", "The sea in the middle"])
async def test_a_pane_in_a_circle_ends_alone_and_goes_on_from_before_it(
    model_folder: Path, draft: str
) -> None:
    async with open_desk(model_folder, draft) as desk:
        desk.editor.move_cursor((0, len("The sea")))
        desk.control(TEMPERATURE).set_value(0)
        await desk.generate(seed=7, length=400)
        pane = desk.panes[0]
        made = pane.continuation
        assert made is not None
        assert made.stop_reason is StopReason.LOOP
        assert pane_state(pane).startswith("loop · G goes on")
        start = loop_start(made.ids)
        assert start is not None
        desk.control(TEMPERATURE).set_value(0.8)
        pane.focus()
        await desk.press("g")
        await desk.until(lambda: desk.panes[0] is not pane, "new panes")
        await desk.until_written()
        new = desk.panes[0].continuation
        assert new is not None
        assert new.settings.seed == 8
        before = new.prompt.removeprefix("The sea")
        assert made.text.startswith(before)
        assert 0 < len(before) < len(made.text)
        assert desk.editor.text == "The sea" + before + draft.removeprefix("The sea")
        assert desk.editor.authored.spans[1].origin is not Origin.HUMAN


async def test_a_pane_that_ended_otherwise_has_no_loop_to_go_on_from(model_folder: Path) -> None:
    async with open_desk(model_folder, "The cat") as desk:
        await desk.generate(length=5)
        desk.panes[0].focus()
        await desk.press("g")
        await desk.until_said("pane 1 did not go in a circle")
        assert desk.editor.text == "The cat"
