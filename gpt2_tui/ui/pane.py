"""One continuation on the screen: its label, its text as it comes, why it stopped, its speed."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from gpt2_tui.labels.caption import STOP_REASONS, SYNTHETIC, settings_parts
from gpt2_tui.settings import MOST_PANES, Settings
from gpt2_tui.text.sentences import Unit
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.safe_text import content
from gpt2_tui.ui.streamed_text import StreamedText

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation

_SECONDS_BETWEEN_SPEEDS = 2.0
_WIDE_LABEL = 60
_WIDE_STATE = 34
_SHORT_NAMES = {"temperature ": "temp ", "top-k ": "k ", "top-p ": "p "}


class Pane(Vertical, can_focus=True):
    """Shows lane `lane` of a run. `continuation` is set once the lane has ended.

    The label stands above the text and does not scroll away with it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,k", "keep", "Keep"),
        Binding("l", "take('line')", "Line"),
        Binding("e", "take('sentence')", "Sentence"),
        Binding("w", "take('word')", "Word"),
        Binding("g", "go_on", "Go on from before the loop", show=False),
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
    class Take(Message):
        """Put the next unit of this pane's text into the draft."""

        pane: "Pane"
        unit: Unit

    @dataclass
    class GoOn(Message):
        """Write on from before the loop that this pane's text fell into."""

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
        self._text = StreamedText()
        self._taken = 0
        self._state = ("waiting", "waiting")
        self._next_speed: float | None = None

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._text

    def on_mount(self) -> None:
        self._show_label()
        self._show_state()

    def on_resize(self, _event: events.Resize) -> None:
        self._show_label()
        self._show_state()

    def set_model(self, name: str) -> None:
        """Name the model, for a pane that was made before the model was loaded."""
        self._model = name
        self._show_label()

    def add(self, text: str) -> None:
        """Show more text."""
        self._text.append(text)

    def show_speed(self, speed: float) -> None:
        """Tell how many tokens a second come, now and then and not with the other panes: each
        change draws the whole pane anew."""
        now = time.monotonic()
        if self._next_speed is None:
            self._next_speed = now + _SECONDS_BETWEEN_SPEEDS * self.number / MOST_PANES
        elif now >= self._next_speed:
            self._next_speed = now + _SECONDS_BETWEEN_SPEEDS
            self.show_state(f"writing · {speed:.0f} tok/s", f"writing · {speed:.0f}/s")

    def finish(self, rest: str, continuation: "Continuation") -> None:
        """Show the end of the text, and why it ended."""
        self._text.append(rest)
        self._text.settle()
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

    def _show_label(self) -> None:
        parts = [SYNTHETIC, self._model, *settings_parts(self._settings, self.lane)]
        if self.size.width < _WIDE_LABEL:
            for name, short in _SHORT_NAMES.items():
                parts = [part.replace(name, short, 1) for part in parts]
        self._label.update(content(_packed(parts, self.size.width)))

    def action_scroll_text(self, lines: int) -> None:
        self._text.scroll_rows(lines)

    def action_page_text(self, pages: int) -> None:
        self._text.scroll_pages(pages)

    def show_taken(self, characters: int) -> None:
        """Mark so much of the text as taken into the draft."""
        if self.continuation is None or characters == self._taken:
            return
        self._taken = characters
        self._text.show(self.continuation.text, characters)

    def action_keep(self) -> None:
        self.post_message(self.Take(self, Unit.ALL))

    def action_take(self, unit: str) -> None:
        self.post_message(self.Take(self, Unit(unit)))

    def action_go_on(self) -> None:
        self.post_message(self.GoOn(self))

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
