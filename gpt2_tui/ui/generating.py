"""The runs of the desk: from the key that asks for one to the last word in the last pane."""

from itertools import count
from typing import TYPE_CHECKING

from gpt2_tui.drafts.taking import Taking
from gpt2_tui.settings import SEED
from gpt2_tui.ui import messages
from gpt2_tui.ui.document import Document
from gpt2_tui.ui.draft_editor import DraftEditor
from gpt2_tui.ui.pane import Pane
from gpt2_tui.ui.pane_row import PaneRow
from gpt2_tui.ui.run import Run
from gpt2_tui.ui.settings_bar import SettingsBar
from gpt2_tui.ui.speaking_screen import SpeakingScreen
from gpt2_tui.ui.status_bar import StatusBar
from gpt2_tui.ui.text_pane import TextPane
from gpt2_tui.ui.writer import Work, Writer

if TYPE_CHECKING:
    from gpt2_tui.inspection import Branch


class Generating:
    """Has `writer` go on from the cursor of `editor`, by the settings of `bar`, into `panes`.

    `status` says how it goes, and the history of `document` keeps what comes of it. What the writer
    tells goes to `screen`, which hands it to `receive`. One run at a time: what still comes of an
    earlier one is dropped.
    """

    def __init__(
        self,
        screen: SpeakingScreen[None],
        writer: Writer,
        document: Document,
        editor: DraftEditor,
        bar: SettingsBar,
        panes: PaneRow,
        status: StatusBar,
    ) -> None:
        self._screen = screen
        self._writer = writer
        self._document = document
        self._editor = editor
        self._bar = bar
        self._panes = panes
        self._status = status
        self._numbers = count()
        self.run: Run | None = None
        """The last one."""

    @property
    def is_writing(self) -> bool:
        return self.being_written is not None

    @property
    def being_written(self) -> int | None:
        """The node of the history for which it writes; None if it does not."""
        return self.run.node if self.run is not None and not self.run.is_over else None

    # Beginning and ending one

    async def write(self, picked: "Branch | None" = None) -> None:
        """Write with the seed that is set, or a new one. `picked` is what the draft became where a
        person picked its last token."""
        await self._begin(self._bar.seed_or_fresh, picked)

    async def retry(self) -> None:
        """Write again with the next seed."""
        if self.run is None:
            await self.write()
            return
        again = self._editor.before_cursor.text == self.run.prompt.text
        await self._begin(self._seed_after(self.run), self.run.picked if again else None)

    async def go_on_before_loop(self, pane: Pane) -> None:
        """Keep what stands before the loop in `pane`; write on from there with the next seed."""
        model = self._writer.model
        if model is None or self.run is None:
            return
        if self._panes.take_before_loop(pane, model):
            self._editor.focus()
            await self._begin(self._seed_after(self.run))

    def _seed_after(self, run: Run) -> int:
        """The seed that was set since `run`, or else the next one; one that was set moves on."""
        before, seed = run.settings.seed, self._bar.seed
        if seed is not None and seed != before:
            return seed
        following = int(SEED.stepped(before, 1))
        if seed is not None:
            self._bar.control(SEED).set_value(following)
        return following

    def stop(self) -> None:
        self._writer.stop()
        if self.is_writing:
            self._status.activity = "stopping…"

    async def forget(self) -> None:
        """No panes and no run, as in the beginning."""
        self._drop_run()
        await self._panes.clear()

    async def give_way_to(self, pane: TextPane) -> None:
        """No run, and `pane` in place of its panes."""
        self._drop_run()
        await self._panes.show_alone(pane)

    def _drop_run(self) -> None:
        self.run = None
        self._status.activity = ""

    async def _begin(self, seed: int, picked: "Branch | None" = None) -> None:
        editor = self._editor
        await editor.settle()
        editor.drop_ghost()
        run = self.run = Run(
            number=next(self._numbers),
            node=self._document.begin_generation(),
            prompt=editor.before_cursor,
            settings=self._bar.settings(seed),
            lanes=tuple(range(self._bar.panes)),
            taking=Taking(editor.draft, editor.cursor, editor.keep),
            picked=picked,
        )
        await self._panes.show("…", run.settings, run.lanes, run.taking)
        waits = self._writer.is_loading
        self._status.activity = "waiting for the model…" if waits else "reading…"
        self._writer.write(Work(run.number, run.write, self._screen.post_message))

    # What comes of it

    def receive(self, message: messages.OfRun) -> None:
        """Show what the writer tells of the run."""
        run = self.run
        if run is None or run.number != message.run:
            return
        match message:
            case messages.RunBegan():
                for pane in self._panes.panes:
                    pane.set_model(message.model)
                started = message.started
                self._status.show_window(started.prompt_tokens, started.tokens_in_sight)
            case messages.PromptEncoded():
                self._status.activity = f"reading {message.done}/{message.total}"
            case messages.Streamed():
                self._show_text(run, message)
            case messages.LaneFinished():
                self._finish_lane(run, message)
            case messages.RunEnded():
                self._end(run, message)

    def _show_text(self, run: Run, message: messages.Streamed) -> None:
        for lane, text in message.lanes.items():
            run.speeds[lane] = text.speed
            pane = self._panes.pane_of(lane)
            if pane is not None:
                pane.add(text.text)
                pane.show_speed(text.speed)
        if run.is_time_to_tell_speed():
            self._status.activity = f"{run.speed:.0f} tok/s"

    def _finish_lane(self, run: Run, message: messages.LaneFinished) -> None:
        pane = self._panes.pane_of(message.lane)
        if pane is None:
            return
        run.finished[message.lane] = message.continuation
        self._document.add_continuation(run.node, message.continuation)
        pane.finish(message.rest, message.continuation)

    def _end(self, run: Run, message: messages.RunEnded) -> None:
        run.is_over = True
        self._status.activity = ""
        for pane in self._panes.panes:
            if pane.continuation is None:
                pane.break_off()
        if message.fault is not None:
            self._screen.complain(message.fault)
