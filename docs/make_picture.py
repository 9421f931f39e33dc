"""Draw the README's pictures with the program itself: `make picture`.

The bundled model writes, with fixed seeds; the same model gives the same pictures, but for the
speeds at the feet of the panes.
"""

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from textual.pilot import Pilot
from textual.widgets import Static

from gpt2_tui.drafts.draft import Draft
from gpt2_tui.drafts.opening import OpenDraft, open_file
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.settings import LENGTH, SEED
from gpt2_tui.ui.app import DeskApp, Opening
from gpt2_tui.ui.compare_screen import CompareScreen
from gpt2_tui.ui.desk import Desk
from gpt2_tui.ui.inside_screen import InsideScreen

_FOLDER = Path(__file__).parent
_SIZE = (120, 36)
_SEED = 7
_DRAFT = (
    "The lighthouse keeper had not spoken to anyone for three weeks when the boat came.\n"
    "It was a small green boat, with a patched sail, and nobody was in it. He took down his lamp "
    "and"
)
_FIRST_MOMENT = 1_750_000_000
_SECONDS_BETWEEN_MOMENTS = 40

Scene = Callable[[Pilot[None], Desk], Awaitable[None]]


async def draw() -> None:
    """Draw every scene on a desk of its own, without a terminal."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    for name, scene in _SCENES.items():
        with TemporaryDirectory() as folder:
            # The history goes there too, not to the drafts of whoever draws.
            os.environ["XDG_DATA_HOME"] = folder
            app = DeskApp(Opening(_lighthouse(Path(folder)), model=None, device="cpu"))
            async with app.run_test(size=_SIZE, notifications=False) as pilot:
                desk = next(each for each in app.screen_stack if isinstance(each, Desk))
                await _until(pilot, partial(_has_model, desk))
                desk.settings_bar.control(SEED).set_value(_SEED)
                await scene(pilot, desk)
                await pilot.pause(0.5)
                picture = app.export_screenshot(title="gpt2-tui")
            path = _FOLDER / f"{name}.svg"
            path.write_text(picture, encoding="utf-8")
            sys.stdout.write(f"{path}\n")


def _lighthouse(folder: Path) -> OpenDraft:
    """A draft whose history has the same times whenever it is drawn."""
    path = folder / "The lighthouse.txt"
    path.write_text(_DRAFT, encoding="utf-8")
    moments = itertools.count(_FIRST_MOMENT, _SECONDS_BETWEEN_MOMENTS)
    draft = Draft.beginning_with(AuthoredText.human(_DRAFT), clock=lambda: next(moments))
    return replace(open_file(path), draft=draft)


def _has_model(desk: Desk) -> bool:
    return desk.status.window > 0


async def _desk(pilot: Pilot[None], desk: Desk) -> None:
    await _generate(pilot, desk)
    await pilot.press("alt+1")
    await _until(pilot, lambda: "●" not in desk.status.draft_name)


async def _compare(pilot: Pilot[None], desk: Desk) -> None:
    desk.settings_bar.control(LENGTH).set_value(60)
    await pilot.press("ctrl+t")
    screen = cast(CompareScreen, pilot.app.screen)
    await pilot.press("enter")
    await _until(
        pilot, lambda: bool(screen.panes) and all(pane.continuation for pane in screen.panes)
    )


async def _inside(pilot: Pilot[None], desk: Desk) -> None:
    await _generate(pilot, desk)
    desk.pane_row.panes[0].focus()
    await pilot.press("i")
    screen = cast(InsideScreen, pilot.app.screen)
    await _until(pilot, lambda: "impossible" in str(screen.query_one("#outlook", Static).visual))
    await pilot.press("f")


async def _history(pilot: Pilot[None], desk: Desk) -> None:
    """Two branches of one beginning."""
    await _generate(pilot, desk)
    await pilot.press("alt+1", "ctrl+z", "alt+2")
    desk.editor.insert("\nThen it rained")
    await _generate(pilot, desk)
    await pilot.press("alt+3", "f6", "up", "b")


async def _generate(pilot: Pilot[None], desk: Desk) -> None:
    await pilot.press("ctrl+g")
    await pilot.pause()
    await _until(pilot, lambda: not desk.is_writing)


async def _until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    while not true():
        await pilot.pause(0.05)


_SCENES: dict[str, Scene] = {
    "desk": _desk,
    "compare": _compare,
    "inside": _inside,
    "history": _history,
}


if __name__ == "__main__":
    asyncio.run(draw())
