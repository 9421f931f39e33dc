"""Keys in their order: one that comes first for the whole screen overtakes those for a widget."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from textual.dom import DOMNode
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


def after_keys(screen: Screen[Any], do: Callable[[], object]) -> None:
    """Call `do` once what the keys pressed so far say is done, bindings of the focused widget too;
    not if the screen was left meanwhile, as by the same key pressed twice."""

    def do_if_there() -> None:
        if screen.is_active:
            do()

    _on_the_way_up(screen.focused or screen, do_if_there)


def _on_the_way_up(node: DOMNode, do: Callable[[], object]) -> None:
    """Call `do` behind the keys of `node`: those that it has no use for pass from it to one parent
    after the other, up to the app, which runs their bindings."""
    above = node.parent
    if above is not None:
        node.call_later(_on_the_way_up, above, do)
    else:
        node.call_later(do)


async def settle_typing(screen: Screen[Any]) -> None:
    """The same for a field that is typed in, if one has the focus."""
    if isinstance(screen.focused, Input | TextArea):
        await settle(screen.focused)
