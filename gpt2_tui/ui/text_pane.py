"""A pane of synthetic text: its label above, the text as it comes, and its state at the foot."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from gpt2_tui.labels.caption import SYNTHETIC
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.safe_text import content, line_content
from gpt2_tui.ui.streamed_text import StreamedText

_WIDE_LABEL = 60
_WIDE_STATE = 34
_SHORT_NAMES = {"temperature ": "temp ", "top-k ": "k ", "top-p ": "p "}


class TextPane(Vertical, can_focus=True):
    """The label stands above the text and does not scroll away with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_text(-1)", "Up", show=False),
        Binding("down", "scroll_text(1)", "Down", show=False),
        Binding("pageup", "page_text(-1)", "Page up", show=False),
        Binding("pagedown", "page_text(1)", "Page down", show=False),
    ]

    def __init__(self, title: str, label: Sequence[str], name: str) -> None:
        """`label` are its parts, none of which is broken where there is room; `name` is the pane's
        id."""
        super().__init__(id=name)
        self._title = title
        self._parts = tuple(label)
        self._label = Static(classes="label")
        self._text = StreamedText()
        self._state = ("waiting", "waiting")

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._text

    def on_mount(self) -> None:
        self._show_label()
        self._show_state()

    def on_resize(self, _event: events.Resize) -> None:
        self._show_label()
        self._show_state()

    def add(self, text: str) -> None:
        """Show more text."""
        self._text.append(text)

    def show_state(self, state: str, short: str | None = None) -> None:
        """One line at the foot of the pane; `short` where it has little room."""
        self._state = (state, short or state)
        self._show_state()

    def set_label(self, label: Sequence[str]) -> None:
        self._parts = tuple(label)
        self._show_label()

    def _show_state(self) -> None:
        state, short = self._state
        # A plain string would be read as markup.
        self.border_subtitle = line_content(state if self.size.width >= _WIDE_STATE else short)
        # On a screen of few lines a pane has no foot.
        has_foot = self.styles.border_bottom[0] != ""
        self.border_title = line_content(f"{self._title} {SYNTHETIC if has_foot else short}")

    def _show_label(self) -> None:
        parts = list(self._parts)
        if self.size.width < _WIDE_LABEL:
            for name, short in _SHORT_NAMES.items():
                parts = [part.replace(name, short, 1) for part in parts]
        self._label.update(content(_packed(parts, self.size.width)))

    def action_scroll_text(self, lines: int) -> None:
        self._text.scroll_rows(lines)

    def action_page_text(self, pages: int) -> None:
        self._text.scroll_pages(pages)


def _packed(parts: list[str], width: int) -> str:
    """The parts of a label in lines of `width` columns; none is broken, so `top-k 40` stays one
    thing."""
    lines: list[str] = []
    for part in map(one_line, parts):
        if lines and cell_len(f"{lines[-1]} · {part}") <= width:
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return "\n".join(lines)
