"""Generating at the desk: panes that stream, finish, stop, and say how they were made."""

import re
from pathlib import Path

import pytest

from gpt2_tui.continuations import Continuation, Finished, Request, write
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import LENGTH, PANES, SEED, TEMPERATURE, TOP_K, Sampling, Settings
from gpt2_tui.text.visible import visible
from gpt2_tui.ui.messages import Streamed
from tests.ui.desk_driver import open_desk, pane_label, pane_state, pane_text

PARAGRAPHS = "A boat.\n\nNobody in it.\n\nThen"


def written_by_the_core(
    model: LoadedModel, prompt: str, settings: Settings, lanes: int
) -> list[Continuation]:
    """What `gpt2-tui sample` writes: it reads the same iterator."""
    request = Request(prompt, settings, tuple(range(lanes)))
    found = [event.continuation for event in write(model, request) if isinstance(event, Finished)]
    return sorted(found, key=lambda each: each.lane)


async def test_typed_paragraphs_give_three_panes_that_stream_and_finish(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    async with open_desk(model_folder) as desk:
        await desk.type(PARAGRAPHS)
        assert desk.editor.text == PARAGRAPHS
        await desk.generate(seed=7, length=40)
        streamed = [message for message in desk.heard if isinstance(message, Streamed)]
        assert len({id(message) for message in streamed}) > 1
        expected = written_by_the_core(
            loaded_model, PARAGRAPHS, Settings(length=40, seed=7), lanes=3
        )
        assert [pane_text(pane) for pane in desk.panes] == [visible(one.text) for one in expected]


async def test_the_desk_writes_what_the_core_writes_for_any_settings(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        desk.control(TEMPERATURE).set_value(1.35)
        desk.control(TOP_K).set_value(0)
        desk.control(PANES).set_value(2)
        await desk.generate(seed=123, length=90)  # past the window of 64
        settings = Settings(Sampling(temperature=1.35, top_k=0), length=90, seed=123)
        for pane, one in zip(
            desk.panes,
            written_by_the_core(loaded_model, "The keeper", settings, lanes=2),
            strict=True,
        ):
            assert pane.continuation is not None
            assert pane.continuation.ids == one.ids
            assert pane_text(pane) == visible(one.text)


async def test_every_pane_shows_its_label_its_stop_reason_and_its_speed(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, "The keeper", size=(80, 24)) as desk:
        await desk.generate(seed=7)
        for lane, pane in enumerate(desk.panes):
            assert str(pane.border_title) == f"{lane + 1} SYNTHETIC"
            assert pane_label(pane) == (
                f"SYNTHETIC · tiny · temp 0.80 · k 40 · p off · seed 7 · lane {lane}"
            )
            assert re.fullmatch(r"(length|end of text) · \d+/s", pane_state(pane))
        await desk.until_shows("SYNTHETIC")
        assert all(desk.shows(pane_state(pane)) for pane in desk.panes)


async def test_a_wide_pane_spells_its_settings_and_its_state_out(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper", size=(200, 50)) as desk:
        await desk.generate(seed=7)
        pane = desk.panes[0]
        assert "temperature 0.80 · top-k 40 · top-p off" in pane_label(pane)
        assert re.fullmatch(r"(length|end of text) · \d+ tokens · \d+ tok/s", pane_state(pane))


@pytest.mark.usefixtures("unhurried")
async def test_escape_stops_every_lane_and_keeps_what_was_written(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        desk.control(TOP_K).set_value(3)
        await desk.begin_endless()
        await desk.press("escape")
        await desk.until_written()
        for pane in desk.panes:
            assert pane.continuation is not None
            assert pane.continuation.stop_reason is StopReason.STOPPED
            assert pane_text(pane) == visible(pane.continuation.text) != ""
            assert pane_state(pane).startswith("stopped · ")
        assert not desk.desk.status.activity


async def test_retry_writes_again_with_the_next_seed(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.generate(seed=41)
        first = [pane_text(pane) for pane in desk.panes]
        await desk.press("ctrl+r")
        await desk.until(lambda: "seed 42" in pane_label(desk.panes[0]), "the next seed")
        await desk.until_written()
        assert [pane_text(pane) for pane in desk.panes] != first
        assert desk.control(SEED).value == 42


@pytest.mark.usefixtures("unhurried")
async def test_retry_while_it_writes_uses_the_next_seed_at_once(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.begin_endless()
        await desk.press("ctrl+r")
        await desk.until(lambda: "seed 8" in pane_label(desk.panes[0]), "the next seed")
        assert "This counts for the next generation" not in desk.said
        await desk.press("escape")
        await desk.until_written()


async def test_a_seed_that_was_not_set_is_drawn_and_shown(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpt2_tui.ui.settings_bar.fresh_seed", lambda: 555)
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.generate(seed=None)
        assert "seed 555" in pane_label(desk.panes[0])
        await desk.press("ctrl+r")
        await desk.until_written()
        assert "seed 556" in pane_label(desk.panes[0])
        assert desk.control(SEED).value is None


async def test_retry_uses_a_seed_that_was_set_since_and_then_the_next(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.generate(seed=41, length=5)
        desk.control(SEED).set_value(7)
        for seed in (7, 8):
            await desk.press("ctrl+r")
            await desk.until(lambda seed=seed: f"seed {seed}" in pane_label(desk.panes[0]), "it")  # type: ignore[misc]
            await desk.until_written()
            assert desk.control(SEED).value == seed


async def test_retry_without_a_run_generates(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        desk.control(LENGTH).set_value(5)
        await desk.press("ctrl+r")
        await desk.until_written()
        assert len(desk.panes) == 3


async def test_an_empty_draft_is_written_on_from_nothing(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    async with open_desk(model_folder) as desk:
        await desk.generate(seed=7)
        pane = desk.panes[0]
        assert pane.continuation is not None
        assert pane.continuation.prompt == ""
        assert pane.continuation.prompt_ids == (loaded_model.tokenizer.end_of_text,)


async def test_generating_before_the_model_is_there_waits_for_it(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper", until_loaded=False) as desk:
        desk.control(LENGTH).set_value(5)
        await desk.press("ctrl+g")
        await desk.until_written()
        assert "tiny" in pane_label(desk.panes[0])
        assert all(pane.continuation is not None for pane in desk.panes)


async def test_the_status_line_says_how_much_of_the_window_is_used(model_folder: Path) -> None:
    async with open_desk(model_folder, "xyz") as desk:
        await desk.until_shows("window 3/64")
        await desk.until_shows("tiny · fp32 · CPU")
        desk.editor.insert("!" * 97)
        await desk.until_shows("window 32/64, 68 cut")


async def test_a_run_counts_in_the_window_even_if_the_draft_changed_since(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, "xyz") as desk:
        await desk.generate()
        await desk.type("q")
        await desk.until_shows("window 4/64")
