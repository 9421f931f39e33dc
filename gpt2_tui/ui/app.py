"""The app around the desk: signals, a closed terminal, safe drawing, the command palette."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NoReturn

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.markup import escape
from textual.screen import Screen

from gpt2_tui import locations
from gpt2_tui.drafts.opening import OpenDraft
from gpt2_tui.errors import StorageError
from gpt2_tui.models.choice import ModelChoice
from gpt2_tui.preferences import file
from gpt2_tui.preferences.file import Stored
from gpt2_tui.preferences.schema import Preferences
from gpt2_tui.settings import Stopping
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui import terminal
from gpt2_tui.ui.desk import Desk
from gpt2_tui.ui.faults import fault_line
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS, Key, same_key
from gpt2_tui.ui.messages import Said
from gpt2_tui.ui.safe_text import ControlCodeFilter
from gpt2_tui.ui.speaking_screen import finish_background
from gpt2_tui.ui.stored_settings import StoredSettings

if TYPE_CHECKING:
    from gpt2_tui.ui.presets_screen import Choice

_SECONDS_TO_LEAVE = 0.5
_SECONDS_TO_SAVE = 10.0
_SECONDS_BETWEEN_LOOKS = 0.5


@dataclass(frozen=True)
class Opening:
    """What the desk opens with; `model` None is the bundled one."""

    draft: OpenDraft
    model: str | None
    device: str
    stored: Stored = field(default_factory=file.read)


class DeskApp(App[None], inherit_bindings=False):
    """Shows the desk; ends cleanly however it is ended."""

    TITLE = "gpt2-tui"
    CSS_PATH = "terminal_colours.tcss"
    # Quit on every screen by the key that the user gave it; Ctrl+C copies, or says which key quits.
    BINDINGS: ClassVar[list[BindingType]] = [
        same_key("quit", "quit", "Quit", show=False),
        Binding("ctrl+c", "help_quit", show=False, system=True),
    ]

    def __init__(self, opening: Opening) -> None:
        # Textual alone would still draw in greys: of its own colours NO_COLOR leaves none.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        # The desk's style sheet has rules for these sizes.
        self.HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (40, "-roomy")]
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-short"), (20, "-tall")]
        self._stored = StoredSettings(opening.stored, self.available_themes)
        choice = ModelChoice(opening.model, opening.device)
        self._desk = Desk(opening.draft, choice, self._stored.preferences)
        self._control_codes = ControlCodeFilter()
        self._leaving: asyncio.Task[None] | None = None
        self._thread_hook_before = threading.excepthook
        self.farewell: str | None = None
        """What to say once the screen is gone."""

    def on_mount(self) -> None:
        self.theme = self._stored.theme
        self.set_keymap(self._stored.keys)
        self.push_screen(self._desk)
        for fault in self._stored.faults:
            self._desk.complain(fault)
        self.watch(self, "theme", self._theme_chosen, init=False)
        self._catch_signals()
        self._tell_of_broken_threads()
        if not self.is_headless:
            self.set_interval(_SECONDS_BETWEEN_LOOKS, self._look_for_the_terminal)

    async def action_quit(self) -> None:
        """Leave with the draft safe; if it cannot be saved, say so and stay."""
        try:
            self.farewell = await self._desk.leave()
        except StorageError as error:
            self._desk.stay(error)
        else:
            self.exit()

    @property
    def changed_keys(self) -> dict[str, str]:
        """The keys that the user changed, by the names of their actions."""
        return self._stored.keys

    def action_preferences(self) -> None:
        """Show the settings screen."""
        from gpt2_tui.ui.settings_screen import SettingsScreen

        preferences = self._stored.preferences
        self.push_screen(SettingsScreen(preferences, self.available_themes), self._store)

    async def action_presets(self) -> None:
        """Show the presets."""
        from gpt2_tui.ui.presets_screen import PresetsScreen

        await self._desk.settle()
        bar = self._desk.settings_bar
        self.push_screen(PresetsScreen(bar.presets, bar.sampling), self._preset_chosen)

    def _preset_chosen(self, choice: "Choice") -> None:
        from gpt2_tui.ui.presets_screen import StorePresets, UsePreset

        if isinstance(choice, UsePreset):
            self._desk.settings_bar.use(choice.preset)
        elif isinstance(choice, StorePresets):
            self._store(replace(self._stored.preferences, presets=choice.own))

    def action_stopping(self) -> None:
        """Show what ends a continuation beside its length."""
        from gpt2_tui.ui.stopping_screen import StoppingScreen

        self.push_screen(StoppingScreen(self._desk.settings_bar.stopping), self._stopping_chosen)

    def _stopping_chosen(self, stopping: Stopping | None) -> None:
        bar = self._desk.settings_bar
        if stopping is not None and stopping != bar.stopping:
            bar.stopping = stopping
            self._store(replace(self._stored.preferences, stopping=stopping))

    def _store(self, preferences: Preferences | None) -> None:
        """Store the settings, and have the desk be as they say."""
        if preferences is None:
            return
        try:
            self._desk.say(self._stored.store(preferences))
        except StorageError as error:
            self._desk.complain(str(error))
        self.theme = self._stored.theme
        self.set_keymap(self._stored.keys)
        self._desk.take_over(preferences)

    def _theme_chosen(self, theme: str) -> None:
        try:
            self._stored.store_theme(theme)
        except StorageError as error:
            self._desk.complain(str(error))

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), self._control_codes]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """All actions of the desk, or of the screen that lies over it, and the themes."""
        if screen is self._desk:
            for key in (*DESK_KEYS, *KEEP_KEYS):
                yield SystemCommand(key.word, key.sentence, partial(self._run_key, key))
            for preset in self._desk.settings_bar.presets:
                use = partial(self._desk.settings_bar.use, preset)
                # The palette reads titles as markup.
                name = escape(one_line(preset.name))
                yield SystemCommand(f"Preset: {name}", "Draw tokens as this preset says", use)
        else:
            for active in screen.active_bindings.values():
                binding = active.binding
                if active.node is screen and binding.show:
                    run = partial(screen.run_action, binding.action)
                    yield SystemCommand(binding.description, binding.tooltip, run)
        for command in super().get_system_commands(screen):
            if command.title == "Theme":
                yield command

    async def _run_key(self, key: Key) -> None:
        await self._desk.run_action(key.action)

    def _catch_signals(self) -> None:
        """A signal that would kill the app saves the draft and leaves the terminal whole."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                try:
                    loop.add_signal_handler(number, self._begin_to_leave, 128 + number)
                except (NotImplementedError, RuntimeError):
                    return  # not on Windows, nor outside the main thread

    def _tell_of_broken_threads(self) -> None:
        """What a thread did not foresee ends that thread alone: tell the user, and note it in the
        log. Textual keeps what Python itself would print of it."""

        def tell(broken: threading.ExceptHookArgs) -> None:
            self._thread_hook_before(broken)
            if (error := broken.exc_value) is not None:
                os.write(2, "".join(traceback.format_exception(error)).encode(errors="replace"))
                self._desk.post_message(Said(fault_line(error), is_fault=True))

        threading.excepthook = tell

    def on_unmount(self) -> None:
        threading.excepthook = self._thread_hook_before

    def _look_for_the_terminal(self) -> None:
        if terminal.is_gone(sys.__stdin__.fileno() if sys.__stdin__ else 0):
            self._begin_to_leave(128 + 1)

    def _begin_to_leave(self, return_code: int) -> None:
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._leave(return_code))

    async def _leave(self, return_code: int) -> None:
        try:
            self.farewell = await self._desk.leave()
        except StorageError as error:
            self.farewell = str(error)
        self.exit(return_code=return_code)

    def close(self, seconds: float) -> bool:
        """End the desk's threads; whether they ended in time."""
        return self._desk.close(seconds)


def open_desk(opening: Opening) -> NoReturn:
    """Run the desk until it is left, and end the process. The terminal was checked before the draft
    was opened."""
    terminal.give_alt_digits_to_bindings()
    with terminal.screen_of_its_own(locations.log_folder()):
        app = DeskApp(opening)
        app.run()
        app.close(_SECONDS_TO_LEAVE)
        saved = finish_background(_SECONDS_TO_SAVE)
    farewell = app.farewell if saved else "the last sample was not saved in time"
    if farewell is not None:
        with contextlib.suppress(OSError):  # on a terminal that is gone
            sys.stderr.write(f"gpt2-tui: {one_line(farewell)}\n")
            sys.stderr.flush()
    # To take the model and the interpreter apart takes as long as all the rest, and an engine in
    # the middle of a call cannot be interrupted.
    os._exit(app.return_code or 0)
