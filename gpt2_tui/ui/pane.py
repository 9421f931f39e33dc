"""One continuation on the screen: its label, its text as it comes, why it stopped, its speed."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.caption import STOP_REASONS, caption_parts
from gpt2_tui.settings import MOST_PANES, Settings
from gpt2_tui.text.sentences import Unit
from gpt2_tui.ui.text_pane import TextPane

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation

_SECONDS_BETWEEN_SPEEDS = 2.0


class Pane(TextPane):
    """Shows lane `lane` of a run. `continuation` is set once the lane has ended."""

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
        self.number = number
        self.lane = lane
        self.continuation: Continuation | None = None
        self.broke_off = False
        self._settings = settings
        super().__init__(str(number), self._label_of(model), f"pane-{number}")
        self._taken = 0
        self._next_speed: float | None = None

    def set_model(self, name: str) -> None:
        """Name the model, for a pane that was made before the model was loaded."""
        self.set_label(self._label_of(name))

    def _label_of(self, model: str) -> list[str]:
        return caption_parts(model, self._settings, self.lane)

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
        if continuation.stop_reason == StopReason.LOOP:
            self.show_state(f"{reason} · G goes on from before it", f"{reason} · G goes on")
        elif tokens > 1 and continuation.seconds > 0:
            speed = f"{(tokens - 1) / continuation.seconds:.0f}"
            self.show_state(f"{reason} · {tokens} tokens · {speed} tok/s", f"{reason} · {speed}/s")
        else:
            self.show_state(f"{reason} · {tokens} tokens", f"{reason} · {tokens}")

    def break_off(self) -> None:
        """Nothing more comes, and there is no end."""
        self.broke_off = True
        self.show_state("broke off")

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
