"""The desk: the draft, the settings and the panes on one screen, and what its keys do."""

import asyncio
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer, Static

from gpt2_tui.drafts.autosave import ChangedOutside, NotSaved, Saved
from gpt2_tui.drafts.opening import OpenDraft
from gpt2_tui.drafts.taking import Taking
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.errors import StorageError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.models.choice import ModelChoice
from gpt2_tui.preferences.schema import Preferences
from gpt2_tui.settings import SEED, Settings, Stopping, fresh_seed
from gpt2_tui.text.sentences import Unit
from gpt2_tui.text.visible import visible
from gpt2_tui.ui import keeping, messages
from gpt2_tui.ui.document import Document
from gpt2_tui.ui.draft_editor import DraftEditor
from gpt2_tui.ui.ghost import Ghost
from gpt2_tui.ui.help_screen import HelpScreen
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS, key_name
from gpt2_tui.ui.model_pull import ModelPull
from gpt2_tui.ui.number_control import NumberControl
from gpt2_tui.ui.pane import Pane
from gpt2_tui.ui.pane_row import PaneRow
from gpt2_tui.ui.prompt_counter import PromptCounter
from gpt2_tui.ui.run import Run
from gpt2_tui.ui.settings_bar import SettingsBar
from gpt2_tui.ui.speaking_screen import SpeakingScreen
from gpt2_tui.ui.status_bar import StatusBar
from gpt2_tui.ui.stopping_screen import StoppingScreen
from gpt2_tui.ui.tree_screen import TreeScreen
from gpt2_tui.ui.watermark_control import WatermarkControl
from gpt2_tui.ui.writer import Work, Writer

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation
    from gpt2_tui.inspection import Branch
    from gpt2_tui.labels.found import Found
    from gpt2_tui.loading import LoadedModel
    from gpt2_tui.ui.inside_screen import InsideText

_NO_MODEL = "this needs the model, which is not loaded yet"
_SECONDS_TO_SETTLE = 1.0
_TOO_SMALL = "too small: the desk needs 40 columns and 12 lines"


class Desk(SpeakingScreen):
    """Owns the draft, the writer thread and the current run."""

    CSS_PATH = "desk.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in (*DESK_KEYS, *KEEP_KEYS)]

    def __init__(self, draft: OpenDraft, model: ModelChoice, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self._document = Document(draft, self.post_message)
        self._writer = Writer(self.post_message, model)
        self._pull = ModelPull(self.post_message)
        self._counter = PromptCounter(
            self, lambda: self.editor.before_cursor.text, lambda: self._model
        )
        self._run: Run | None = None
        self._comparing: Taking | None = None
        self._runs = count()

    def compose(self) -> ComposeResult:
        yield StatusBar()
        yield Static(_TOO_SMALL, id="too-small")
        yield DraftEditor(self._document.draft, self._document.changed)
        yield SettingsBar(self._preferences)
        yield PaneRow()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self._begin_document()
        # The first frame is drawn before the model, and all it imports, is loaded: one refresh
        # lays the desk out, the next one draws it.
        self.call_after_refresh(self.call_after_refresh, self._writer.start)

    def _begin_document(self) -> None:
        """Save the draft from now on, and say how it was opened."""
        self.editor.border_title = "Draft"
        self.editor.focus()
        self._draft_changed()
        self.editor.ghost = Ghost(
            self.editor,
            self._writer,
            lambda: self._model is not None and not self.is_writing,
            lambda made: self.add_continuation(self.begin_generation(), made),
        )
        self._document.start_saving()
        for note in self._document.notes:
            self.say(note)
        if self._document.settings is not None:
            self.use_settings(self._document.settings)

    @property
    def editor(self) -> DraftEditor:
        return self.query_one(DraftEditor)

    @property
    def settings_bar(self) -> SettingsBar:
        return self.query_one(SettingsBar)

    @property
    def pane_row(self) -> PaneRow:
        return self.query_one(PaneRow)

    @property
    def status(self) -> StatusBar:
        return self.query_one(StatusBar)

    @property
    def is_writing(self) -> bool:
        return self._run is not None and not self._run.is_over

    # The model

    @property
    def _model(self) -> "LoadedModel | None":
        return self._writer.model

    @on(messages.ModelLoading)
    def _model_loading(self, message: messages.ModelLoading) -> None:
        self.status.model = message.text

    @on(messages.ModelReady)
    def _model_ready(self) -> None:
        self.status.show_model(self._model)
        self._counter.count()
        if self._model is not None and self._model.notice is not None:
            self.warn(self._model.notice)

    @on(messages.ModelFailed)
    def _model_failed(self, message: messages.ModelFailed) -> None:
        self.status.show_model(self._model)
        self.complain(message.reason)

    def action_models(self) -> None:
        """Use another model, on another device, or fetch one."""
        from gpt2_tui.ui.models_screen import ModelsScreen

        self.app.push_screen(ModelsScreen(self._writer, self._pull))

    @on(events.ScreenResume)
    def _on_top_again(self) -> None:
        self._writer.release_beside()

    # A run

    async def action_generate(self) -> None:
        seed = self.settings_bar.seed
        await self._begin(fresh_seed() if seed is None else seed)

    async def action_retry(self) -> None:
        """Write again with the next seed; a seed that was set moves on with it."""
        if self._run is None:
            await self.action_generate()
            return
        control = self.settings_bar.control(SEED)
        seed = int(control.field.stepped(self._run.settings.seed, 1))
        if control.value is not None:
            control.set_value(seed)
        again = self.editor.before_cursor.text == self._run.prompt.text
        await self._begin(seed, self._run.picked if again else None)

    def action_stop(self) -> None:
        self._writer.stop()
        if self.is_writing:
            self.status.activity = "stopping…"

    async def _begin(self, seed: int, picked: "Branch | None" = None) -> None:
        await self.settle()
        editor = self.editor
        editor.drop_ghost()
        run = Run(
            number=next(self._runs),
            node=self.begin_generation(),
            prompt=editor.before_cursor,
            settings=self.settings_bar.settings(seed),
            lanes=tuple(range(self.settings_bar.panes)),
            taking=Taking(editor.draft, editor.cursor, editor.keep),
            picked=picked,
        )
        self._run = run
        await self.pane_row.show("…", run.settings, run.lanes, run.taking)
        waits = self._writer.is_loading
        self.status.activity = "waiting for the model…" if waits else "reading…"
        self._writer.write(Work(run.number, run.write, self.post_message))

    @on(messages.RunBegan)
    def _run_began(self, message: messages.RunBegan) -> None:
        if self._current(message.run) is not None:
            for pane in self.pane_row.panes:
                pane.set_model(message.model)
            self._show_window(message.started.prompt_tokens, message.started.tokens_in_sight)

    @on(messages.PromptEncoded)
    def _prompt_encoded(self, message: messages.PromptEncoded) -> None:
        if self._current(message.run) is not None:
            self.status.activity = f"reading {message.done}/{message.total}"

    @on(messages.Streamed)
    def _streamed(self, message: messages.Streamed) -> None:
        run = self._current(message.run)
        if run is None:
            return
        for lane, text in message.lanes.items():
            run.speeds[lane] = text.speed
            pane = self.pane_row.pane_of(lane)
            if pane is not None:
                pane.add(text.text)
                pane.show_speed(text.speed)
        if run.is_time_to_tell_speed():
            self.status.activity = f"{run.speed:.0f} tok/s"

    @on(messages.LaneFinished)
    def _lane_finished(self, message: messages.LaneFinished) -> None:
        run = self._current(message.run)
        pane = self.pane_row.pane_of(message.lane)
        if run is not None and pane is not None:
            run.finished[message.lane] = message.continuation
            self.add_continuation(run.node, message.continuation)
            pane.finish(message.rest, message.continuation)
            if message.continuation.stop_reason == StopReason.LOOP:
                self.say(f"Pane {pane.number} went in a circle; G in it goes on from before that")

    @on(messages.RunEnded)
    def _run_ended(self, message: messages.RunEnded) -> None:
        run = self._current(message.run)
        if run is None:
            return
        run.is_over = True
        self.status.activity = ""
        for pane in self.pane_row.panes:
            if pane.continuation is None:
                pane.show_state("broke off")
        if message.fault is not None:
            self.complain(message.fault)

    def begin_generation(self) -> int:
        """Note in the draft's history that something will be written; the number of the node."""
        return self._document.begin_generation()

    def add_continuation(self, node: int, continuation: "Continuation") -> None:
        """Note what was written at `node`."""
        self._document.add_continuation(node, continuation)

    def _current(self, number: int) -> Run | None:
        """The run, unless the message is of an earlier one."""
        return self._run if self._run is not None and self._run.number == number else None

    # Keeping, saving, copying

    async def action_keep(self, number: int) -> None:
        await self.settle()
        self.pane_row.keep(number)

    async def action_take_sentence(self) -> None:
        await self.settle()
        self.pane_row.take_sentence()

    @on(PaneRow.Kept)
    def _kept(self) -> None:
        self.editor.focus()

    def keep_text(self, continuation: "Continuation", pane: int) -> None:
        """Put a continuation, shown in pane number `pane` of the comparison, in the draft."""
        if self._comparing is not None and self._comparing.take(continuation, Unit.ALL):
            self.say(f"Pane {pane} is in the draft; Ctrl+Z takes it out again")

    @on(Pane.GoOn)
    async def _pane_go_on(self, message: Pane.GoOn) -> None:
        """Keep what stands before the loop, and write on from there with the next seed."""
        if self._model is None or self._run is None:
            return
        if self.pane_row.take_before_loop(message.pane, self._model):
            self.editor.focus()
            await self._begin(int(SEED.stepped(self._run.settings.seed, 1)))

    @on(DraftEditor.Shown)
    def _draft_shown(self) -> None:
        self.pane_row.show_taken()

    def action_ghost(self) -> None:
        if self.editor.ghost is not None:
            self.editor.ghost.toggle()

    @on(DraftEditor.SelectionChanged)
    def _cursor_moved(self) -> None:
        self._counter.count_after_a_pause()

    def action_save_all(self) -> None:
        panes = [pane for pane in self.pane_row.panes if pane.continuation is not None]
        if not panes:
            self.say("there is no finished pane to save")
        elif self._run is not None:
            finished = [pane.continuation for pane in panes if pane.continuation is not None]
            self.save_texts(self._run.prompt, finished)

    @on(Pane.Save)
    def _pane_save(self, message: Pane.Save) -> None:
        continuation = self.pane_row.finished(message.pane)
        if continuation is not None and self._run is not None:
            self.save_texts(self._run.prompt, [continuation])

    def save_texts(self, prompt: AuthoredText, continuations: "list[Continuation]") -> None:
        """Save continuations of `prompt`, each under its label."""
        signed = self._preferences.sign
        self.in_background(lambda: keeping.save_samples(prompt, continuations, signed=signed))

    async def action_save_draft(self) -> None:
        await self.settle()
        if not self.editor.text.strip():
            self.say("the draft is empty")
        else:
            self.in_background(self._document.save_labeled(signed=self._preferences.sign))

    @on(Pane.Copy)
    def _pane_copy(self, message: Pane.Copy) -> None:
        continuation = self.pane_row.finished(message.pane)
        if continuation is not None:
            self.copy_text(continuation, message.labeled)

    def copy_text(self, continuation: "Continuation", labeled: bool) -> None:
        """Copy a continuation's text, with or without its label."""
        text = visible(keeping.labeled_text(continuation) if labeled else continuation.text)
        self.app.copy_to_clipboard(text)
        self.editor.remember_copied(text, AuthoredText.kept(continuation))
        self.say(
            "Copied with its label; T copies the text alone"
            if labeled
            else "Copied without its label; say yourself that it is synthetic"
        )

    # Other screens on the same texts

    def action_inspect(self) -> None:
        focused = self.focused
        if isinstance(focused, Pane):
            self._inspect_pane(focused)
        elif self._model is None:
            self.say(_NO_MODEL)
        else:
            from gpt2_tui.ui.inside_screen import draft_text

            seed = self.settings_bar.seed or 0
            sampling = self.settings_bar.settings(seed).sampling
            self._push_inside(draft_text(self.editor.authored, sampling))

    @on(Pane.Inspect)
    def _pane_inspect(self, message: Pane.Inspect) -> None:
        self._inspect_pane(message.pane)

    def _inspect_pane(self, pane: Pane) -> None:
        continuation = self.pane_row.finished(pane)
        if continuation is not None and self._run is not None:
            self.look_inside(self._run.prompt, continuation, pane.number)

    def look_inside(self, prompt: AuthoredText, continuation: "Continuation", pane: int) -> None:
        """Show what the model thought of each token of a continuation in pane number `pane`."""
        from gpt2_tui.ui.inside_screen import continuation_text

        self._push_inside(continuation_text(prompt, continuation, pane))

    def _push_inside(self, text: "InsideText") -> None:
        from gpt2_tui.ui.inside_screen import InsideScreen

        self.app.push_screen(InsideScreen(self._writer, text), self._go_on)

    async def _go_on(self, branch: "Branch | None") -> None:
        """Write on from where another token was picked."""
        if branch is None:
            return
        while self.app.screen is not self:
            self.app.pop_screen()
        self.editor.become(branch.text)
        self.editor.focus()
        same = self.editor.text == branch.text.text
        seed = self.settings_bar.seed
        await self._begin(fresh_seed() if seed is None else seed, branch if same else None)
        self.say("The draft goes up to the token you picked; Ctrl+Z brings the rest back")

    def action_compare(self) -> None:
        if self._model is None:
            self.say(_NO_MODEL)
            return
        from gpt2_tui.ui.compare_screen import CompareScreen

        seed = self.settings_bar.seed
        settings = self.settings_bar.settings(fresh_seed() if seed is None else seed)
        editor = self.editor
        editor.drop_ghost()
        self._comparing = Taking(editor.draft, editor.cursor, editor.keep)
        self.app.push_screen(
            CompareScreen(self, self._model.name, self._writer, editor.before_cursor, settings)
        )

    def action_sight(self) -> None:
        if self._model is None:
            self.say(_NO_MODEL)
            return
        from gpt2_tui.ui.sight_screen import SightScreen

        self.app.push_screen(SightScreen(self._model, self.editor.before_cursor.text))

    # The draft and its window

    @on(DraftEditor.Changed)
    def _draft_changed(self) -> None:
        self.status.synthetic_percent = self.editor.authored.synthetic_percent
        self.status.draft_name = self._document.title
        self._counter.count_after_a_pause()

    @on(messages.DraftSaving)
    def _draft_saving(self, message: messages.DraftSaving) -> None:
        self.status.draft_name = self._document.title
        match message.report:
            case NotSaved(reason):
                self.complain(f"{reason}. It is tried again")
            case Saved(note=str(note)):
                self.complain(note)
            case ChangedOutside() as change:
                self.editor.note_cursor()
                if self._document.take_over(change):
                    self.editor.show_draft()
                    self.say("Another program changed the file; Ctrl+Z brings your text back")

    async def action_history(self) -> None:
        """The tree of the draft's states, which may leave it at another one."""
        await self.settle()
        self.editor.note_cursor()
        here = self.editor.authored

        def show(_: None) -> None:
            if self.editor.authored is not here:
                self.editor.show_draft()

        self.app.push_screen(TreeScreen(self._document), show)

    @on(messages.PromptCounted)
    def _prompt_counted(self, message: messages.PromptCounted) -> None:
        if self._counter.is_current(message):
            self._show_window(message.tokens, message.in_sight)

    def _show_window(self, tokens: int, in_sight: int) -> None:
        self.status.prompt_tokens = tokens
        self.status.window_used = in_sight

    # The library, and what is opened from it

    async def action_library(self) -> None:
        from gpt2_tui.ui.library_screen import LibraryScreen

        await self.settle()
        self.app.push_screen(LibraryScreen(self))

    @property
    def draft_path(self) -> Path:
        """The file of the draft that is open."""
        return self._document.path

    async def open_draft(self, opened: OpenDraft) -> None:
        """Save and leave the draft for another one. Raises StorageError if it cannot be saved."""
        try:
            farewell = self.leave()
        except StorageError:
            opened.place.leave()
            raise
        if farewell is not None:
            self.say(farewell)
        self._document = Document(opened, self.post_message)
        self._run = None
        self.status.activity = ""
        await self.pane_row.clear()
        await self.editor.remove()
        await self.mount(
            DraftEditor(self._document.draft, self._document.changed), before=self.settings_bar
        )
        self._begin_document()

    async def replay(self, found: "Found", name: str) -> None:
        """Generate a labeled text from the file `name` again, in a pane of its own. The draft and
        the settings stay as they are."""
        from gpt2_tui.ui.replay_pane import ReplayPane

        self._run = None
        self.status.activity = ""
        self.editor.drop_ghost()
        pane = ReplayPane(found, name)
        await self.pane_row.show_alone(pane)
        self._writer.write(pane.job)

    def use_settings(self, settings: Settings) -> None:
        """Set the settings bar to those of a text, and say so."""
        self.settings_bar.show(settings)
        also = "; the watermark is on" if settings.sampling.watermark else ""
        self.say(f"The settings are those of the text, its seed too{also}")

    def remember_copied(self, text: str, kept: AuthoredText) -> None:
        """Know whose words were copied, once they are pasted into the draft."""
        self.editor.remember_copied(text, kept)

    # Settings, help, leaving

    def action_settings(self) -> None:
        self.settings_bar.focus_first()

    def take_over(self, preferences: Preferences) -> None:
        """Go by other stored settings from now on."""
        if preferences.sign and not self._preferences.sign:
            self.in_background(keeping.who_will_sign)
        self._preferences = preferences
        self.settings_bar.take_over(preferences)
        self.editor.show_keys()
        self.pane_row.show_keys()

    def action_stopping(self) -> None:
        bar = self.settings_bar

        def choose(stopping: Stopping | None) -> None:
            if stopping is not None:
                bar.stopping = stopping

        self.app.push_screen(StoppingScreen(bar.stopping), choose)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    @on(NumberControl.Changed)
    @on(SettingsBar.PresetUsed)
    @on(WatermarkControl.Switched)
    def _setting_changed(self) -> None:
        if self.is_writing:
            self.say("This counts for the next generation")

    @on(NumberControl.Refused)
    def _setting_refused(self, message: NumberControl.Refused) -> None:
        self.complain(message.reason)

    async def settle(self) -> None:
        """Wait until the keys pressed so far are in the draft: a key of the desk overtakes them."""
        done = asyncio.Event()
        if self.is_mounted and self.editor.call_later(done.set):
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), _SECONDS_TO_SETTLE)

    def stay(self, fault: StorageError) -> None:
        """The draft could not be saved on leaving: say so; the next time nothing is saved."""
        self._document.give_up()
        self.complain(f"{fault}. {key_name(self, 'quit')} again leaves without the draft")

    def leave(self) -> str | None:
        """Stop writing and save the draft; what to say after the screen is gone.

        Raises StorageError if the draft cannot be saved.
        """
        self._writer.stop()
        if self.is_mounted:
            self.editor.note_cursor()
        return self._document.leave()

    def close(self, seconds: float) -> bool:
        """End the threads beside the screen's; whether they ended within `seconds` each."""
        ended = self._pull.close(seconds)
        return self._writer.close(seconds) and ended
