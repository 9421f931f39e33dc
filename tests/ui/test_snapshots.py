"""Pictures of the desk. `pytest tests/ui/test_snapshots.py --snapshot-update` takes them anew."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from gpt2_tui import locations
from gpt2_tui.drafts.opening import open_file
from gpt2_tui.errors import ModelError
from gpt2_tui.hub.progress import FileProgress
from gpt2_tui.library.entry import Entry
from gpt2_tui.models.manifest import Manifest, read_manifest
from gpt2_tui.settings import LENGTH, SEED
from gpt2_tui.ui.app import DeskApp, Opening
from gpt2_tui.ui.compare_screen import CompareScreen
from gpt2_tui.ui.model_pull import PullState
from tests.library.files import save_draft, save_sample
from tests.ui.desk_driver import PATIENCE, DeskDriver
from tests.ui.prepared_writing import write_instead

SnapCompare = Callable[..., bool]
Steps = Callable[[DeskDriver], Awaitable[None]]

OPENING = (
    "The keeper had not spoken to anyone for three weeks when the boat came.\n\n"
    "It was a small green boat with a patched sail."
)
TEXTS = (
    " He put down his lamp.\n\nNobody was in it, and the oars were gone. He read the name on the "
    "stern twice: it was his own.",
    ' "Is anyone there?" he called.\n"Only me," said the boat.',
    " A gull sat on the gunwale \x1b[31mas if\x07 it had rowed.",
)
SIZES = [(80, 24), (200, 50), (40, 12)]
RESEARCH_SIZES = [(80, 24), (120, 40), (40, 12)]
THEMES = ["textual-dark", "textual-light"]


@pytest.fixture(autouse=True)
def _same_every_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_instead(monkeypatch, *TEXTS)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


async def nothing(_desk: DeskDriver) -> None:
    """The desk as it opens."""


async def write(desk: DeskDriver) -> None:
    desk.control(SEED).set_value(7)
    desk.control(LENGTH).set_value(40)
    await desk.pilot.pause()  # so that the new settings count for the run that begins now
    await desk.press("ctrl+g")
    await desk.until_written()


async def keep(desk: DeskDriver) -> None:
    await write(desk)
    await desk.press("alt+1")


async def take_sentences(desk: DeskDriver) -> None:
    """Two sentences in the middle of the draft, and words of the next pane behind them."""
    desk.editor.move_cursor((0, len("The keeper")))
    await write(desk)
    await desk.press("ctrl+n", "ctrl+n")
    desk.panes[1].focus()
    await desk.press("w", "w")


async def offer_ghost_text(desk: DeskDriver) -> None:
    await desk.press("ctrl+end", "ctrl+l")
    await desk.type(" And then")
    await desk.until(lambda: bool(desk.editor.suggestion), "ghost text")


async def choose_stopping(desk: DeskDriver) -> None:
    await desk.open("ctrl+b")
    # A line that was drawn while the cursor was off would be shown again after the blinking ended.
    desk.screen.query_one(TextArea).cursor_blink = False
    await desk.press("tab", "tab", "tab")
    await desk.type("THE END")


async def show_history(desk: DeskDriver) -> None:
    """Two branches from one generation, with words typed on the one that is left."""
    await keep(desk)
    await desk.type(" Mine.")
    await desk.press(*["ctrl+z"] * 2, "alt+2", "ctrl+z", "ctrl+y")
    await desk.open("f6")
    await desk.press("b", "up", "up")


async def ask_to_empty_the_bin(desk: DeskDriver) -> None:
    await show_history(desk)
    await desk.press("p")
    await desk.open("X")


async def show_comparison(desk: DeskDriver) -> None:
    await show_history(desk)
    await desk.press("down")
    await desk.open("c")


async def change_settings(desk: DeskDriver) -> None:
    """One value is wrong, and the next field has the focus."""
    await desk.open("f8")
    await desk.press("end", "x")
    await desk.until(lambda: bool(desk.screen.query(".-fault")), "the fault")
    await desk.press("tab")


async def show_presets(desk: DeskDriver) -> None:
    await desk.open("f9")
    await desk.press("down")


async def show_help(desk: DeskDriver) -> None:
    await desk.open("f1")


async def look_inside(desk: DeskDriver) -> None:
    await desk.open("f4")
    await desk.until_shows(" impossible, ")
    await desk.press(*["right"] * 5)


async def compare(desk: DeskDriver) -> None:
    desk.control(SEED).set_value(7)
    desk.control(LENGTH).set_value(40)
    await desk.pilot.pause()
    await desk.open("ctrl+t")
    await desk.press(*["delete"] * 40, *["backspace"] * 40)
    await desk.type("1,2,3,4,5,6,7,8,9,10,0,0.5")
    await desk.press("enter")
    screen = desk.screen
    assert isinstance(screen, CompareScreen)
    await desk.until(
        lambda: [pane.continuation is not None for pane in screen.panes] == [True] * 12, "the rows"
    )


async def look_at_the_window(desk: DeskDriver) -> None:
    await desk.open("f5")
    await desk.press("b")
    await desk.until_shows("in sight: the last")


def picture(
    snap_compare: SnapCompare,
    model: Path | str,
    draft: str,
    steps: Steps,
    size: tuple[int, int],
    theme: str,
) -> bool:
    """Whether the desk still looks like its picture after `steps`."""
    file = Path(tempfile.mkdtemp()) / "lighthouse.md"
    file.write_text(draft)
    app = DeskApp(Opening(open_file(file), str(model), "cpu"))

    async def prepare(pilot: Pilot[Any]) -> None:
        app.theme = theme
        # Messages come and go with the clock.
        app._disable_notifications = True
        app.animation_level = "none"
        desk = DeskDriver(pilot, [])
        await desk.until_loaded()
        await steps(desk)
        tokens = len(desk.editor.text.encode())
        await desk.until(lambda: 0 < desk.desk.status.prompt_tokens <= max(tokens, 1), "the window")
        await asyncio.sleep(0.5)  # the draft is counted after a pause
        await desk.until_saved()
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await desk.until_still()

    try:
        return snap_compare(app, terminal_size=size, run_before=prepare)
    finally:
        assert app.close(PATIENCE)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_empty_desk(
    snap_compare: SnapCompare, model_folder: Path, size: tuple[int, int], theme: str
) -> None:
    assert picture(snap_compare, model_folder, "", nothing, size, theme)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_finished_panes(
    snap_compare: SnapCompare, model_folder: Path, size: tuple[int, int], theme: str
) -> None:
    assert picture(snap_compare, model_folder, OPENING, write, size, theme)


@pytest.mark.parametrize("theme", THEMES)
def test_a_draft_with_kept_text(snap_compare: SnapCompare, model_folder: Path, theme: str) -> None:
    assert picture(snap_compare, model_folder, OPENING, keep, (80, 24), theme)


@pytest.mark.parametrize("steps", [take_sentences, offer_ghost_text, choose_stopping])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_ways_of_the_writer(
    snap_compare: SnapCompare, model_folder: Path, size: tuple[int, int], steps: Steps
) -> None:
    assert picture(snap_compare, model_folder, OPENING, steps, size, "textual-dark")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_help_screen(
    snap_compare: SnapCompare, model_folder: Path, size: tuple[int, int]
) -> None:
    assert picture(snap_compare, model_folder, OPENING, show_help, size, "textual-dark")


@pytest.mark.parametrize("size", RESEARCH_SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("steps", [look_inside, compare, look_at_the_window])
def test_the_screens_of_the_researcher(
    snap_compare: SnapCompare, model_folder: Path, steps: Steps, size: tuple[int, int]
) -> None:
    assert picture(snap_compare, model_folder, OPENING, steps, size, "textual-dark")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_settings_screen(
    snap_compare: SnapCompare, model_folder: Path, size: tuple[int, int], theme: str
) -> None:
    assert picture(snap_compare, model_folder, OPENING, change_settings, size, theme)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_presets(snap_compare: SnapCompare, model_folder: Path, size: tuple[int, int]) -> None:
    assert picture(snap_compare, model_folder, OPENING, show_presets, size, "textual-dark")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("steps", [keep, change_settings, show_presets, look_inside])
def test_without_colour(
    snap_compare: SnapCompare,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    steps: Steps,
    size: tuple[int, int],
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(snap_compare, model_folder, OPENING, steps, size, "textual-dark")


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
@pytest.mark.parametrize("steps", [keep, look_inside])
def test_in_the_terminals_own_colours(
    snap_compare: SnapCompare, model_folder: Path, steps: Steps, theme: str
) -> None:
    assert picture(snap_compare, model_folder, OPENING, steps, (80, 24), theme)


def test_characters_of_every_width(
    snap_compare: SnapCompare, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_instead(monkeypatch, " 漢字かな 👩‍👩‍👧 ❤️", " 가나다 ñ̈ ก็", " ｆｕｌｌ 🇩🇪 क्षि")
    draft = "漢字かな 가나다 ｆｕｌｌ 👩‍👩‍👧 ❤️ 🇩🇪 ñ̈ ก็ क्षि."
    assert picture(snap_compare, model_folder, draft, keep, (80, 24), "textual-dark")


@pytest.mark.parametrize("fetches", [False, True], ids=["idle", "fetching"])
@pytest.mark.parametrize("size", RESEARCH_SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_models(
    snap_compare: SnapCompare,
    model_folder: Path,
    other_model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    fetches: bool,
) -> None:
    monkeypatch.setattr("gpt2_tui.models.listing._day", lambda _: "2026-08-02")
    shutil.copytree(model_folder, locations.models_folder() / "tiny")
    shutil.copytree(other_model_folder, locations.models_folder() / "other")
    broken = locations.models_folder() / "broken"
    broken.mkdir()
    (broken / "model.json").write_text('{"format": 9}')
    # What it says of a broken model holds a path of this machine.
    monkeypatch.setattr(
        "gpt2_tui.models.registry.read_manifest", partial(_read_manifest, read_manifest)
    )

    async def show(desk: DeskDriver) -> None:
        if fetches:
            desk.desk._pull.state = _HALF_FETCHED
        await desk.open("ctrl+o")
        await desk.press("down")

    assert picture(snap_compare, "tiny", OPENING, show, size, "textual-dark")


def _read_manifest(read: Callable[[Path], Manifest], path: Path) -> Manifest:
    if path.name == "broken":
        raise ModelError("model.json is of another version")
    return read(path)


_HALF_FETCHED = PullState(
    "gpt2-medium",
    {
        "config.json": FileProgress("config.json", 718, 718, 718, 1_522_000_000),
        "tokenizer.json": FileProgress(
            "tokenizer.json", 1_355_256, 1_355_256, 1_355_974, 1_522_000_000
        ),
        "model.safetensors": FileProgress(
            "model.safetensors", 700_000_000, 1_520_013_706, 701_355_974, 1_522_000_000
        ),
    },
)


@pytest.mark.parametrize("steps", [show_history, show_comparison, ask_to_empty_the_bin])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_history(
    snap_compare: SnapCompare,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    steps: Steps,
) -> None:
    monkeypatch.setattr("gpt2_tui.ui.tree_screen._moment", lambda _: "12:00:00")
    assert picture(snap_compare, model_folder, OPENING, steps, size, "textual-dark")


async def show_library(desk: DeskDriver) -> None:
    await desk.open("f7")
    await desk.until_shows("INTACT: ")


@pytest.mark.parametrize("size", RESEARCH_SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_library(
    snap_compare: SnapCompare,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    save_sample(TEXTS[0], seed=9)
    changed = save_sample(TEXTS[1], temperature=1.2)
    changed.write_bytes(changed.read_bytes().replace(b"anyone", b"nobody"))
    draft = save_draft("boat.txt", OPENING + "\n\nAnd then the wind dropped.")
    os.utime(draft, (0, 0))
    # The folder of the test, and the time zone.
    monkeypatch.setattr("gpt2_tui.ui.library_screen.data_folder", lambda: Path("the-data-folder"))
    monkeypatch.setattr(Entry, "day", "2026-08-02 12:00")
    assert picture(snap_compare, model_folder, OPENING, show_library, size, "textual-dark")


def test_no_picture_holds_a_path_of_the_machine_that_took_it() -> None:
    pictures = list((Path(__file__).parent / "__snapshots__").rglob("*.svg"))
    assert pictures
    for file in pictures:
        text = file.read_text("utf-8")
        for part in (str(Path.home()), "/tmp/", "/home/", "/root", "file://"):  # noqa: S108
            assert part not in text, file.name
