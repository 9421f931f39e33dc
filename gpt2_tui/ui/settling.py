"""Keys in their order: one that comes first for the whole screen overtakes those for a widget."""

import asyncio
from contextlib import suppress
from typing import Any

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

_LONGEST_SECONDS = 1.0


async def settle(widget: Widget) -> None:
    """Wait until `widget` has done what the keys pressed so far say, but not for long."""
    done = asyncio.Event()
    if widget.call_later(done.set):
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), _LONGEST_SECONDS)


async def settle_typing(screen: Screen[Any]) -> None:
    """The same for a field that is typed in, if one has the focus."""
    if isinstance(screen.focused, Input | TextArea):
        await settle(screen.focused)
