"""Drives a desk through Textual's pilot, the way a person does: keys, clicks, and looking."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.notifications import Notify
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from gpt2_tui.drafts.opening import open_file, open_unnamed
from gpt2_tui.settings import LENGTH, SEED, NumberField
from gpt2_tui.ui.app import DeskApp, Opening
from gpt2_tui.ui.desk import Desk
from gpt2_tui.ui.draft_editor import DraftEditor
from gpt2_tui.ui.number_control import NumberControl
from gpt2_tui.ui.pane import Pane
from gpt2_tui.ui.streamed_text import StreamedText

PATIENCE = 60.0
"""Seconds after which something that should happen counts as not happening."""

ENDLESS = 1_000_000
"""A length that no test waits for."""


class DeskDriver:
    """A desk that is open. `heard` is every message that arrived anywhere in the app."""

    def __init__(self, pilot: Pilot[None], heard: list[Message]) -> None:
        self.pilot = pilot
        self.heard = heard

    @property
    def app(self) -> DeskApp:
        return cast(DeskApp, self.pilot.app)

    @property
    def screen(self) -> Screen[object]:
        """The screen on top."""
        return self.app.screen

    @property
    def desk(self) -> Desk:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, Desk))

    @property
    def editor(self) -> DraftEditor:
        return self.desk.editor

    @property
    def panes(self) -> list[Pane]:
        return self.desk.pane_row.panes

    @property
    def said(self) -> list[str]:
        """What the desk told its user so far, each message once."""
        told = {
            message.notification.identity: message.notification.message
            for message in self.heard
            if isinstance(message, Notify)
        }
        return list(told.values())

    def control(self, field: NumberField) -> NumberControl:
        return self.desk.settings_bar.control(field)

    def lines(self) -> list[str]:
        """The lines of the screen as they are drawn."""
        # The compositor is Textual's own; nothing public gives the drawn lines.
        return [strip.text for strip in self.screen._compositor.render_strips()]

    def shows(self, text: str) -> bool:
        return text in "\n".join(self.lines())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def press_at_once(self, *keys: str) -> None:
        """Press keys that come before the first of them has had its effect."""
        for key in keys:
            self.app.post_message(Key(key, None))
        for _ in keys:
            await self.pilot.pause()

    async def open(self, key: str) -> None:
        """Press a key that opens a screen, and wait for that."""
        before = self.screen
        await self.press(key)
        await self.until(lambda: self.screen is not before, f"the screen of {key}")

    async def type(self, text: str) -> None:
        """Type `text` key by key, with Enter for a newline."""
        names = {"\n": "enter", " ": "space"}
        await self.pilot.press(*(names.get(character, character) for character in text))

    async def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until `true` holds."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, f"waited for: {what}. Said: {self.said}"
            await asyncio.sleep(0.01)
        await self.pilot.pause()

    async def until_shows(self, text: str) -> None:
        """Wait until `text` is on the screen."""
        await self.until(lambda: self.shows(text), f"{text!r} on the screen")

    async def until_still(self) -> None:
        """Wait until the screen, colours and all, has not changed for a while."""
        before: list[Strip] = []
        while (now := self.screen._compositor.render_strips()) != before:
            before = now
            await asyncio.sleep(0.4)
            await self.pilot.pause()

    async def until_saved(self) -> None:
        """Wait until all of the draft is on the disk."""
        await self.until(lambda: "●" not in self.desk.status.draft_name, "the draft to be saved")

    async def until_said(self, text: str) -> None:
        await self.until(lambda: any(text in said for said in self.said), f"message {text!r}")

    async def until_loaded(self) -> None:
        await self.until(lambda: self.desk.status.window > 0, "the model")

    async def until_written(self) -> None:
        """Wait until every pane has its whole text."""
        await self.until(
            lambda: not self.desk.is_writing and bool(self.panes), "the end of the run"
        )

    async def until_streaming(self) -> None:
        """Wait until every pane has some text."""
        await self.until(
            lambda: bool(self.panes) and all(pane_text(pane) for pane in self.panes), "some text"
        )

    async def begin_endless(self) -> None:
        """Begin a run that goes on until it is stopped, and wait for its first words."""
        await self._begin(7, ENDLESS)
        await self.until_streaming()

    async def generate(self, *, seed: int | None = 7, length: int = 12) -> None:
        """Set the seed and the length, and write to the end."""
        await self._begin(seed, length)
        await self.until_written()

    async def _begin(self, seed: int | None, length: int) -> None:
        self.control(SEED).set_value(seed)
        self.control(LENGTH).set_value(length)
        await self.press("ctrl+g")


def pane_text(pane: Pane) -> str:
    """The text that a pane shows."""
    return pane.query_one(StreamedText).text


def pane_label(pane: Pane) -> str:
    """The label that stands over a pane's text, as one line."""
    return _plain(pane.query_one(".label", Static)).replace("\n", " · ")


def pane_state(pane: Pane) -> str:
    """The foot of a pane: what it does, or why it stopped."""
    return Content.from_text(pane.border_subtitle or "", markup=False).plain


def _plain(static: Static) -> str:
    return str(static.visual)


@asynccontextmanager
async def open_desk(
    model: Path | None,
    draft: str = "",
    *,
    file: Path | None = None,
    size: tuple[int, int] = (120, 40),
    until_loaded: bool = True,
    device: str = "cpu",
) -> AsyncIterator[DeskDriver]:
    """A desk over `draft`, or over `file`, with the model in the folder `model`."""
    heard: list[Message] = []
    opened = open_unnamed(draft) if file is None else open_file(file)
    app = DeskApp(Opening(opened, None if model is None else str(model), device))
    async with app.run_test(size=size, notifications=True, message_hook=heard.append) as pilot:
        driver = DeskDriver(pilot, heard)
        if until_loaded:
            await driver.until_loaded()
        yield driver
    assert app.close(PATIENCE), "the writer thread did not end"
