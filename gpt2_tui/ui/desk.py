"""The desk: the draft, the settings and the panes on one screen, and what its keys do."""

import threading
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static

from gpt2_tui.errors import StorageError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.settings import SEED, fresh_seed
from gpt2_tui.text.visible import visible
from gpt2_tui.ui import keeping, messages
from gpt2_tui.ui.draft_editor import DraftEditor
from gpt2_tui.ui.help_screen import HelpScreen
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS
from gpt2_tui.ui.number_control import NumberControl
from gpt2_tui.ui.pane import Pane
from gpt2_tui.ui.pane_row import PaneRow
from gpt2_tui.ui.run import Run
from gpt2_tui.ui.settings_bar import SettingsBar
from gpt2_tui.ui.status_bar import StatusBar
from gpt2_tui.ui.writer import Work, Writer

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation
    from gpt2_tui.labels.record import Maker
    from gpt2_tui.loading import LoadedModel

_PAUSE_BEFORE_COUNTING = 0.3
_TOO_SMALL = "too small: the desk needs 40 columns and 12 lines"


class Desk(Screen[None]):
    """Owns the writer thread and the current run."""

    CSS_PATH = "desk.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in (*DESK_KEYS, *KEEP_KEYS)]

    def __init__(self, draft: str, draft_name: str, model: str | None, device: str) -> None:
        super().__init__()
        self._opened = draft
        self._draft_name = draft_name
        self._writer = Writer(self.post_message, model, device)
        self._model: LoadedModel | None = None
        self._maker: Maker | None = None
        self._run: Run | None = None
        self._saved_text = draft
        self._draft_version = 0
        self._count_timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield StatusBar()
        yield Static(_TOO_SMALL, id="too-small")
        yield DraftEditor(self._opened)
        yield SettingsBar()
        yield PaneRow()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.status.draft_name = self._draft_name
        self.editor.border_title = "Draft"
        self.editor.focus()
        self._saved_text = self.editor.text
        # The first frame is drawn before the model, and all it imports, is loaded: one refresh
        # lays the desk out, the next one draws it.
        self.call_after_refresh(self.call_after_refresh, self._writer.start)

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

    @on(messages.ModelLoading)
    def _model_loading(self, message: messages.ModelLoading) -> None:
        self.status.model = message.text

    @on(messages.ModelReady)
    def _model_ready(self, message: messages.ModelReady) -> None:
        from gpt2_tui.engine.runtime import PROVIDER_NAMES

        self._model, self._maker = message.model, message.maker
        session = message.model.session
        provider = PROVIDER_NAMES[session.provider]
        self.status.model = f"{message.model.name} · {session.precision} · {provider}"
        self.status.window = message.model.window
        for pane in self.pane_row.panes:
            pane.set_model(message.model.name)
        if message.model.notice is not None:
            self._warn(message.model.notice)
        self._count_prompt()

    @on(messages.ModelFailed)
    def _model_failed(self, message: messages.ModelFailed) -> None:
        self.status.model = "no model"
        self._complain(message.reason)

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
        await self._begin(seed)

    def action_stop(self) -> None:
        self._writer.stop()
        if self.is_writing:
            self.status.activity = "stopping…"

    async def _begin(self, seed: int) -> None:
        run = Run(
            number=0 if self._run is None else self._run.number + 1,
            prompt=self.editor.authored,
            settings=self.settings_bar.settings(seed),
            lanes=tuple(range(self.settings_bar.panes)),
        )
        self._run = run
        name = "…" if self._model is None else self._model.name
        await self.pane_row.show(name, run.settings, run.lanes)
        self.status.activity = "waiting for the model…" if self._model is None else "reading…"
        self._writer.write(Work(run.number, run.request))

    @on(messages.RunBegan)
    def _run_began(self, message: messages.RunBegan) -> None:
        if self._current(message.run) is not None:
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
                pane.add(text)
        self.status.activity = f"{run.speed:.0f} tok/s"

    @on(messages.LaneFinished)
    def _lane_finished(self, message: messages.LaneFinished) -> None:
        run = self._current(message.run)
        pane = self.pane_row.pane_of(message.lane)
        if run is not None and pane is not None:
            run.finished[message.lane] = message.continuation
            pane.finish(message.rest, message.continuation)

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
            self._complain(message.fault)

    def _current(self, number: int) -> Run | None:
        """The run, unless the message is of an earlier one."""
        return self._run if self._run is not None and self._run.number == number else None

    # Keeping, saving, copying

    def action_keep(self, number: int) -> None:
        panes = self.pane_row.panes
        if number > len(panes):
            self._say(f"there is no pane {number}")
        else:
            self._keep(panes[number - 1])

    @on(Pane.Keep)
    def _pane_keep(self, message: Pane.Keep) -> None:
        self._keep(message.pane)

    def _keep(self, pane: Pane) -> None:
        continuation = self._finished(pane)
        if continuation is None:
            return
        self.editor.keep(AuthoredText.kept(continuation))
        self.editor.focus()
        self._say(f"Pane {pane.number} is in the draft; Ctrl+Z takes it out again")

    def action_save_all(self) -> None:
        panes = [pane for pane in self.pane_row.panes if pane.continuation is not None]
        if not panes:
            self._say("there is no finished pane to save")
        else:
            self._save([pane.continuation for pane in panes if pane.continuation is not None])

    @on(Pane.Save)
    def _pane_save(self, message: Pane.Save) -> None:
        continuation = self._finished(message.pane)
        if continuation is not None:
            self._save([continuation])

    def _save(self, continuations: "list[Continuation]") -> None:
        if self._run is None or self._maker is None:
            return
        prompt, maker = self._run.prompt, self._maker
        self._in_background(lambda: keeping.save_samples(prompt, continuations, maker))

    def action_save_draft(self) -> None:
        draft, maker = self.editor.authored, self._maker
        if not draft.text.strip():
            self._say("the draft is empty")
            return

        def save() -> str:
            said = keeping.save_draft(draft, maker)
            self._saved_text = draft.text
            return said

        self._in_background(save)

    @on(Pane.Copy)
    def _pane_copy(self, message: Pane.Copy) -> None:
        continuation = self._finished(message.pane)
        if continuation is None or self._maker is None:
            return
        text = continuation.text
        if message.labeled:
            text = keeping.labeled_text(continuation, self._maker.model)
        text = visible(text)
        self.app.copy_to_clipboard(text)
        self.editor.remember_copied(text, AuthoredText.kept(continuation))
        self._say(
            "Copied with its label; T copies the text alone"
            if message.labeled
            else "Copied without its label; say yourself that it is synthetic"
        )

    def _finished(self, pane: Pane) -> "Continuation | None":
        if pane.continuation is None:
            self._say(f"pane {pane.number} is still being written; Esc stops it")
        return pane.continuation

    # The draft and its window

    @on(DraftEditor.Changed)
    def _draft_changed(self) -> None:
        self._draft_version += 1
        self.status.synthetic_share = self.editor.authored.synthetic_share
        saved = self.editor.text == self._saved_text
        self.status.draft_name = self._draft_name + ("" if saved else " ●")
        if self._count_timer is not None:
            self._count_timer.stop()
        self._count_timer = self.set_timer(_PAUSE_BEFORE_COUNTING, self._count_prompt)

    def _count_prompt(self) -> None:
        """Count the draft's tokens, off the event loop: a megabyte takes a second."""
        if self._model is None:
            return
        model, text, version = self._model, self.editor.text, self._draft_version

        def count() -> None:
            from gpt2_tui.continuations import encode_prompt
            from gpt2_tui.engine.window import in_sight

            ids = encode_prompt(model, text, special=False)
            sight = len(in_sight(ids, model.window))
            self.post_message(messages.PromptCounted(version, len(ids), sight))

        threading.Thread(target=count, daemon=True).start()

    @on(messages.PromptCounted)
    def _prompt_counted(self, message: messages.PromptCounted) -> None:
        if message.version == self._draft_version:
            self._show_window(message.tokens, message.in_sight)

    def _show_window(self, tokens: int, in_sight: int) -> None:
        self.status.prompt_tokens = tokens
        self.status.window_used = in_sight

    # Settings, help, leaving

    def action_settings(self) -> None:
        self.settings_bar.focus_first()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    @on(NumberControl.Changed)
    def _setting_changed(self) -> None:
        if self.is_writing:
            self._say("This counts for the next generation")

    @on(NumberControl.Refused)
    def _setting_refused(self, message: NumberControl.Refused) -> None:
        self._complain(message.reason)

    def stay(self, fault: StorageError) -> None:
        """The draft could not be saved on leaving: say so; the next time nothing is saved."""
        self._saved_text = self.editor.text
        self._complain(f"{fault}. Ctrl+Q again leaves without the draft")

    def leave(self) -> str | None:
        """Stop writing and save an unsaved draft; what to say after the screen is gone.

        Raises StorageError if the draft cannot be saved.
        """
        self._writer.stop()
        draft = self.editor.authored
        if not draft.text.strip() or draft.text == self._saved_text:
            return None
        return keeping.save_draft(draft, self._maker)

    def close_writer(self, seconds: float) -> bool:
        return self._writer.close(seconds)

    # Saying things

    def _in_background(self, save: "keeping.Save") -> None:
        """Save without waiting: a slow disk must not hold up the screen."""

        def work() -> None:
            try:
                self.post_message(messages.Said(save()))
            except StorageError as error:
                self.post_message(messages.Said(str(error), is_fault=True))

        threading.Thread(target=work, daemon=True).start()

    @on(messages.Said)
    def _said(self, message: messages.Said) -> None:
        if message.is_fault:
            self._complain(message.text)
        else:
            self._say(message.text)
        self._draft_changed()

    def _say(self, text: str) -> None:
        self.notify(visible(text), markup=False, timeout=4)

    def _warn(self, text: str) -> None:
        self.notify(visible(text), markup=False, severity="warning", timeout=10)

    def _complain(self, text: str) -> None:
        self.notify(visible(text), markup=False, severity="error", timeout=10)
