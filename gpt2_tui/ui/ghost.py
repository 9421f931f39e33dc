"""Ghost text: after a pause in typing, a few words that the model would go on with.

It is no part of the draft unless it is taken. Any key but those that take it drops it, and ends its
writing within one token.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.message import Message
from textual.timer import Timer

from gpt2_tui.drafts.taking import Taking
from gpt2_tui.labels.caption import SYNTHETIC
from gpt2_tui.settings import Sampling, Settings
from gpt2_tui.text.sentences import Unit, units
from gpt2_tui.ui.draft_editor import DraftEditor
from gpt2_tui.ui.messages import GhostWritten, LaneFinished
from gpt2_tui.ui.writer import Work, Writer

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation, Event
    from gpt2_tui.loading import LoadedModel

PAUSE_BEFORE_ASKING = 0.6
"""Seconds without a key."""

_SETTINGS = Settings(Sampling(temperature=0), length=12, stop=("\n",))
"""The likeliest words, up to the end of the line: nobody asked for a gamble."""

_KEYS = {"tab": Unit.ALL, "right": Unit.ALL, "ctrl+right": Unit.WORD}
_ON = "ghost text on"
_HINT = f"{SYNTHETIC} · Tab takes it, Ctrl+→ a word"


@dataclass(frozen=True)
class _Offer:
    """What is offered, and what takes it into the draft."""

    continuation: "Continuation"
    taking: Taking

    @property
    def rest(self) -> str:
        return self.continuation.text[self.taking.taken(self.continuation) :]


class Ghost:
    """Offers text in `editor`. `may_ask` says whether the writer is free; `note` puts what was
    written into the draft's history, once a part of it is taken."""

    def __init__(
        self,
        editor: DraftEditor,
        writer: Writer,
        may_ask: Callable[[], bool],
        note: "Callable[[Continuation], None]",
    ) -> None:
        self.is_on = False
        self._editor = editor
        self._writer = writer
        self._may_ask = may_ask
        self._note = note
        self._timer: Timer | None = None
        self._number = 0
        self._stop = threading.Event()
        self._offer: _Offer | None = None
        self._cursor = 0

    def toggle(self) -> None:
        """Offer text from now on, or no more; the editor's frame says which."""
        self.is_on = not self.is_on
        self.drop()
        if self.is_on:
            self.typed()

    def typed(self) -> None:
        """The draft changed: offer something once the typing rests."""
        self._stop_timer()
        if self.is_on and self._offer is None:
            self._timer = self._editor.set_timer(PAUSE_BEFORE_ASKING, self._ask)

    def moved(self) -> None:
        """The cursor may be elsewhere: what was offered was for where it was."""
        if self._editor.cursor != self._cursor or not self._editor.selection.is_empty:
            self._withdraw()

    def drop(self) -> None:
        """Offer nothing here, and end what is being written for it."""
        self._stop_timer()
        self._withdraw()

    def take_with(self, key: str) -> bool:
        """Whether `key` took some of the text that is offered; if not, nothing is offered now."""
        unit = _KEYS.get(key)
        offer, shown = self._offer, self._editor.suggestion
        if unit is None or offer is None or not shown:
            self.drop()
            return False
        made = offer.continuation
        if offer.rest == made.text:
            self._note(made)
        wanted = units(shown, unit)[0]
        offer.taking.take_until(made, len(made.text) - len(offer.rest) + len(wanted))
        self._show(offer)
        return True

    def show(self, message: GhostWritten) -> None:
        """Offer what was written, if nothing was done since."""
        if message.number != self._number or not self._is_at_rest():
            return
        taking = Taking(self._editor.draft, self._editor.cursor, self._editor.keep)
        self._offer = _Offer(message.continuation, taking)
        self._show(self._offer)

    def _ask(self) -> None:
        self._timer = None
        prompt = self._editor.before_cursor.text
        if not (self._may_ask() and self._is_at_rest() and prompt.strip()):
            return
        self._number += 1
        number = self._number
        self._cursor = self._editor.cursor
        stop = self._stop = threading.Event()

        def write(model: "LoadedModel", should_stop: Callable[[], bool]) -> "Iterator[Event]":
            from gpt2_tui.continuations import Request, write

            return write(model, Request(prompt, _SETTINGS, (0,)), should_stop)

        def tell(message: Message) -> None:
            if isinstance(message, LaneFinished) and not stop.is_set():
                self._editor.post_message(GhostWritten(number, message.continuation))

        self._writer.queue(Work(number, write, tell, stop))

    def _withdraw(self) -> None:
        self._number += 1
        self._stop.set()
        self._offer = None
        self._editor.suggestion = ""
        self._editor.border_subtitle = _ON if self.is_on else ""

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _show(self, offer: _Offer) -> None:
        """Show what is left of the offer, as many whole words as there is room for."""
        room = self._editor.content_region.right - self._editor.cursor_screen_offset.x - 1
        shown = ""
        for word in units(offer.rest, Unit.WORD):
            if not word.isprintable() or cell_len(shown + word) > room:
                break
            shown += word
        self._cursor = self._editor.cursor
        if not shown.strip():
            self.drop()
            return
        self._editor.suggestion = shown
        self._editor.border_subtitle = _HINT

    def _is_at_rest(self) -> bool:
        """Whether the cursor waits at the end of a line, where there is room behind it."""
        editor = self._editor
        return editor.has_focus and editor.selection.is_empty and editor.cursor_at_end_of_line
