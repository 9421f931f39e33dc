"""A screen that lies over another one until it is left."""

from typing import TypeVar

from textual.await_complete import AwaitComplete

from gpt2_tui.ui.speaking_screen import SpeakingScreen

_Result = TypeVar("_Result")


class Overlay(SpeakingScreen[_Result]):
    """It is left once, and gives its result once.

    Keys can come faster than they take effect: a second Enter may be on its way when the first one
    has closed the screen.
    """

    def dismiss(self, result: _Result | None = None) -> AwaitComplete:
        # Textual would take away whatever screen is on top: after this one the desk itself.
        return super().dismiss(result) if self.is_active else AwaitComplete()
