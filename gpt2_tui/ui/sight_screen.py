"""What the model sees: the draft with the place where its window cuts it, and its tokens."""

import threading
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Footer, Static

from gpt2_tui.loading import LoadedModel
from gpt2_tui.sight import Sight, look
from gpt2_tui.ui.keys import same_key
from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.safe_text import line_content
from gpt2_tui.ui.token_view import TokenView


class SightScreen(Overlay[None]):
    """Closed by Escape or by the key that opened it."""

    CSS_PATH: ClassVar[list[str | PurePath] | None] = ["sight_screen.tcss", "token_view.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        same_key("sight", "dismiss", "Back", show=False),
        Binding("b", "boundaries", "Boundaries", tooltip="Show where tokens end"),
        Binding("g", "go_to_cut", "Go to the cut"),
    ]

    @dataclass
    class Looked(Message):
        """The draft has its tokens."""

        sight: Sight

    def __init__(self, model: LoadedModel, draft: str) -> None:
        super().__init__()
        self._model: LoadedModel | None = model
        self._draft = draft
        self._sight: Sight | None = None

    def compose(self) -> ComposeResult:
        yield Static(line_content("What the model sees · counting tokens…"), id="title")
        yield TokenView(self._classes_of)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.view.border_title = "Draft"
        self.view.focus()

        def work(model: LoadedModel) -> None:
            self.post_message(self.Looked(look(model, self._draft)))

        threading.Thread(target=work, args=(self._model,), name="sight", daemon=True).start()
        # A screen that was left can stay in memory for long, and a model with it.
        self._model = None

    @property
    def view(self) -> TokenView:
        return self.query_one(TokenView)

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        sight = self._sight = message.sight
        self.query_one("#title", Static).update(line_content(_summary(sight)))
        dividers = {}
        if sight.cut:
            dividers[sight.out_of_sight] = f"── in sight: the last {sight.seen} tokens ──"
        unlisted = sight.cut - sight.out_of_sight
        before = f"({unlisted} tokens before these) " if unlisted else ""
        self.view.show(sight.pieces, before, dividers)
        self.action_go_to_cut()

    def _classes_of(self, number: int) -> list[str]:
        in_sight = self._sight is not None and number >= self._sight.out_of_sight
        return ["token--plain" if in_sight else "token--beside"]

    @on(TokenView.Moved)
    def _moved(self, message: TokenView.Moved) -> None:
        if self._sight is not None and self._sight.pieces:
            unlisted = self._sight.cut - self._sight.out_of_sight
            self.view.border_subtitle = f"token {unlisted + message.token + 1}"

    def action_boundaries(self) -> None:
        self.view.boundaries = not self.view.boundaries

    def action_go_to_cut(self) -> None:
        if self._sight is not None:
            self.view.go_to(self._sight.out_of_sight)


def _summary(sight: Sight) -> str:
    title = "What the model sees · "
    if sight.tokens == 0:
        return f"{title}nothing: it begins from <|endoftext|>, by itself"
    if sight.cut == 0:
        return f"{title}all {sight.tokens} tokens of the draft; the window holds {sight.window}"
    return (
        f"{title}the last {sight.seen} of {sight.tokens} tokens; {sight.cut} are cut; "
        f"the window holds {sight.window}"
    )
