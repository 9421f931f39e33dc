"""A screen that can tell its user something, also from work in the background."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from textual import on
from textual.screen import Screen

from gpt2_tui.text.visible import visible
from gpt2_tui.ui import messages
from gpt2_tui.ui.faults import fault_line

_BACKGROUND = "in the background"

_Result = TypeVar("_Result")


class SpeakingScreen(Screen[_Result]):
    """What it says is literal: a message can hold any name or text."""

    def say(self, text: str) -> None:
        self.notify(visible(text), markup=False, timeout=4)

    def warn(self, text: str) -> None:
        self.notify(visible(text), markup=False, severity="warning", timeout=10)

    def complain(self, text: str) -> None:
        self.notify(visible(text), markup=False, severity="error", timeout=10)

    def in_background(self, work: Callable[[], str]) -> None:
        """Do `work` without waiting, since a slow disk must not hold up the screen; then say what
        it returns, or why it failed."""

        def do() -> None:
            try:
                self.post_message(messages.Said(work()))
            except Exception as error:  # noqa: BLE001 - what was not saved must not go unseen
                self.post_message(messages.Said(fault_line(error), is_fault=True))

        threading.Thread(target=do, name=_BACKGROUND, daemon=True).start()

    @on(messages.Said)
    def _said(self, message: messages.Said) -> None:
        if message.is_fault:
            self.complain(message.text)
        else:
            self.say(message.text)


def finish_background(seconds: float) -> bool:
    """Wait for what any screen does in the background; whether it was done within `seconds`."""
    end = time.monotonic() + seconds
    working = [thread for thread in threading.enumerate() if thread.name == _BACKGROUND]
    for thread in working:
        thread.join(max(end - time.monotonic(), 0))
    return not any(thread.is_alive() for thread in working)
