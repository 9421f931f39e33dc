"""Fetching a model at the desk, which goes on meanwhile."""

from pathlib import Path

import pytest
from textual.widgets import Input

from gpt2_tui import locations
from gpt2_tui.models.registry import list_models
from gpt2_tui.ui.models_screen import ModelsScreen
from tests.exporter.checkpoints import Shape
from tests.hub.conftest import Serve
from tests.hub.stand_in import StandIn
from tests.ui.desk_driver import DeskDriver, open_desk

WEIGHTS = "model.safetensors"
LARGE = Shape(layers=2, heads=4, width=256)  # weights of several blocks


async def fetch(desk: DeskDriver, name: str) -> ModelsScreen:
    await desk.press("ctrl+o", "p")
    screen = desk.screen
    assert isinstance(screen, ModelsScreen)
    screen.query_one("#pull", Input).value = name
    await desk.press("enter")
    return screen


def names() -> list[str]:
    return [each.name for each in list_models()]


async def test_a_model_is_fetched_while_the_desk_writes_and_used_at_once(
    model_folder: Path, serve: Serve, hub: StandIn
) -> None:
    serve("someone/big", LARGE)
    hub.pauses[WEIGHTS] = 1 << 20
    async with open_desk(model_folder, "Rain") as desk:
        await fetch(desk, "someone/big")
        await desk.until(hub.paused.is_set, "the middle of the file")
        await desk.until_shows("someone/big, in all: ")
        await desk.until_shows(f"{WEIGHTS}: ")
        await desk.until_shows("tokenizer.json: ")
        await desk.press("escape")
        await desk.generate(seed=7, length=5)
        await desk.press("ctrl+o")
        assert names() == ["starter"]
        hub.pauses.clear()
        hub.go_on.set()
        await desk.until_said("big is ready to be used")
        screen = desk.screen
        assert isinstance(screen, ModelsScreen)
        await desk.until(lambda: len(screen._models) == 2, "the new model")
        assert screen._models[screen._table.cursor_row].name == "big"
        await desk.press("enter")
        await desk.until(lambda: desk.desk.status.model.startswith("big · "), "the new model")


async def test_a_pull_is_cancelled_and_the_next_one_goes_on(
    model_folder: Path, serve: Serve, hub: StandIn
) -> None:
    serve("someone/big", LARGE)
    hub.pauses[WEIGHTS] = 1 << 20
    async with open_desk(model_folder) as desk:
        screen = await fetch(desk, "someone/big")
        await desk.until(hub.paused.is_set, "the middle of the file")
        screen.query_one("#pull", Input).value = "someone/other"
        screen.query_one("#pull", Input).focus()
        await desk.press("enter")
        await desk.until_said("someone/big is being fetched; wait for it, or cancel it")
        await desk.press("f9")
        hub.pauses.clear()
        hub.go_on.set()
        await desk.until_said("someone/big is not fetched; a later try goes on from here")
        assert names() == ["starter"]
        before = hub.sent[WEIGHTS]
        await fetch_again(desk, "someone/big")
        await desk.until_said("big is ready to be used")
        size = (Path(hub.repositories["someone/big"].folder) / WEIGHTS).stat().st_size
        assert hub.sent[WEIGHTS] - before < size


async def fetch_again(desk: DeskDriver, name: str) -> None:
    """From the screen of the models."""
    field = desk.screen.query_one("#pull", Input)
    field.value = name
    field.focus()
    await desk.press("enter")


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("someone/gone", "someone/gone"),
        ("no model", "is no model of the hub"),
        ("../../etc", "is no model of the hub"),
    ],
)
async def test_what_there_is_not_is_a_message(model_folder: Path, name: str, said: str) -> None:
    async with open_desk(model_folder, "Rain") as desk:
        await fetch(desk, name)
        await desk.until_said(said)
        assert names() == ["starter"]
        await desk.press("escape", "escape")
        await desk.generate(seed=7, length=5)


async def test_a_full_disk_is_a_message(
    model_folder: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gpt2_tui.hub.receiving.os.fsync", full)
    async with open_desk(model_folder) as desk:
        await fetch(desk, "someone/tiny")
        await desk.until_said("No space left on device")
        assert not desk.desk._pull.is_running
        assert names() == ["starter"]


async def test_leaving_in_the_middle_of_a_pull_ends_it(
    model_folder: Path, serve: Serve, hub: StandIn
) -> None:
    serve("someone/big", LARGE)
    hub.pauses[WEIGHTS] = 1 << 20
    async with open_desk(model_folder) as desk:
        await fetch(desk, "someone/big")
        await desk.until(hub.paused.is_set, "the middle of the file")
        await desk.press("escape", "ctrl+q")
        hub.go_on.set()
    assert not locations.models_folder().exists() or names() == ["starter"]


async def test_a_hub_that_hangs_holds_up_nothing(model_folder: Path, hub: StandIn) -> None:
    hub.silent = True
    async with open_desk(model_folder, "Rain") as desk:
        await fetch(desk, "someone/big")
        await desk.until_shows("someone/big: asking the hub…")
        await desk.press("f9")
        await desk.until_shows("stopping with the next block…")
        await desk.press("escape")
        await desk.generate(seed=7, length=5)
        hub.silent = False
        hub.go_on.set()
        await desk.until_said("someone/big is not fetched")
