"""A desk with the inside screen open, as the tests of that look at it."""

from textual.widgets import Static

from gpt2_tui.continuations import Continuation
from gpt2_tui.inspection import (
    Inspected,
    Subject,
    inspect,
)
from gpt2_tui.loading import LoadedModel
from gpt2_tui.ui.inside_screen import InsideScreen
from tests.ui.desk_driver import DeskDriver

DRAFT = "The keeper saw the boat, and the keeper sat. He and the boat. It is on and on."


def inside(desk: DeskDriver) -> InsideScreen:
    assert isinstance(desk.screen, InsideScreen)
    return desk.screen


def shown(desk: DeskDriver, name: str) -> str:
    return str(inside(desk).query_one(f"#{name}", Static).visual)


def shows_outlook(desk: DeskDriver, start: str) -> bool:
    return shown(desk, "outlook").startswith(start)


def cursor(desk: DeskDriver) -> int:
    return inside(desk).view.cursor


def continuation_of(desk: DeskDriver, pane: int) -> Continuation:
    continuation = desk.panes[pane].continuation
    assert continuation is not None
    return continuation


async def until_inside(desk: DeskDriver) -> None:
    """Wait until every token is looked into, and the settings are tried on them."""
    await desk.until(lambda: isinstance(desk.screen, InsideScreen), "the screen")
    await desk.until(lambda: "impossible" in shown(desk, "outlook"), "the end of it")


def inspected(model: LoadedModel, subject: Subject) -> list[Inspected]:
    return list(inspect(model, subject))
