"""A question before something that cannot be undone."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.safe_text import content, line_content


class ConfirmScreen(ModalScreen[bool], Overlay[bool]):
    """Ends with True only if the user said so; Escape and Enter leave all as it is."""

    CSS_PATH = "confirm_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer(False)", "No"),
        Binding("y", "answer(True)", "Yes"),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, what_happens: str) -> None:
        super().__init__()
        self._question = question
        self._what_happens = what_happens

    def compose(self) -> ComposeResult:
        with Vertical(id="confirm") as box:
            box.border_title = line_content(self._question)
            yield Static(content(self._what_happens))
            with Horizontal(id="confirm-buttons"):
                yield Button("No, keep it (N)", compact=True, action="screen.answer(False)")
                yield Button("Yes (Y)", compact=True, variant="error", action="screen.answer(True)")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
