"""The desk: the draft, the settings and the panes on one screen, and what its keys do."""

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Footer, Static

from gpt2_tui.drafts.autosave import ChangedOutside, NotSaved, Saved
from gpt2_tui.drafts.opening import OpenDraft
from gpt2_tui.errors import StorageError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.models.choice import ModelChoice
from gpt2_tui.preferences.schema import Preferences
from gpt2_tui.settings import Settings
from gpt2_tui.ui import keeping, messages
from gpt2_tui.ui.copying import copy
from gpt2_tui.ui.document import Document
from gpt2_tui.ui.draft_editor import DraftEditor
from gpt2_tui.ui.draft_screens import DraftScreens
from gpt2_tui.ui.generating import Generating
from gpt2_tui.ui.ghost import Ghost
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS, key_name
from gpt2_tui.ui.model_pull import ModelPull
from gpt2_tui.ui.number_control import NumberControl
from gpt2_tui.ui.openings_list import OpeningsList
from gpt2_tui.ui.pane import Pane
from gpt2_tui.ui.pane_row import PaneRow
from gpt2_tui.ui.prompt_counter import PromptCounter
from gpt2_tui.ui.settings_bar import SettingsBar
from gpt2_tui.ui.speaking_screen import SpeakingScreen
from gpt2_tui.ui.status_bar import StatusBar
from gpt2_tui.ui.watermark_control import WatermarkControl
from gpt2_tui.ui.writer import Writer

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation
    from gpt2_tui.labels.found import Found

_SECONDS_TO_READ = 0.5
"""A key that was pressed twice at once is no answer to what its first press led to."""

_TOO_SMALL = "too small: the desk needs 40 columns and 12 lines"


class Desk(SpeakingScreen[None]):
    """Puts the parts together, and brings keys and messages to those that they are for."""

    CSS_PATH = "desk.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in (*DESK_KEYS, *KEEP_KEYS)]

    def __init__(self, draft: OpenDraft, model: ModelChoice, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self._document = Document(draft, self.post_message)
        self._writer = Writer(self.post_message, model)
        self._pull = ModelPull(self.post_message)
        self.status = StatusBar()
        self.editor = DraftEditor(draft.draft, self._document.changed)
        self.settings_bar = SettingsBar(preferences)
        self.pane_row = PaneRow()
        self._counter = PromptCounter(
            self, lambda: self.editor.before_cursor.text, lambda: self._writer.model
        )
        self._generating = Generating(
            self,
            self._writer,
            self._document,
            self.editor,
            self.settings_bar,
            self.pane_row,
            self.status,
        )
        self._screens = DraftScreens(
            self,
            self._writer,
            self._document,
            self.editor,
            self.settings_bar,
            self._generating.write,
            self._save,
        )

    def compose(self) -> ComposeResult:
        yield self.status
        yield Static(_TOO_SMALL, id="too-small")
        yield self.editor
        yield self.settings_bar
        yield self.pane_row
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.editor.border_title = "Draft"
        self.editor.ghost = Ghost(
            self.editor,
            self._writer,
            lambda: self._writer.model is not None and not self.is_writing,
            self._note_ghost,
        )
        self._begin_document()
        # The first frame is drawn before the model, and all it imports, is loaded: one refresh
        # lays the desk out, the next one draws it.
        self.call_after_refresh(self.call_after_refresh, self._first_frame_drawn)

    def _first_frame_drawn(self) -> None:
        self._writer.start()
        if not gc.isenabled():  # the command had it wait
            gc.freeze()
            gc.enable()

    # The draft

    def _begin_document(self) -> None:
        """Save the draft from now on, and say how it was opened."""
        self.editor.focus()
        self._draft_changed()
        self._document.start_saving()
        for note in self._document.notes:
            self.say(note)
        if self._document.settings is not None:
            self.use_settings(self._document.settings)

    @property
    def draft_path(self) -> Path:
        """The file of the draft that is open."""
        return self._document.path

    async def open_draft(self, opened: OpenDraft) -> None:
        """Save and leave the draft for another one. Raises StorageError if it cannot be saved."""
        self.editor.note_cursor()
        self._writer.stop()
        farewell = self._document.change_to(opened)
        if farewell is not None:
            self.say(farewell)
        await self._generating.forget()
        self.editor.open(self._document.draft)
        self._begin_document()

    def remember_copied(self, text: str, kept: AuthoredText) -> None:
        """Know whose words were copied, once they are pasted into the draft."""
        self.editor.remember_copied(text, kept)

    @on(DraftEditor.Changed)
    def _draft_changed(self) -> None:
        self.status.synthetic_percent = self.editor.authored.synthetic_percent
        self.status.draft_name = self._document.title
        self.pane_row.offer_openings(not self.editor.text)
        self._counter.count_after_a_pause()

    @on(OpeningsList.Picked)
    def _opening_picked(self, message: OpeningsList.Picked) -> None:
        """No model wrote it, and the user chose it: it counts as the user's own words. A key that
        was pressed twice picks one."""
        if not self.editor.text:
            self.editor.insert(message.text)
        self.editor.focus()

    @on(DraftEditor.SelectionChanged)
    def _cursor_moved(self) -> None:
        self._counter.count_after_a_pause()

    @on(DraftEditor.Shown)
    def _draft_shown(self) -> None:
        self.pane_row.show_taken()

    @on(messages.PromptCounted)
    def _prompt_counted(self, message: messages.PromptCounted) -> None:
        if self._counter.is_current(message):
            self.status.show_window(message.tokens, message.in_sight)

    @on(messages.DraftSaving)
    def _draft_saving(self, message: messages.DraftSaving) -> None:
        self.status.draft_name = self._document.title
        match message.report:
            case NotSaved(reason):
                self.complain(f"{reason}. It is tried again")
            case Saved(note=note):
                self._document.saved()
                if note is not None:
                    self.complain(note)
            case ChangedOutside() as change:
                self.editor.note_cursor()
                if self._document.take_over(change):
                    self.editor.show_draft()
                    self.say("Another program changed the file; Ctrl+Z brings your text back")

    async def action_save_draft(self) -> None:
        await self.editor.settle()
        if not self.editor.text.strip():
            self.say("the draft is empty")
        else:
            self.in_background(self._document.save_labeled(signed=self._preferences.sign))

    def action_ghost(self) -> None:
        if self.editor.ghost is not None:
            self.editor.ghost.toggle()

    def _note_ghost(self, made: "Continuation") -> None:
        self._document.add_continuation(self._document.begin_generation(), made)

    async def settle(self) -> None:
        """Have all in the draft and the settings that was typed so far."""
        await self.editor.settle()
        await self.settings_bar.settle()

    # Writing

    @property
    def is_writing(self) -> bool:
        return self._generating.is_writing

    async def action_generate(self) -> None:
        await self.settle()
        await self._generating.write()

    async def action_retry(self) -> None:
        await self.settle()
        await self._generating.retry()

    def action_stop(self) -> None:
        self._generating.stop()

    async def replay(self, found: "Found", name: str) -> None:
        """Generate a labeled text from the file `name` again, in a pane of its own. The draft and
        the settings stay as they are."""
        from gpt2_tui.ui.replay_pane import ReplayPane

        self.editor.drop_ghost()
        pane = ReplayPane(found, name)
        await self._generating.give_way_to(pane)
        self._writer.write(pane.job)

    @on(messages.OfRun)
    def _run_told(self, message: messages.OfRun) -> None:
        self._generating.receive(message)

    # The panes

    async def action_keep(self, number: int) -> None:
        await self.editor.settle()
        self.pane_row.keep(number)

    async def action_take_sentence(self) -> None:
        await self.editor.settle()
        self.pane_row.take_sentence()

    @on(PaneRow.Kept)
    def _kept(self) -> None:
        self.editor.focus()

    @on(Pane.GoOn)
    async def _pane_go_on(self, message: Pane.GoOn) -> None:
        await self._generating.go_on_before_loop(message.pane)

    def action_save_all(self) -> None:
        finished = [pane.continuation for pane in self.pane_row.panes if pane.continuation]
        if finished:
            self._save_of_run(finished)
        else:
            self.say("there is no finished pane to save")

    @on(Pane.Save)
    def _pane_save(self, message: Pane.Save) -> None:
        continuation = self.pane_row.finished(message.pane)
        if continuation is not None:
            self._save_of_run([continuation])

    def _save_of_run(self, finished: "list[Continuation]") -> None:
        if self._generating.run is not None:
            self._save(self._generating.run.prompt, finished)

    def _save(self, prompt: AuthoredText, continuations: "Sequence[Continuation]") -> None:
        """Save continuations of `prompt`, each under its label."""
        signed = self._preferences.sign
        self.in_background(lambda: keeping.save_samples(prompt, continuations, signed=signed))

    @on(Pane.Copy)
    def _pane_copy(self, message: Pane.Copy) -> None:
        continuation = self.pane_row.finished(message.pane)
        if continuation is not None:
            self.say(copy(continuation, self.editor, labeled=message.labeled))

    @on(Pane.Inspect)
    def _pane_inspect(self, message: Pane.Inspect) -> None:
        self._look_into(message.pane)

    def _look_into(self, pane: Pane) -> None:
        continuation, run = self.pane_row.finished(pane), self._generating.run
        if continuation is not None and run is not None:
            self._screens.look_into(run.prompt, continuation, run.taking.behind, pane.number)

    # Other screens

    async def action_inspect(self) -> None:
        await self.settle()
        if isinstance(self.focused, Pane):
            self._look_into(self.focused)
        else:
            self._screens.look_into_draft()

    async def action_compare(self) -> None:
        await self.settle()
        self._screens.compare()

    async def action_sight(self) -> None:
        await self.settle()
        self._screens.show_sight()

    async def action_history(self) -> None:
        await self._screens.show_history(lambda: self._generating.being_written)

    async def action_library(self) -> None:
        from gpt2_tui.ui.library_screen import LibraryScreen

        await self.editor.settle()
        self.app.push_screen(LibraryScreen(self))

    def action_models(self) -> None:
        """Use another model, on another device, or fetch one."""
        from gpt2_tui.ui.models_screen import ModelsScreen

        self.app.push_screen(ModelsScreen(self._writer, self._pull))

    def action_help(self) -> None:
        from gpt2_tui.ui.help_screen import HelpScreen

        self.app.push_screen(HelpScreen())

    @on(events.ScreenResume)
    def _on_top_again(self) -> None:
        self._writer.release_beside()

    # The model

    @on(messages.ModelLoading)
    def _model_loading(self, message: messages.ModelLoading) -> None:
        self.status.model = message.text

    @on(messages.ModelReady)
    def _model_ready(self) -> None:
        model = self._writer.model
        self.status.show_model(model)
        self._counter.count()
        if model is not None and model.notice is not None:
            self.warn(model.notice)

    @on(messages.ModelFailed)
    def _model_failed(self, message: messages.ModelFailed) -> None:
        self.status.show_model(self._writer.model)
        self.complain(message.reason)

    # Settings

    def action_settings(self) -> None:
        self.settings_bar.focus_first()

    def use_settings(self, settings: Settings) -> None:
        """Set the settings bar to those of a text, and say so."""
        self.say(self.settings_bar.adopt(settings))

    def take_over(self, preferences: Preferences) -> None:
        """Go by other stored settings from now on."""
        if preferences.sign and not self._preferences.sign:
            self.in_background(keeping.who_will_sign)
        self._preferences = preferences
        self.settings_bar.take_over(preferences)
        self.editor.show_keys()
        self.pane_row.show_keys()

    @on(NumberControl.Changed)
    @on(SettingsBar.PresetUsed)
    @on(WatermarkControl.Switched)
    def _setting_changed(self) -> None:
        if self.is_writing:
            self.say("This counts for the next generation")

    @on(NumberControl.Refused)
    def _setting_refused(self, message: NumberControl.Refused) -> None:
        self.complain(message.reason)

    # Leaving

    def stay(self, fault: StorageError) -> None:
        """The draft could not be saved on leaving: say so; who could read it can leave without."""
        self.complain(f"{fault}. {key_name(self, 'quit')} again leaves without the draft")
        self.set_timer(_SECONDS_TO_READ, self._document.give_up)

    async def leave(self) -> str | None:
        """Stop writing and save the draft; what to say after the screen is gone.

        Raises StorageError if the draft cannot be saved.
        """
        self._writer.stop()
        if self.is_mounted:
            await self.editor.settle()
            self.editor.note_cursor()
        return self._document.leave()

    def close(self, seconds: float) -> bool:
        """End the threads beside the screen's; whether they ended within `seconds` each."""
        ended = self._pull.close(seconds)
        return self._writer.close(seconds) and ended
