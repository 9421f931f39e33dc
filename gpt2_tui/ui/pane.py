"""One continuation on the screen: its label, its text as it comes, why it stopped, its speed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from gpt2_tui.labels.caption import STOP_REASONS, SYNTHETIC, settings_parts
from gpt2_tui.settings import Settings
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.messages import LaneText
from gpt2_tui.ui.safe_text import content

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation

_WIDE_LABEL = 60
_WIDE_STATE = 34
_SHORT_NAMES = {"temperature ": "temp ", "top-k ": "k ", "top-p ": "p "}


class Pane(Vertical, can_focus=True):
    """Shows lane `lane` of a run. `continuation` is set once the lane has ended.

    The label stands above the text and does not scroll away with it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,k", "keep", "Keep"),
        Binding("s", "save", "Save"),
        Binding("c", "copy(True)", "Copy"),
        Binding("t", "copy(False)", "Copy text alone", show=False),
        Binding("i", "inspect", "Look inside", show=False),
        Binding("up", "scroll_text(-1)", "Up", show=False),
        Binding("down", "scroll_text(1)", "Down", show=False),
        Binding("pageup", "page_text(-1)", "Page up", show=False),
        Binding("pagedown", "page_text(1)", "Page down", show=False),
    ]

    @dataclass
    class Keep(Message):
        """Put this pane's text into the draft."""

        pane: "Pane"

    @dataclass
    class Save(Message):
        """Save this pane's sample."""

        pane: "Pane"

    @dataclass
    class Copy(Message):
        """Copy this pane's text, with or without its label."""

        pane: "Pane"
        labeled: bool

    @dataclass
    class Inspect(Message):
        """Look inside this pane's text."""

        pane: "Pane"

    def __init__(self, number: int, model: str, settings: Settings, lane: int) -> None:
        """`number` counts panes from 1, as the keys that keep them do."""
        super().__init__(id=f"pane-{number}")
        self.number = number
        self.lane = lane
        self.continuation: Continuation | None = None
        self._model = model
        self._settings = settings
        self._label = Static(classes="label")
        self._tail = Static(classes="text")
        self._text = VerticalScroll(self._tail, can_focus=False)
        self._tail_text = ""
        self._follows = True
        self._state = ("waiting", "waiting")

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._text

    def on_mount(self) -> None:
        self.watch(self._text, "scroll_y", self._scrolled, init=False)
        self.watch(self._text, "virtual_size", self._follow, init=False)
        self._show_label()
        self._show_state()

    def on_resize(self, _event: events.Resize) -> None:
        self._show_label()
        self._show_state()

    def set_model(self, name: str) -> None:
        """Name the model, for a pane that was made before the model was loaded."""
        self._model = name
        self._show_label()

    def add(self, text: LaneText) -> None:
        """Show more text."""
        self._append(text.text)
        self.show_state(f"writing · {text.speed:.0f} tok/s", f"writing · {text.speed:.0f}/s")

    def finish(self, rest: str, continuation: "Continuation") -> None:
        """Show the end of the text, and why it ended."""
        self._append(rest)
        self.continuation = continuation
        reason = STOP_REASONS[continuation.stop_reason]
        tokens = len(continuation.ids)
        if tokens > 1 and continuation.seconds > 0:
            speed = f"{(tokens - 1) / continuation.seconds:.0f}"
            self.show_state(f"{reason} · {tokens} tokens · {speed} tok/s", f"{reason} · {speed}/s")
        else:
            self.show_state(f"{reason} · {tokens} tokens", f"{reason} · {tokens}")

    def show_state(self, state: str, short: str | None = None) -> None:
        """One line at the foot of the pane; `short` where it has little room."""
        self._state = (state, short or state)
        self._show_state()

    def _show_state(self) -> None:
        state, short = self._state
        self.border_subtitle = one_line(state if self.size.width >= _WIDE_STATE else short)
        # On a screen of few lines a pane has no foot.
        has_foot = self.styles.border_bottom[0] != ""
        self.border_title = one_line(f"{self.number} {SYNTHETIC if has_foot else short}")

    def _append(self, text: str) -> None:
        """Add to the tail; whole paragraphs are drawn once and then left alone."""
        settled, newline, tail = (self._tail_text + text).rpartition("\n")
        if newline:
            self._text.mount(Static(content(settled), classes="text"), before=self._tail)
        if tail != self._tail_text:
            self._tail_text = tail
            self._tail.update(content(tail))

    def _follow(self) -> None:
        """Show the end of the text, however it came to be longer: by more of it, or by wrapping
        anew where there is less room."""
        if self._follows:
            self._text.scroll_end(animate=False)

    def _scrolled(self, before: float, after: float) -> None:
        """Somebody who scrolls back to read is left there, until they are at the end again."""
        if after >= self._text.max_scroll_y:
            self._follows = True
        elif after < before:
            self._follows = False

    def _show_label(self) -> None:
        parts = [SYNTHETIC, self._model, *settings_parts(self._settings, self.lane)]
        if self.size.width < _WIDE_LABEL:
            for name, short in _SHORT_NAMES.items():
                parts = [part.replace(name, short, 1) for part in parts]
        self._label.update(content(_packed(parts, self.size.width)))

    def action_scroll_text(self, lines: int) -> None:
        self._text.scroll_relative(y=lines, animate=False)

    def action_page_text(self, pages: int) -> None:
        self._text.scroll_relative(y=pages * self._text.size.height, animate=False)

    def action_keep(self) -> None:
        self.post_message(self.Keep(self))

    def action_save(self) -> None:
        self.post_message(self.Save(self))

    def action_copy(self, labeled: bool) -> None:
        self.post_message(self.Copy(self, labeled))

    def action_inspect(self) -> None:
        self.post_message(self.Inspect(self))


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
