"""Choosing models at the desk: another one while it runs, one for each row, and their memory."""

import re
import shutil
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input, Select

from gpt2_tui import locations
from gpt2_tui.comparisons import Varied
from gpt2_tui.engine.cuda import Cuda
from gpt2_tui.engine.runtime import Device
from gpt2_tui.engine.session import Session
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.recorded_model import load_recorded
from gpt2_tui.labels.replay import Outcome, replay
from gpt2_tui.loaded_models import LoadedModels
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.models.card_graph import Report
from gpt2_tui.models.choice import ModelChoice
from gpt2_tui.settings import TEMPERATURE
from gpt2_tui.ui.inside_screen import InsideScreen
from gpt2_tui.ui.models_screen import ModelsScreen
from tests import pretend_card
from tests.labels.replays import written
from tests.ui.desk_driver import PATIENCE, DeskDriver, open_desk, pane_label
from tests.ui.test_compare import label_of, open_compare, rows, until_written
from tests.ui.test_compare import write as write_rows

DRAFT = "The keeper"


@pytest.fixture(autouse=True)
def _registered(model_folder: Path, other_model_folder: Path) -> None:
    """Both models are on this machine: tiny and other."""
    for folder in (model_folder, other_model_folder):
        shutil.copytree(folder, locations.models_folder() / folder.name)


async def open_models(desk: DeskDriver) -> ModelsScreen:
    await desk.press("ctrl+o")
    await desk.until(lambda: isinstance(desk.screen, ModelsScreen), "the models")
    screen = desk.screen
    assert isinstance(screen, ModelsScreen)
    return screen


async def use(desk: DeskDriver, name: str) -> None:
    """Choose a model with the keys, and go back."""
    screen = await open_models(desk)
    names = [each.name for each in screen._models]
    screen._table.move_cursor(row=names.index(name))
    await desk.press("enter")
    await desk.until(lambda: not desk.desk._writer.is_loading, "the model")
    await desk.press("escape")
    assert desk.screen is desk.desk


def hold_loading(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Has the next models wait until the event is set."""
    load, use_model = threading.Event(), LoadedModels.use

    def use_then(models: LoadedModels, choice: ModelChoice, report: Report) -> LoadedModel:
        load.wait(PATIENCE)
        return use_model(models, choice, report)

    monkeypatch.setattr(LoadedModels, "use", use_then)
    return load


def session(desk: DeskDriver) -> weakref.ref[Session]:
    model = desk.desk._writer.model
    assert model is not None
    return weakref.ref(model.session)


async def until_gone(desk: DeskDriver, found: Callable[[], object]) -> None:
    await desk.until(lambda: found() is None, "the memory to be given back")


async def test_the_models_of_this_machine_are_listed() -> None:
    async with open_desk(None, DRAFT) as desk:
        screen = await open_models(desk)
        text = "\n".join(desk.lines())
        precision = load_model(None, Device.CPU).session.precision
        assert f"Models · in use: starter · {precision} · CPU" in text
        for name in ("starter", "tiny", "other"):
            assert re.search(rf"\b{name} +\d+ MB", text)
        assert re.search(r"● +starter", text)
        assert "gpt2-tui models remove" in text
        assert screen.query_one("#device", Select).value == "cpu"


async def test_another_model_is_used_while_one_writes_and_the_draft_stays(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.begin_endless()
        await use(desk, "other")
        await desk.until_written()
        reasons = {pane.continuation.stop_reason for pane in desk.panes if pane.continuation}
        assert reasons <= {StopReason.STOPPED, StopReason.END_OF_TEXT}
        assert desk.desk.status.model == "other · fp32 · CPU"
        assert all(" · tiny · " in pane_label(pane) for pane in desk.panes)
        assert desk.editor.text == DRAFT
        await desk.generate(seed=7, length=5)
        assert all(" · other · " in pane_label(pane) for pane in desk.panes)
        assert {p.continuation.maker.model for p in desk.panes if p.continuation} == {"other"}


async def test_a_model_that_is_damaged_leaves_the_old_one_in_use(model_folder: Path) -> None:
    damaged = locations.models_folder() / "other" / "model.onnx.data"
    damaged.write_bytes(damaged.read_bytes()[::-1])
    async with open_desk(model_folder, DRAFT) as desk:
        await use(desk, "other")
        await desk.until_said("is not the file that model.json names")
        assert desk.desk.status.model == "tiny · fp32 · CPU"
        await desk.generate(seed=7, length=5)
        assert {p.continuation.maker.model for p in desk.panes if p.continuation} == {"tiny"}


async def test_a_model_that_cannot_be_used_says_why(model_folder: Path) -> None:
    (locations.models_folder() / "other" / "model.json").write_text("{}")
    async with open_desk(model_folder, DRAFT) as desk:
        await use(desk, "other")
        await desk.until_said("other cannot be used: ")
        assert desk.desk.status.model == "tiny · fp32 · CPU"


async def test_a_device_that_is_not_there_is_a_message(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_card.found(monkeypatch, Cuda(fault="there is no card"))
    async with open_desk(model_folder, DRAFT) as desk:
        screen = await open_models(desk)
        select = screen.query_one("#device", Select)
        select.value = "cuda"
        await desk.until_said("CUDA cannot be used: there is no card")
        await desk.until(lambda: select.value == "cpu", "the device in use")
        select.value = "auto"
        await desk.until(lambda: desk.desk._writer.choice.device == "auto", "the other device")
        assert desk.desk.status.model == "tiny · fp32 · CPU"


async def test_a_model_that_is_not_used_any_more_gives_its_memory_back(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.generate(seed=7, length=5)
        await desk.press("f5")
        await desk.press("escape", "f4")
        await desk.until_shows(" impossible, ")
        await desk.press("escape")
        before = session(desk)
        await use(desk, "other")
        await until_gone(desk, before)
        await desk.press("alt+1", "ctrl+s")
        await desk.until_said("Saved ")


async def test_rows_of_several_models_each_under_its_name(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await write_rows(desk, Varied.MODEL, "tiny, other")
        assert [label_of(pane) for pane in rows(desk)] == ["model tiny", "model other"]
        made = [pane.continuation for pane in rows(desk)]
        for name, one in zip(("tiny", "other"), made, strict=True):
            assert one is not None
            (alone,) = written(load_model(name, Device.CPU), DRAFT, one.settings)
            assert (one.ids, one.maker) == (alone.ids, alone.maker)
        for pane in rows(desk):
            pane.focus()
            await desk.press("s")
        await desk.until(
            lambda: len(list(locations.samples_folder().glob("*.md"))) == 2, "two files"
        )
        found = [
            sample
            for path in locations.samples_folder().iterdir()
            for sample in read_labels(path.read_bytes()).samples
        ]
        assert {each.record.maker.model for each in found if each.record} == {"tiny", "other"}
        assert [replay(each, load_recorded).outcome for each in found] == [Outcome.MATCH] * 2


async def test_the_title_names_the_model_that_writes(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        screen = await open_models(desk)
        screen._table.move_cursor(row=[each.name for each in screen._models].index("other"))
        load = hold_loading(monkeypatch)
        await desk.press("enter", "escape")
        await open_compare(desk)
        await desk.until_shows("Same luck · SYNTHETIC · tiny · ")
        load.set()
        await write_rows(desk, Varied.TOP_K, "1, 2")
        assert {pane.continuation.maker.model for pane in rows(desk) if pane.continuation} == {
            "other"
        }
        await desk.until_shows("Same luck · SYNTHETIC · other · ")


async def test_a_comparison_is_left_while_a_model_is_loaded(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        load = hold_loading(monkeypatch)
        desk.desk._writer.use(ModelChoice("other", "cpu"))
        await open_compare(desk)
        await desk.press("ctrl+g")
        await desk.until(lambda: bool(rows(desk)), "the rows")
        await desk.press("escape")
        assert desk.screen is not desk.desk
        rows(desk)[0].focus()
        await desk.press("k")
        await desk.until_said("row 1: still being written; Esc stops it")
        await desk.press("escape")
        assert desk.screen is desk.desk
        load.set()


async def test_two_choices_while_a_model_is_loaded_count_both(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        screen = await open_models(desk)
        load = hold_loading(monkeypatch)
        screen._table.move_cursor(row=[each.name for each in screen._models].index("other"))
        await desk.press("enter")
        screen.query_one("#device", Select).value = "auto"
        await desk.pilot.pause()
        load.set()
        await desk.until(lambda: not desk.desk._writer.is_loading, "the model")
        assert desk.desk._writer.choice == ModelChoice("other", "auto")


async def test_a_row_is_looked_into_with_its_own_model_which_is_then_released(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        await write_rows(desk, Varied.MODEL, "tiny, other")
        rows(desk)[1].focus()
        await desk.press("i")
        await desk.until_shows(" impossible, ")
        screen = desk.screen
        assert isinstance(screen, InsideScreen)
        await desk.until_shows("· other ·")
        model = screen._job.model
        assert model is not None
        assert model.name == "other"
        beside = weakref.ref(model.session)
        del model, screen
        await desk.press("escape", "escape")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        await until_gone(desk, beside)


async def test_a_text_of_a_model_used_before_is_looked_into_with_that(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.generate(seed=7, length=5)
        await use(desk, "other")
        desk.panes[0].focus()
        await desk.press("i")
        await desk.until_shows(" impossible, ")
        screen = desk.screen
        assert isinstance(screen, InsideScreen)
        assert screen._job.model is not None
        assert screen._job.model.name == "tiny"
        assert desk.desk.status.model == "other · fp32 · CPU"


async def test_a_loop_of_a_model_with_other_tokens_is_not_cut_off_with_those_of_this_one(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, "The sea") as desk:
        desk.control(TEMPERATURE).set_value(0)
        await desk.generate(seed=7, length=400)
        pane = desk.panes[0]
        assert pane.continuation is not None
        assert pane.continuation.stop_reason is StopReason.LOOP
        await use(desk, "starter")
        pane.focus()
        await desk.press("g")
        await desk.until_said("tiny wrote pane 1")
        assert desk.editor.text == "The sea"
        await use(desk, "other")  # which has the tokens of tiny
        pane.focus()
        await desk.press("g")
        await desk.until(lambda: desk.panes[0] is not pane, "new panes")
        await desk.until_written()
        assert pane.continuation.text.startswith(desk.editor.text.removeprefix("The sea"))
        assert desk.editor.text != "The sea"


async def test_a_model_that_fails_in_a_comparison_is_a_message(model_folder: Path) -> None:
    damaged = locations.models_folder() / "other" / "model.onnx.data"
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])
    async with open_desk(model_folder, DRAFT) as desk:
        await open_compare(desk)
        desk.screen.query_one("#varied", Select).value = Varied.MODEL
        await desk.pilot.pause()
        assert desk.screen.query_one("#values", Input).value == "starter, other, tiny"
        desk.screen.query_one("#values", Input).value = "tiny, other"
        await desk.press("enter")
        await desk.until_said("is not the file that model.json names")
        first, second = rows(desk)
        assert first.continuation is not None
        assert second.border_subtitle == "not written"
        second.focus()
        await desk.press("k")
        await desk.until_said("row 2: not written")
        await desk.press("enter")
        await write_rows(desk, Varied.TOP_K, "1, 2")
        await until_written(desk)


async def test_a_draft_with_text_of_two_models_is_saved_and_comes_out_again(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        for name in ("tiny", "other", "tiny"):
            await use(desk, name)
            await desk.generate(seed=7, length=6)
            await desk.press("alt+1")
        await desk.press("f3")
        await desk.until_said("A copy with its label: ")
        said = next(said for said in desk.said if "A copy with its label: " in said)
    path = Path(said.partition("A copy with its label: ")[2])
    assert "SYNTHETIC IN PART · tiny, other" in path.read_text()
    (found,) = read_labels(path.read_bytes()).samples
    assert found.record is not None
    assert [each.maker.model for each in found.record.generations] == ["tiny", "other", "tiny"]
    result = replay(found, load_recorded)
    assert (result.outcome, result.detail) == (Outcome.MATCH, "")


def test_the_tests_models_differ(loaded_model: LoadedModel, other_model_folder: Path) -> None:
    assert load_model(str(other_model_folder), Device.CPU).maker != loaded_model.maker
