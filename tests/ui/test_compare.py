"""Comparing: rows that share their luck, where they part, and voting blind."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Checkbox, Input, Select, Static

from gpt2_tui.comparisons import Varied, plan, write_variants
from gpt2_tui.continuations import Continuation, Finished
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import AuthoredText, Origin
from gpt2_tui.labels.verdict import Verdict, judge_file
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import LENGTH, SEED, TOP_K, Sampling, Settings
from gpt2_tui.text.visible import visible
from gpt2_tui.ui.compare_pane import ComparePane
from gpt2_tui.ui.compare_screen import CompareScreen
from gpt2_tui.ui.inside_screen import InsideScreen
from gpt2_tui.ui.messages import LaneText, RunEnded, Streamed
from tests.ui.desk_driver import DeskDriver, open_desk
from tests.ui.test_untrusted_text import HOSTILE, assert_harmless

DRAFT = "The keeper"
SETTINGS = Settings(Sampling(0.8, 40), length=12, seed=7)


def compare(desk: DeskDriver) -> CompareScreen:
    assert isinstance(desk.screen, CompareScreen)
    return desk.screen


def rows(desk: DeskDriver) -> list[ComparePane]:
    return compare(desk).panes


def text_of(pane: ComparePane) -> str:
    return str(pane.query_one(".text", Static).visual)


def label_of(pane: ComparePane) -> str:
    return str(pane.query_one(".label", Static).visual)


async def open_compare(desk: DeskDriver, *, length: int = 12, seed: int | None = 7) -> None:
    desk.control(SEED).set_value(seed)
    desk.control(LENGTH).set_value(length)
    await desk.pilot.pause()
    await desk.press("ctrl+t")
    await desk.until(lambda: isinstance(desk.screen, CompareScreen), "the screen")


async def choose(desk: DeskDriver, varied: Varied, values: str) -> None:
    compare(desk).query_one("#varied", Select).value = varied
    await desk.pilot.pause()
    compare(desk).query_one("#values", Input).value = values
    await desk.pilot.pause()


async def until_written(desk: DeskDriver) -> None:
    await desk.until(
        lambda: bool(rows(desk)) and all(pane.continuation is not None for pane in rows(desk)),
        "all rows",
    )
    await desk.until(lambda: not compare(desk)._is_writing, "the end of the run")


async def write(desk: DeskDriver, varied: Varied, values: str) -> None:
    await choose(desk, varied, values)
    await desk.press("ctrl+g")
    await until_written(desk)


def by_the_core(
    model: LoadedModel, varied: Varied, values: str, settings: Settings = SETTINGS
) -> dict[int, Continuation]:
    variants = plan(AuthoredText.human(DRAFT), settings, 0, varied, values)
    events = write_variants(lambda _: model, variants, lambda: False)
    return {event.lane: event.continuation for event in events if isinstance(event, Finished)}


async def test_enter_writes_the_examples_with_the_same_luck(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    expected = by_the_core(loaded_model, Varied.TEMPERATURE, Varied.TEMPERATURE.examples)
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await desk.press("enter")
        await until_written(desk)
        assert [pane.continuation.ids for pane in rows(desk) if pane.continuation] == [
            expected[number].ids for number in range(6)
        ]
        assert [label_of(pane) for pane in rows(desk)] == [
            f"temperature {value}" for value in ("0.00", "0.40", "0.70", "0.90", "1.00", "1.30")
        ]
        title = str(compare(desk).query_one("#title", Static).visual)
        assert title == "Same luck · SYNTHETIC · tiny · top-k 40 · top-p off · seed 7 · lane 0"
        assert all("SYNTHETIC" in str(pane.border_title) for pane in rows(desk))


@pytest.mark.parametrize(
    ("varied", "values", "label"),
    [
        (Varied.TOP_K, "1, off", "top-k off"),
        (Varied.TOP_P, "0.5, 0.9", "top-p 0.90"),
        (Varied.PROMPT, "| saw", "prompt …  saw"),
    ],
)
async def test_one_thing_differs(
    model_folder: Path, loaded_model: LoadedModel, varied: Varied, values: str, label: str
) -> None:
    expected = by_the_core(loaded_model, varied, values)
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await write(desk, varied, values)
        assert label_of(rows(desk)[1]) == label
        for number, pane in enumerate(rows(desk)):
            assert pane.continuation is not None
            assert pane.continuation.ids == expected[number].ids
            assert pane.continuation.prompt == expected[number].prompt


async def test_choosing_what_differs_offers_values(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        values = compare(desk).query_one("#values", Input)
        for varied in (Varied.TOP_P, Varied.PROMPT, Varied.TOP_K, Varied.TEMPERATURE):
            compare(desk).query_one("#varied", Select).value = varied
            await desk.pilot.pause()
            assert values.value == varied.examples
            assert values.has_focus


async def test_shared_beginnings_are_shown_once_and_partings_are_marked(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk, length=30)
        await write(desk, Varied.TOP_K, "off, 100000, 2, 1")
        first, same, narrow, _ = rows(desk)
        whole = "".join(first.pieces)
        assert text_of(same) == f"{len(first.pieces)} tokens as in 1"
        shared = next(
            n for n, (a, b) in enumerate(zip(first.pieces, narrow.pieces, strict=True)) if a != b
        )
        own = visible("".join(narrow.pieces[shared:]))
        plural = "" if shared == 1 else "s"
        opening = f"{shared} token{plural} as in 1 " if shared else ""
        assert text_of(narrow).replace("‹◇4›", "").strip() == f"{opening}◆{own}".strip()
        leaving = visible("".join(first.pieces[:shared])) + "‹◇3"
        assert text_of(first).startswith(leaving)
        first.focus()
        await desk.press("b")
        assert text_of(same) == visible(whole)
        assert text_of(narrow).replace("‹◇4›", "").replace(" ◆", "") == visible(
            "".join(narrow.pieces)
        )
        await desk.press("b")
        assert text_of(same) == f"{len(first.pieces)} tokens as in 1"


async def test_twelve_rows_are_all_reached_at_eighty_columns(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT, size=(80, 24)) as desk:
        await open_compare(desk)
        await write(desk, Varied.TOP_K, ", ".join(map(str, range(1, 13))))
        assert len(rows(desk)) == 12
        assert len({pane.region.x for pane in rows(desk)}) == 3
        assert all(pane.size.width >= 20 and pane.size.height >= 6 for pane in rows(desk))
        for number, pane in enumerate(rows(desk), 1):
            pane.focus()
            await desk.until(partial(desk.shows, f" {number} SYNTHETIC"), f"row {number}")
        await desk.pilot.resize_terminal(40, 12)
        await desk.until(lambda: len({pane.region.x for pane in rows(desk)}) == 1, "one column")


async def test_blind_rows_tell_nothing_until_the_vote(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.SystemRandom.shuffle", lambda _self, order: order.reverse())
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        compare(desk).query_one("#blind", Checkbox).value = True
        await desk.pilot.pause()
        await desk.until_shows("blind: yes")
        await write(desk, Varied.TEMPERATURE, "0.31, 0.72, 1.93")
        assert [str(pane.border_title) for pane in rows(desk)] == [
            "A SYNTHETIC",
            "B SYNTHETIC",
            "C SYNTHETIC",
        ]
        drawn = "\n".join(desk.lines()[2:])
        assert not any(value in drawn for value in ("0.31", "0.72", "1.93"))
        pane = rows(desk)[0]
        pane.focus()
        for key in ("k", "s", "c", "t", "i"):
            await desk.press(key)
        await desk.until_said("vote first (V)")
        assert desk.editor.text == DRAFT
        # What is chosen for the next rows says nothing of these.
        compare(desk).query_one("#varied", Select).value = Varied.TOP_K
        await desk.until(lambda: "40" in compare(desk).query_one("#values", Input).value, "top-k")
        pane.focus()
        await desk.press("v")
        await desk.until_said("You chose A: temperature 1.93")
        assert [label_of(pane) for pane in rows(desk)] == [
            "temperature 1.93",
            "temperature 0.72",
            "temperature 0.31",
        ]
        assert str(pane.border_title) == "A SYNTHETIC ★ yours"
        await desk.press("v")
        await desk.until_said("nothing is hidden here")


async def test_a_row_is_kept_saved_and_copied_as_a_pane_is(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await write(desk, Varied.TEMPERATURE, "0.5, 1.5")
        pane = rows(desk)[1]
        pane.focus()
        await desk.press("s")
        await desk.until_said("Saved with its label")
        path = Path(next(said for said in desk.said if "Saved" in said).partition(": ")[2])
        (judgment,) = judge_file(path.read_bytes())
        assert judgment.verdict is Verdict.INTACT
        assert judgment.record is not None
        (generation,) = judgment.record.generations
        assert (generation.settings.sampling.temperature, generation.lane) == (1.5, 0)
        await desk.press("c")
        await desk.until_said("Copied with its label")
        assert "temperature 1.50" in desk.app.clipboard
        await desk.press("t")
        await desk.until_said("Copied without its label")
        await desk.press("k")
        await desk.until_said("Row 2 is in the draft")
        await desk.press("k")
        await desk.until_said("all of row 2 was taken already")
        assert pane.continuation is not None
        assert desk.editor.text.startswith(DRAFT)
        assert desk.editor.authored.spans[-1].origin is not Origin.HUMAN


async def test_a_row_is_looked_into_and_gone_on_from(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await write(desk, Varied.PROMPT, "| saw")
        rows(desk)[1].focus()
        await desk.press("i")
        await desk.until(lambda: isinstance(desk.screen, InsideScreen), "the inside")
        await desk.until_shows(" impossible, ")
        screen = desk.screen
        assert isinstance(screen, InsideScreen)
        (picked,) = loaded_model.tokenizer.encode("Q")
        screen.panel.post_message(screen.panel.Picked(picked))
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        await desk.until_written()
        assert desk.editor.text == f"{DRAFT} sawQ"
        assert desk.panes[0].continuation is not None
        assert desk.panes[0].continuation.prompt_ids[-1] == picked


async def test_a_row_of_another_prompt_is_kept_with_the_end_of_that_prompt(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    made = by_the_core(loaded_model, Varied.PROMPT, "| saw")[1]
    async with open_desk(model_folder, f"{DRAFT}, the end") as desk:
        desk.editor.move_cursor((0, len(DRAFT)))
        await open_compare(desk)
        await write(desk, Varied.PROMPT, "| saw")
        rows(desk)[1].focus()
        await desk.press("k")
        await desk.until_said("Row 2 is in the draft")
        authored = desk.editor.authored
        parts = [(authored.text[each.start : each.end], each.origin) for each in authored.spans]
        assert parts[0] == (f"{DRAFT} saw", Origin.HUMAN)
        assert parts[1][1] is not Origin.HUMAN
        assert len(parts[1][0]) == len(made.text)
        assert parts[2] == (", the end", Origin.HUMAN)
        await desk.press("escape", "ctrl+z")
        assert desk.editor.text == f"{DRAFT}, the end"


@pytest.mark.parametrize(
    ("values", "fault"),
    [("0.5", "2 to 12 values"), ("0.5, hot", "must be a number"), ("0.5, 99", "from 0 to 10")],
)
async def test_values_that_cannot_be_are_refused(
    model_folder: Path, values: str, fault: str
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await choose(desk, Varied.TEMPERATURE, values)
        await desk.press("ctrl+g")
        await desk.until_said(fault)
        assert rows(desk) == []
        # Nor has the seed moved on without any row.
        await desk.press("ctrl+r")
        await write(desk, Varied.TEMPERATURE, "0.5, 1")
        await desk.until_shows("seed 7")


async def test_the_next_seed_writes_again(model_folder: Path, loaded_model: LoadedModel) -> None:
    settings = Settings(SETTINGS.sampling, SETTINGS.length, seed=8)
    expected = by_the_core(loaded_model, Varied.TOP_K, "2, off", settings)
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await write(desk, Varied.TOP_K, "2, off")
        await desk.press("ctrl+r")
        await desk.until_shows("seed 8")
        await until_written(desk)
        found = {pane.number: pane.continuation for pane in rows(desk)}
        assert {n: one.ids for n, one in found.items() if one} == {
            n: one.ids for n, one in expected.items()
        }


async def test_escape_stops_every_row_and_then_leaves(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        desk.control(TOP_K).set_value(3)
        await open_compare(desk, length=1_000_000)
        await choose(desk, Varied.TEMPERATURE, "0.5, 0.6, 0.7")
        await desk.press("ctrl+g")
        await desk.until(lambda: all(pane.pieces for pane in rows(desk)), "some text")
        rows(desk)[0].focus()
        await desk.press("k")
        await desk.until_said("row 1: still being written; Esc stops it")
        await desk.press("escape")
        await until_written(desk)
        reasons = {pane.continuation.stop_reason for pane in rows(desk) if pane.continuation}
        assert reasons <= {StopReason.STOPPED, StopReason.END_OF_TEXT, StopReason.LOOP}
        assert len(rows(desk)) == 3
        await desk.press("escape")
        assert desk.screen is desk.desk


async def test_enter_and_the_key_at_once_leave_the_rows_of_one_run(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await choose(desk, Varied.TOP_K, "2, off")
        await desk.press_at_once("enter", "ctrl+g", "enter", "ctrl+g")
        await until_written(desk)
        assert [pane.number for pane in rows(desk)] == [0, 1]


async def test_what_still_comes_while_its_rows_go_is_dropped(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await write(desk, Varied.TOP_K, "2, off")
        screen, box = compare(desk), compare(desk).query_one("#rows")
        remove = box.remove_children

        async def while_they_go() -> None:
            await remove()
            screen.post_message(Streamed(0, {0: LaneText(("ghost",), 9, 1.0)}))
            await asyncio.sleep(0.05)  # in which the screen takes it

        monkeypatch.setattr(box, "remove_children", while_they_go)
        await desk.press("ctrl+r")
        await until_written(desk)
        assert [pane.number for pane in rows(desk)] == [0, 1]
        assert "ghost" not in "".join(text_of(pane) for pane in rows(desk))


async def test_messages_of_an_earlier_run_are_dropped(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await write(desk, Varied.TOP_K, "2, off")
        await desk.press("ctrl+r")
        await until_written(desk)
        before = [list(pane.pieces) for pane in rows(desk)]
        compare(desk).post_message(Streamed(0, {0: LaneText(("ghost",), 9, 1.0)}))
        compare(desk).post_message(RunEnded(0, "ghost"))
        await desk.pilot.pause()
        assert [list(pane.pieces) for pane in rows(desk)] == before
        assert desk.said == []


async def test_hostile_prompts_do_nothing(model_folder: Path) -> None:
    async with open_desk(model_folder, HOSTILE, size=(80, 24)) as desk:
        await open_compare(desk)
        await write(desk, Varied.PROMPT, f"|{HOSTILE}")
        assert_harmless(desk)
        rows(desk)[1].focus()
        await desk.press("s")
        await desk.until_said("Saved with its label")
        assert_harmless(desk)


async def test_an_empty_draft_is_compared_from_nothing(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await open_compare(desk)
        await write(desk, Varied.TEMPERATURE, "0.5, 1")
        assert all(pane.continuation is not None for pane in rows(desk))
