"""The settings: changed by keys and by mouse, also while the desk writes."""

from pathlib import Path

import pytest
from textual.events import MouseScrollDown, MouseScrollUp

from gpt2_tui.settings import (
    LENGTH,
    PANES,
    SEED,
    TEMPERATURE,
    TOP_K,
    TOP_P,
    NumberField,
)
from gpt2_tui.ui.number_control import NumberControl
from tests.ui.desk_driver import DeskDriver, open_desk, pane_label

FIELDS = (TEMPERATURE, TOP_K, TOP_P, LENGTH, SEED, PANES)


async def focus(desk: DeskDriver, field: NumberField) -> NumberControl:
    """Go to a setting by keyboard."""
    await desk.press("f2", *["tab"] * FIELDS.index(field))
    control = desk.control(field)
    assert desk.screen.focused is control
    return control


@pytest.mark.parametrize(
    ("field", "more", "less"),
    [
        (TEMPERATURE, 0.85, 0.8),
        (TOP_K, 45, 40),
        (LENGTH, 140, 120),
        (PANES, 4, 3),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_arrow_keys_step_a_setting_up_and_down(
    model_folder: Path, field: NumberField, more: float, less: float
) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        control = await focus(desk, field)
        await desk.press("right")
        assert control.value == more
        await desk.press("left")
        assert control.value == less
        await desk.press("up")
        assert control.value == more
        await desk.press("down")
        assert control.value == less
        await desk.until_shows(f"‹{field.format(less)}›")


async def test_top_p_steps_down_from_off(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        control = await focus(desk, TOP_P)
        await desk.press("right")
        assert control.value == 1
        await desk.press("left")
        assert control.value == 0.95


async def test_digits_and_enter_set_a_value(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        control = await focus(desk, TEMPERATURE)
        await desk.press("1", ".", "2", "5")
        await desk.until_shows("1.25▏")
        assert control.value == TEMPERATURE.default
        await desk.press("enter")
        assert control.value == 1.25
        await desk.until_shows("‹1.25›")


async def test_backspace_rubs_out_and_leaving_the_setting_takes_what_was_typed(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        control = await focus(desk, SEED)
        await desk.press("4", "3", "backspace", "2", "tab")
        assert control.value == 42


async def test_a_key_that_writes_takes_what_is_being_typed(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        desk.control(LENGTH).set_value(5)
        await focus(desk, TEMPERATURE)
        await desk.press("1", ".", "2", "ctrl+g")
        await desk.until_written()
        assert "temp 1.20" in pane_label(desk.panes[0])
        await focus(desk, SEED)
        await desk.press("5", "0", "ctrl+r")
        await desk.until(lambda: "seed 50" in pane_label(desk.panes[0]), "the seed that was typed")
        await desk.until_written()
        assert "This counts for the next generation" not in desk.said


@pytest.mark.parametrize(
    ("key", "shown"), [("ctrl+t", "top-k 17"), ("f4", "‹17›"), ("f9", "Presets")]
)
async def test_a_screen_over_the_desk_is_opened_with_what_is_being_typed(
    model_folder: Path, key: str, shown: str
) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        control = await focus(desk, TOP_K)
        await desk.press("1", "7")
        await desk.open(key)
        assert control.value == 17
        await desk.until_shows(shown)


async def test_what_cannot_be_is_refused_by_a_key_that_writes(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        desk.control(LENGTH).set_value(5)
        control = await focus(desk, TEMPERATURE)
        await desk.press("9", "9", "ctrl+g")
        await desk.until_said("temperature must be from 0 to 10, not 99")
        await desk.until_written()
        assert "temp 0.80" in pane_label(desk.panes[0])
        assert (control.typed, control.value) == ("", 0.8)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        (TEMPERATURE, "11", "temperature must be from 0 to 10, not 11"),
        (TEMPERATURE, "1..2", "temperature must be a number, not '1..2'"),
        (TOP_K, "3.5", "top-k must be a whole number, not '3.5'"),
        (TOP_P, "0", "top-p must be above 0, up to 1, not 0"),
        (LENGTH, "0", "length must be from 1 to"),
        (SEED, "9007199254740992", "seed must be from 0 to 2^53 - 1"),
        (PANES, "13", "panes must be from 1 to 12, not 13"),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
async def test_a_bad_value_is_refused_with_a_message_and_the_old_one_stays(
    model_folder: Path, field: NumberField, typed: str, said: str
) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        control = await focus(desk, field)
        before = control.value
        await desk.press(*typed, "enter")
        await desk.until_said(said)
        assert control.value == before
        assert control.typed == ""


@pytest.mark.usefixtures("unhurried")
async def test_escape_cancels_typing_and_then_belongs_to_the_desk(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.begin_endless()
        control = await focus(desk, TOP_K)
        await desk.press("7", "escape")
        assert (control.typed, control.value) == ("", 40)
        assert desk.desk.is_writing
        await desk.press("escape")
        await desk.until_written()


async def test_delete_resets_a_setting(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        control = await focus(desk, TEMPERATURE)
        await desk.press("right", "right", "delete")
        assert control.value == TEMPERATURE.default
        seed = await focus(desk, SEED)
        await desk.press("8", "enter")
        assert seed.value == 8
        await desk.press("delete")
        assert seed.value is None
        await desk.until_shows("seed ‹new›")


async def test_clicks_on_the_arrows_step_a_setting(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        control = desk.control(TEMPERATURE)
        text = str(control.render())
        await desk.pilot.click(control, offset=(text.index("›"), 0))
        assert control.value == 0.85
        await desk.pilot.click(control, offset=(text.index("‹"), 0))
        await desk.pilot.click(control, offset=(text.index("‹"), 0))
        assert control.value == 0.75
        await desk.pilot.click(control, offset=(1, 0))
        assert control.value == 0.75
        assert desk.screen.focused is control


async def test_the_wheel_steps_the_setting_under_the_pointer(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        control = desk.control(LENGTH)
        for event, value in ((MouseScrollUp, 140), (MouseScrollDown, 120)):
            await desk.pilot._post_mouse_events([event], control)
            await desk.pilot.pause()
            assert control.value == value


@pytest.mark.usefixtures("unhurried")
async def test_settings_changed_while_it_writes_count_for_the_next_run(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        desk.control(TOP_K).set_value(3)
        await desk.begin_endless()
        labels = [pane_label(pane) for pane in desk.panes]
        await focus(desk, TEMPERATURE)
        await desk.press("right")
        panes = desk.control(PANES)
        await desk.pilot.click(panes, offset=(str(panes.render()).index("‹"), 0))
        await desk.until_said("This counts for the next generation")
        assert [pane_label(pane) for pane in desk.panes] == labels
        assert "temp 0.80 · k 3 · p off · seed 7" in labels[0]
        assert desk.desk.is_writing
        await desk.press("escape")
        await desk.until_written()
        await desk.generate(seed=8)
        assert len(desk.panes) == 2
        assert "temp 0.85 · k 3 · p off · seed 8" in pane_label(desk.panes[0])


async def test_every_setting_can_be_reached_at_forty_columns(model_folder: Path) -> None:
    async with open_desk(model_folder, size=(40, 12), until_loaded=False) as desk:
        for field in FIELDS:
            control = await focus(desk, field)
            bar = desk.desk.settings_bar.region
            await desk.until(
                lambda bar=bar, control=control: bar.contains_region(control.region),  # type: ignore[misc]
                f"{field.name} in sight",
            )
