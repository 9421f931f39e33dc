"""What goes wrong while the desk is open is a message; the desk goes on."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from gpt2_tui import continuations
from gpt2_tui.drafts.opening import open_unnamed
from gpt2_tui.errors import ModelError
from gpt2_tui.text.visible import visible
from gpt2_tui.ui.app import DeskApp, Opening
from gpt2_tui.ui.messages import LaneFinished, LaneText, RunEnded, Streamed
from tests.models import spoil
from tests.ui.desk_driver import DeskDriver, open_desk, pane_state, pane_text
from tests.ui.prepared_writing import write_instead


async def shows_fault_and_goes_on(desk: DeskDriver, fault: str) -> None:
    await desk.until_said(fault)
    await desk.until_shows("no model")
    await desk.type("Rain")
    assert desk.editor.text == "Rain"
    await desk.press("ctrl+g")
    await desk.until_said("the model is not loaded")
    assert not desk.desk.is_writing
    assert all(pane_state(pane) == "broke off" for pane in desk.panes)
    await desk.press("alt+1", "ctrl+s", "escape", "f3")
    await desk.until_said("The draft is saved: ")


async def test_a_missing_model_is_a_message_and_the_desk_goes_on(tmp_path: Path) -> None:
    async with open_desk(tmp_path / "nowhere", until_loaded=False) as desk:
        await shows_fault_and_goes_on(desk, "nowhere")


async def test_an_altered_model_is_a_message_and_the_desk_goes_on(
    model_folder: Path, tmp_path: Path
) -> None:
    altered = spoil.copy_of(model_folder, tmp_path / "altered")
    spoil.flip_a_byte(altered / spoil.WEIGHTS)
    async with open_desk(altered, until_loaded=False) as desk:
        await shows_fault_and_goes_on(desk, "model.onnx.data")


async def test_a_model_that_was_mended_is_loaded_at_the_next_try(
    model_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "late"
    async with open_desk(folder, "The keeper", until_loaded=False) as desk:
        await desk.until_said("late")
        spoil.copy_of(model_folder, folder)
        await desk.generate()
        assert all(pane.continuation is not None for pane in desk.panes)


async def test_a_run_that_breaks_off_says_why_and_the_next_one_works(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Iterator[continuations.Event]:
        raise ModelError("the graph is torn")
        yield

    write = continuations.write
    async with open_desk(model_folder, "The keeper") as desk:
        monkeypatch.setattr(continuations, "write", broken)
        await desk.generate()
        await desk.until_said("the graph is torn")
        assert {pane_state(pane) for pane in desk.panes} == {"broke off"}
        await desk.press("alt+1")
        await desk.until_said("pane 1 broke off")
        monkeypatch.setattr(continuations, "write", write)
        await desk.generate()
        assert all(pane.continuation is not None for pane in desk.panes)


async def test_messages_of_an_earlier_run_are_dropped(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_instead(monkeypatch, "the text")
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.generate(seed=1)
        await desk.generate(seed=2)
        continuation = desk.panes[0].continuation
        assert continuation is not None
        stale = 0
        desk.desk.post_message(Streamed(stale, {0: LaneText(("ghost",), 9, 1.0)}))
        desk.desk.post_message(LaneFinished(stale, 1, "ghost", continuation))
        desk.desk.post_message(RunEnded(stale, "ghost"))
        await desk.pilot.pause()
        assert {pane_text(pane) for pane in desk.panes} == {"the text"}
        assert desk.panes[1].continuation is not continuation
        assert desk.said == []


@pytest.mark.usefixtures("unhurried")
async def test_generating_twice_at_once_shows_the_second_run_alone(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.begin_endless()
        await desk.generate(seed=2, length=5)
        shown = [pane_text(pane) for pane in desk.panes]
        ended = {m.run for m in desk.heard if isinstance(m, RunEnded)}
        assert ended == {0, 1}
        for pane, text in zip(desk.panes, shown, strict=True):
            assert pane.continuation is not None
            assert pane.continuation.settings.seed == 2
            assert text == visible(pane.continuation.text)


async def test_many_runs_in_quick_succession_leave_the_last(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_instead(monkeypatch, "the text")
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.press(*["ctrl+r"] * 8)
        await desk.until_written()
        await desk.until(lambda: all(p.continuation for p in desk.panes), "the last run")
        assert {pane_text(pane) for pane in desk.panes} == {"the text"}


async def test_runs_that_are_asked_for_at_once_leave_the_panes_of_one(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_instead(monkeypatch, "the text")
    async with open_desk(model_folder, "The keeper") as desk:
        # A key of the desk and one of a pane are not handled one after the other.
        await asyncio.gather(*(desk.desk.run_action(name) for name in ("generate", "retry")))
        await desk.until_written()
        assert [pane.number for pane in desk.panes] == [1, 2, 3]
        assert {pane_text(pane) for pane in desk.panes} == {"the text"}


def test_a_desk_that_is_left_before_its_first_frame_ends_at_once() -> None:
    assert DeskApp(Opening(open_unnamed(), None, "cpu")).close(0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_fault_that_nobody_foresaw_beside_the_screen_is_told(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise ZeroDivisionError("no such thing")

    before = threading.excepthook
    async with open_desk(model_folder) as desk:
        monkeypatch.setattr(continuations, "encode_prompt", broken)
        await desk.type("on")
        await desk.until(lambda: "ZeroDivisionError: no such thing" in desk.said, "the fault")

        assert desk.editor.text == "on"
    assert "Traceback" in capfd.readouterr().err
    assert threading.excepthook is before
