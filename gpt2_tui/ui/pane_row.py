"""The panes side by side; where they do not all fit, the row scrolls sideways."""

import asyncio
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import HorizontalScroll
from textual.message import Message
from textual.widgets import Static

from gpt2_tui.drafts.taking import Taking
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.settings import Settings
from gpt2_tui.text.sentences import Unit
from gpt2_tui.ui.keys import key_name
from gpt2_tui.ui.messages import Said
from gpt2_tui.ui.openings_list import OpeningsList
from gpt2_tui.ui.pane import Pane
from gpt2_tui.ui.text_pane import TextPane

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation
    from gpt2_tui.loading import LoadedModel

_EMPTY = (
    "Continuations appear here side by side, each marked as synthetic.\n"
    "{generate} writes them, {stop} stops them, {keep} keeps the first,\n"
    "{help} shows all keys."
)


_NARROWEST = 24


class PaneRow(HorizontalScroll, can_focus=False):
    """Holds one pane for each lane of the last run."""

    class Kept(Message):
        """All of a pane is in the draft."""

    def __init__(self) -> None:
        super().__init__()
        self._taking: Taking | None = None
        self._last = 1
        # To take the old ones out takes a while, in which another key can ask for new ones.
        self._changing = asyncio.Lock()
        self._offers_openings = False

    def compose(self) -> ComposeResult:
        yield Static(id="no-panes", markup=False)
        yield OpeningsList()

    def on_mount(self) -> None:
        self.show_keys()
        self.offer_openings(self._offers_openings)

    def offer_openings(self, offers: bool) -> None:
        """Offer something to begin with, while there are no panes; or say what they are for."""
        self._offers_openings = offers
        for empty in self.query("#no-panes"):
            empty.display = not offers
        for openings in self.query(OpeningsList):
            openings.display = offers

    def show_keys(self) -> None:
        """Name the keys as they are now, while there are no panes."""
        for openings in self.query(OpeningsList):
            openings.show_keys()
        names = {"generate": "generate", "stop": "stop", "keep": "keep-1", "help": "help"}
        text = _EMPTY.format(**{word: key_name(self, name) for word, name in names.items()})
        for empty in self.query("#no-panes").results(Static):
            empty.update(text)

    @property
    def panes(self) -> list[Pane]:
        return list(self.query(Pane))

    def pane_of(self, lane: int) -> Pane | None:
        return next((pane for pane in self.panes if pane.lane == lane), None)

    async def clear(self) -> None:
        """No panes, as in the beginning."""
        async with self._changing:
            with self.app.batch_update():
                await self.remove_children()
                await self.mount(*self.compose())
                self.show_keys()
                self.offer_openings(self._offers_openings)

    async def show(
        self, model: str, settings: Settings, lanes: tuple[int, ...], taking: Taking
    ) -> None:
        """New panes for a new run, in place of the old ones; `taking` puts their text in the
        draft."""
        async with self._changing:
            self._taking = taking
            with self.app.batch_update():
                await self.remove_children()
                await self.mount_all(
                    Pane(number, model, settings, lane)
                    for number, lane in enumerate(lanes, start=1)
                )
                self._share_width()
                self.scroll_x = 0

    async def show_alone(self, pane: TextPane) -> None:
        """A pane whose text is not for the draft, in place of all others."""
        async with self._changing:
            self._taking = None
            with self.app.batch_update():
                await self.remove_children()
                await self.mount(pane)

    def finished(self, pane: Pane) -> "Continuation | None":
        """What a pane holds; if it is not finished yet, the user is told."""
        if pane.continuation is None:
            still = f"is still being written; {key_name(self, 'stop')} stops it"
            self._say(f"pane {pane.number} {'broke off' if pane.broke_off else still}")
        return pane.continuation

    # Taking text into the draft

    def keep(self, number: int) -> None:
        """Take all of pane `number`, or begin with that opening where they are offered."""
        panes = self.panes
        openings = self.query(OpeningsList)
        if openings and self._offers_openings:
            openings.first().pick(number)
        elif not panes and self.query(TextPane):
            self._say("a replay stays out of the draft; Enter in the library opens its text")
        elif number > len(panes):
            self._say(f"there is no pane {number}")
        else:
            self._take(panes[number - 1], Unit.ALL)

    def take_sentence(self) -> None:
        """Take the next sentence of the focused pane, or of the one that was taken from last."""
        panes = self.panes
        focused = self.screen.focused
        if isinstance(focused, Pane):
            self._take(focused, Unit.SENTENCE)
        elif panes:
            self._take(panes[min(self._last, len(panes)) - 1], Unit.SENTENCE)
        else:
            self._say(f"there is no pane to take from; {key_name(self, 'generate')} writes some")

    def take_before_loop(self, pane: Pane, model: "LoadedModel") -> bool:
        """Take what stands before the loop that a pane fell into; whether it did."""
        continuation = self.finished(pane)
        if continuation is None or self._taking is None:
            return False
        if continuation.stop_reason != StopReason.LOOP:
            self._say(f"pane {pane.number} did not go in a circle")
            return False
        maker = continuation.maker
        if maker.tokenizer_sha256 != model.maker.tokenizer_sha256:
            self._say(
                f"{maker.model} wrote pane {pane.number}, and only with its tokens can the loop be "
                f"cut off; {key_name(self, 'models')} chooses it"
            )
            return False
        from gpt2_tui.continuations import before_loop

        self._taking.take_until(continuation, before_loop(model, continuation))
        return True

    def show_taken(self) -> None:
        """Mark in each pane what of it is in the draft; an undo may have taken it out."""
        for pane in self.panes:
            if self._taking is not None and pane.continuation is not None:
                pane.show_taken(self._taking.taken(pane.continuation))

    @on(Pane.Take)
    def _wished(self, message: Pane.Take) -> None:
        self._take(message.pane, message.unit)

    def _take(self, pane: Pane, unit: Unit) -> None:
        continuation = self.finished(pane)
        if continuation is None or self._taking is None:
            return
        self._last = pane.number
        if not continuation.text:
            self._say(f"pane {pane.number} has no text")
        elif not self._taking.take(continuation, unit):
            self._say(f"all of pane {pane.number} was taken already")
        elif unit is Unit.ALL:
            self._say(f"Pane {pane.number} is in the draft; Ctrl+Z takes it out again")
            self.post_message(self.Kept())

    def _say(self, text: str) -> None:
        self.post_message(Said(text))

    def on_resize(self, _event: events.Resize) -> None:
        self._share_width()

    def _share_width(self) -> None:
        """All panes share the row if they fit; else as many as fit do, and the rest is beside."""
        panes = self.panes
        fitting = max(1, self.size.width // _NARROWEST)
        for pane in panes:
            pane.styles.width = "1fr" if len(panes) <= fitting else self.size.width // fitting
