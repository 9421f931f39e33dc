"""Same-luck comparisons: rows that differ in one setting and draw with the same numbers."""

import asyncio
import math
import random
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.reactive import reactive
from textual.timer import Timer
from textual.widgets import Checkbox, Footer, Input, Select, Static

from gpt2_tui.comparisons import Beginning, Variant, Varied, plan, shared_beginnings, write_variants
from gpt2_tui.errors import UserError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.caption import SYNTHETIC, settings_parts
from gpt2_tui.models.choice import ModelChoice
from gpt2_tui.settings import SEED, Settings
from gpt2_tui.ui.compare_pane import ComparePane, Shown
from gpt2_tui.ui.comparing import Comparing
from gpt2_tui.ui.keys import same_key
from gpt2_tui.ui.messages import LaneFinished, RunBegan, RunEnded, Streamed
from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.safe_text import line_content
from gpt2_tui.ui.settling import settle_typing
from gpt2_tui.ui.writer import Work, Writer

if TYPE_CHECKING:
    from gpt2_tui.continuations import Event
    from gpt2_tui.loading import LoadedModel

_LANE = 0
_NARROWEST = 25
_LOWEST = 8
_SECONDS_BETWEEN_DRAWINGS = 0.2
_OPEN, _BLIND = "blind: no", "blind: yes"
_EMPTY = (
    "One prompt, several rows that differ in one setting alone and share their luck: what differs "
    "comes from the setting. Choose the setting and its values above; Enter writes."
)


class CompareScreen(Overlay[None]):
    """Owns its runs; `comparing` keeps, saves and copies what comes of them."""

    CSS_PATH = "compare_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="Stop writing; then back to the desk"),
        same_key("compare", "back", "Back", show=False),
        same_key("generate", "write(0)", "Write"),
        same_key("retry", "write(1)", "Next seed"),
        Binding("b", "in_full", "Beginnings", tooltip="Show shared beginnings in every row"),
    ]

    in_full: reactive[bool] = reactive(False)

    def __init__(
        self,
        comparing: Comparing,
        model: str,
        writer: Writer,
        prompt: AuthoredText,
        settings: Settings,
    ) -> None:
        super().__init__()
        self._comparing = comparing
        self._model = model
        self._writer = writer
        self._prompt = prompt
        self._settings = settings
        self._numbers = count()
        self._work: Work | None = None
        self._node = 0
        self._varies = Varied.TEMPERATURE
        self._hidden = False
        self._is_writing = False
        self._timer: Timer | None = None
        # Enter in the values and the key that writes can come at once.
        self._beginning = asyncio.Lock()

    def compose(self) -> ComposeResult:
        yield Static(id="title")
        with Horizontal(id="plan"):
            yield Select(
                [(varied.value, varied) for varied in Varied],
                value=Varied.TEMPERATURE,
                allow_blank=False,
                compact=True,
                id="varied",
            )
            yield Input(Varied.TEMPERATURE.examples, compact=True, id="values")
            yield Checkbox(_OPEN, compact=True, id="blind")
        with VerticalScroll(id="rows", can_focus=False):
            yield Static(line_content(_EMPTY), id="no-rows")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self._show_title()
        self.query_one("#values", Input).focus()
        self._timer = self.set_interval(_SECONDS_BETWEEN_DRAWINGS, self._draw, pause=True)

    def on_unmount(self) -> None:
        self._drop_run()

    @property
    def panes(self) -> list[ComparePane]:
        return list(self.query(ComparePane))

    # The plan

    @on(Select.Changed, "#varied")
    def _varied_chosen(self) -> None:
        values = self.query_one("#values", Input)
        values.value = self._chosen.examples
        values.focus()

    @on(Checkbox.Changed, "#blind")
    def _blind_changed(self, message: Checkbox.Changed) -> None:
        # The tick alone differs only by its colour.
        message.checkbox.label = _BLIND if message.value else _OPEN

    @on(Input.Submitted, "#values")
    async def _submitted(self) -> None:
        await self.action_write(0)

    @property
    def _chosen(self) -> Varied:
        """What the next rows will differ in."""
        return Varied(str(self.query_one("#varied", Select).value))

    async def action_write(self, seeds: int) -> None:
        """Write by the plan, with the seed moved on by `seeds`."""
        async with self._beginning:
            await settle_typing(self)
            await self._write_with_seed(seeds)

    async def _write_with_seed(self, seeds: int) -> None:
        seed = int(SEED.stepped(self._settings.seed, seeds))
        settings = replace(self._settings, seed=seed)
        varied, values = self._chosen, self.query_one("#values", Input).value
        try:
            variants = plan(self._prompt, settings, _LANE, varied, values)
        except UserError as error:
            self.complain(str(error))
            return
        self._settings, self._varies = settings, varied
        self._hidden = self.query_one("#blind", Checkbox).value
        self._drop_run()
        await self._show_rows(variants)
        self._begin(variants)

    def _drop_run(self) -> None:
        """End the run, and take nothing more of it: its rows are about to go."""
        if self._work is not None:
            self._work.stop.set()
            self._work = None
        self._end_drawing()

    def _end_drawing(self) -> None:
        self._is_writing = False
        if self._timer is not None:
            self._timer.pause()

    async def _show_rows(self, variants: Sequence[Variant]) -> None:
        """New panes; a blind comparison shows them in an order that tells nothing."""
        order = list(range(len(variants)))
        if self._hidden:
            random.SystemRandom().shuffle(order)
        names = string.ascii_uppercase if self._hidden else [str(n + 1) for n in order]
        rows = self.query_one("#rows", VerticalScroll)
        with self.app.batch_update():
            await rows.remove_children()
            await rows.mount_all(
                ComparePane(number, names[place], variants[number], self._label(variants[number]))
                for place, number in enumerate(order)
            )
            self._share_room()
        self._show_title()
        self.panes[0].focus()

    def _begin(self, variants: tuple[Variant, ...]) -> None:
        def write(model: "LoadedModel", should_stop: Callable[[], bool]) -> "Iterator[Event]":
            return write_variants(partial(self._model_of, model), variants, should_stop)

        self._node = self._comparing.begin()
        self._work = Work(next(self._numbers), write, self.post_message)
        self._is_writing = True
        self._writer.write(self._work)
        if self._timer is not None:
            self._timer.resume()

    def _model_of(self, in_use: "LoadedModel", reference: str | None) -> "LoadedModel":
        """The model of a row, on the device of the one in use. Called on the writer's thread."""
        if reference is None:
            return in_use
        choice = ModelChoice(reference, self._writer.choice.device)
        return self._writer.models.beside(choice)

    def _label(self, variant: Variant) -> str:
        if self._hidden:
            return "hidden until you vote (V)"
        if self._varies is Varied.PROMPT:
            return f"prompt … {variant.name}" if variant.name else "prompt as it is"
        return f"{self._varies} {variant.name}"

    def _show_title(self) -> None:
        parts = settings_parts(self._settings, _LANE)
        shared = [part for part in parts if not part.startswith(f"{self._varies} ")]
        if self._varies is not Varied.MODEL:
            shared.insert(0, self._model)
        title = " · ".join(["Same luck", SYNTHETIC, *shared])
        self.query_one("#title", Static).update(line_content(title))

    # What comes from the writer's thread

    @on(RunBegan)
    def _run_began(self, message: RunBegan) -> None:
        """Another model may be in use than when the screen was opened."""
        if self._is_current(message.run) and message.model != self._model:
            self._model = message.model
            self._show_title()

    @on(Streamed)
    def _streamed(self, message: Streamed) -> None:
        if self._is_current(message.run):
            for number, text in message.lanes.items():
                self._pane(number).pieces += text.pieces

    @on(LaneFinished)
    def _lane_finished(self, message: LaneFinished) -> None:
        if self._is_current(message.run):
            self._comparing.add(self._node, message.continuation)
            self._pane(message.lane).finish(message.rest, message.continuation)

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        if not self._is_current(message.run):
            return
        self._end_drawing()
        self._draw()
        for pane in self.panes:
            if pane.continuation is None:
                pane.border_subtitle = _broken(pane)
        if message.fault is not None:
            self.complain(message.fault)

    def _is_current(self, run: int) -> bool:
        return self._work is not None and self._work.run == run

    def _pane(self, number: int) -> ComparePane:
        return next(pane for pane in self.panes if pane.number == number)

    def _draw(self) -> None:
        panes = self.panes
        beginnings = shared_beginnings([pane.pieces for pane in panes])
        for place, (pane, beginning) in enumerate(zip(panes, beginnings, strict=True)):
            like = beginning.like
            pane.show(
                Shown(
                    beginning=beginning,
                    parts=place > 0,
                    like="" if like is None else panes[like].row_name,
                    leaving=_leaving(panes, beginnings, place),
                    in_full=self.in_full,
                )
            )

    # Rows

    @on(ComparePane.Wish)
    def _wished(self, message: ComparePane.Wish) -> None:
        pane, continuation = message.pane, message.pane.continuation
        number = self.panes.index(pane) + 1
        if message.wish == "vote":
            self._vote(pane)
        elif self._hidden:
            self.say("vote first (V); then the settings are shown")
        elif continuation is None:
            still = "still being written; Esc stops it"
            self.say(f"row {pane.row_name}: {still if self._is_writing else _broken(pane)}")
        elif message.wish == "keep":
            prompt = pane.variant.prompt
            ending = prompt.part(len(self._prompt.text), len(prompt.text))
            self._comparing.keep(ending, continuation, pane.row_name)
        elif message.wish == "save":
            self._comparing.save(pane.variant.prompt, continuation)
        elif message.wish == "inspect":
            self._comparing.look_into(pane.variant.prompt, continuation, number)
        else:
            self._comparing.copy(continuation, labeled=message.wish == "copy")

    def _vote(self, chosen: ComparePane) -> None:
        if not self._hidden:
            self.say("nothing is hidden here; tick blind before you write")
            return
        self._hidden = False
        for pane in self.panes:
            pane.reveal(self._label(pane.variant), chosen=pane is chosen)
        self.say(f"You chose {chosen.row_name}: {self._label(chosen.variant)}")

    def action_in_full(self) -> None:
        self.in_full = not self.in_full

    def watch_in_full(self) -> None:
        self._draw()

    def action_back(self) -> None:
        """Stop writing; then back to the desk. What has begun ends within one token, and is waited
        for; to load the model of the next rows can take long, and is not."""
        begun = any(pane.pieces and pane.continuation is None for pane in self.panes)
        is_stopping = self._work is not None and self._work.stop.is_set()
        if self._is_writing and (begun or not is_stopping):
            self._writer.stop()
        else:
            self.dismiss(None)

    def on_resize(self, _event: events.Resize) -> None:
        self._share_room()

    def _share_room(self) -> None:
        """As many columns as are wide enough; rows of panes share the height or scroll."""
        rows = self.query_one("#rows", VerticalScroll)
        count = len(self.panes)
        columns = max(1, min(count, self.size.width // _NARROWEST))
        lines = max(1, math.ceil(count / columns))
        rows.styles.grid_size_columns = columns
        rows.styles.grid_rows = str(max(_LOWEST, rows.size.height // lines))


def _broken(pane: ComparePane) -> str:
    """What became of a row that has no end."""
    return "broke off" if pane.pieces else "not written"


def _leaving(
    panes: Sequence[ComparePane], beginnings: Sequence[Beginning], place: int
) -> dict[int, str]:
    """The names of the rows that leave the row at `place`, by where they do."""
    found: dict[int, list[str]] = {}
    for pane, beginning in zip(panes, beginnings, strict=True):
        if beginning.like == place and beginning.length < len(pane.pieces):
            found.setdefault(beginning.length, []).append(pane.row_name)
    return {length: ",".join(names) for length, names in found.items()}
