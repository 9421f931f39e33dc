"""The presets: choose one, store the present settings as one, drop one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from gpt2_tui.errors import SettingsError
from gpt2_tui.labels.caption import settings_parts
from gpt2_tui.preferences.presets import Preset, check_name
from gpt2_tui.settings import Sampling, Settings
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.confirm_screen import ConfirmScreen
from gpt2_tui.ui.keys import same_key
from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.safe_text import line_content

_HINT = "Enter uses it · N names the present settings · Delete drops one of yours · Esc: back"
_NAME = "name of the present settings; Enter stores them"


@dataclass(frozen=True)
class UsePreset:
    """Draw as this preset says."""

    preset: Preset


@dataclass(frozen=True)
class StorePresets:
    """These are the user's own from now on."""

    own: tuple[Preset, ...]


Choice = UsePreset | StorePresets | None
"""What is to be done; None is nothing."""


class PresetsScreen(ModalScreen[Choice], Overlay[Choice]):
    """Ends with what is to be done."""

    CSS_PATH = "presets_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        same_key("presets", "back", "Back", show=False),
        Binding("n", "name", "Name"),
        Binding("delete", "drop", "Drop"),
    ]

    def __init__(self, presets: Sequence[Preset], present: Sampling) -> None:
        super().__init__()
        self._presets = presets
        self._present = present

    def compose(self) -> ComposeResult:
        with Vertical(id="presets") as box:
            box.border_title = "Presets"
            yield OptionList(*(Option(_line(preset)) for preset in self._presets))
            yield Input(placeholder=_NAME, compact=True, id="preset-name")
            yield Static(line_content(_HINT), id="presets-hint")

    def on_mount(self) -> None:
        self.query_one(Input).display = False
        options = self.query_one(OptionList)
        options.focus()
        matching = [n for n, each in enumerate(self._presets) if each.matches(self._present)]
        options.highlighted = matching[0] if matching else 0

    @property
    def _own(self) -> tuple[Preset, ...]:
        return tuple(preset for preset in self._presets if preset.is_own)

    @on(OptionList.OptionSelected)
    def _chosen(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(UsePreset(self._presets[message.option_index]))

    def action_back(self) -> None:
        name = self.query_one(Input)
        if name.display:
            name.display = False
            self.query_one(OptionList).focus()
        else:
            self.dismiss(None)

    def action_name(self) -> None:
        name = self.query_one(Input)
        name.display = True
        name.focus()

    @on(Input.Submitted)
    def _named(self, message: Input.Submitted) -> None:
        try:
            name = check_name(message.value)
        except SettingsError as error:
            self._say(str(error))
            return
        others = tuple(preset for preset in self._own if preset.name != name)
        self.dismiss(StorePresets((*others, Preset(name, self._present, is_own=True))))

    def action_drop(self) -> None:
        highlighted = self.query_one(OptionList).highlighted
        preset = self._presets[highlighted or 0]
        if not preset.is_own:
            self._say("only presets of your own can be dropped")
            return

        def drop(answer: bool | None) -> None:
            if answer:
                self.dismiss(StorePresets(tuple(each for each in self._own if each != preset)))

        name = one_line(preset.name)
        what = "It goes out of the settings file for good. The settings in use stay as they are."
        self.app.push_screen(ConfirmScreen(f"Drop the preset {name}?", what), drop)

    def _say(self, text: str) -> None:
        self.query_one("#presets-hint", Static).update(line_content(text))


def _line(preset: Preset) -> Content:
    """A preset in the list: its name, and what it sets."""
    parts = settings_parts(Settings(sampling=preset.sampling), 0)[:-2]
    said = " · ".join(parts)
    return Content.assemble((one_line(preset.name), "bold"), f"\n  {said}")
