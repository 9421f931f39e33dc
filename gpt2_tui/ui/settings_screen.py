"""The settings screen: every stored option with its sentence, and every key."""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Footer, Input, Select, Static

from gpt2_tui.errors import SettingsError
from gpt2_tui.preferences.options import THEME, ChoiceField, Option, SwitchField, TextField, Value
from gpt2_tui.preferences.schema import OPTIONS, Preferences
from gpt2_tui.settings import NumberField
from gpt2_tui.ui.keymap import changed_keys
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS, Key, same_key
from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.safe_text import line_content
from gpt2_tui.ui.settling import settle_typing

_TITLE = "Stored settings · the desk and the commands begin with them"
_KEYS_TITLE = "Keys · write them like ctrl+g, alt+1, f9"
_FAULT = "✗ "


class SettingsScreen(Overlay[Preferences | None]):
    """Ends with the preferences to store, or None if nothing is to change."""

    CSS_PATH = "settings_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", priority=True, tooltip="Store all and go back"),
        Binding("escape", "dismiss", "Cancel", tooltip="Go back; nothing is stored"),
        Binding("ctrl+r", "reset", "Default", priority=True, tooltip="This field's default"),
        same_key("preferences", "dismiss", "Cancel", show=False),
    ]

    def __init__(self, preferences: Preferences, themes: Iterable[str]) -> None:
        super().__init__()
        self._preferences = preferences
        self._themes = tuple(sorted(themes))

    def compose(self) -> ComposeResult:
        yield Static(line_content(_TITLE), id="settings-title")
        with VerticalScroll(id="settings-fields", can_focus=False):
            for option in OPTIONS:
                yield from self._row(
                    f"option-{option.name}", option.label, self._field(option), option.help
                )
            yield Static(line_content(_KEYS_TITLE), classes="settings-head")
            for key in (*DESK_KEYS, *KEEP_KEYS):
                wanted = self._preferences.keys.get(key.name, key.keys)
                field = Input(wanted, compact=True, id=_key_id(key))
                yield from self._row(_key_id(key), key.name, field, key.sentence)
        with Horizontal(id="settings-buttons"):
            yield Button("Save", variant="primary", compact=True, action="screen.save")
            yield Button("Cancel", compact=True, action="screen.dismiss")
            yield Button("All defaults", compact=True, action="screen.reset_all")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query_one(f"#option-{OPTIONS[0].name}").focus()

    def _row(self, name: str, label: str, field: Widget, sentence: str) -> ComposeResult:
        with Horizontal(classes="settings-row"):
            yield Static(line_content(label), classes="settings-label")
            yield field
        yield Static(line_content(sentence), id=f"help-{name}", classes="settings-help")

    def _field(self, option: Option) -> Input | Select[str]:
        name = f"option-{option.name}"
        text = _shown(option, self._preferences.value(option))
        choices = self._choices(option)
        if choices:
            value = text if text in choices else _shown(option, option.default)
            return Select(
                [(choice, choice) for choice in choices],
                value=value,
                allow_blank=False,
                compact=True,
                id=name,
            )
        empty = option.empty if isinstance(option, TextField) else ""
        return Input(text, placeholder=empty, compact=True, id=name)

    def _choices(self, option: Option) -> tuple[str, ...]:
        if option is THEME:
            return self._themes
        return option.choices if isinstance(option, ChoiceField | SwitchField) else ()

    # Checking, as it is typed

    @on(Input.Changed)
    def _typed(self) -> None:
        self._check()

    def _check(self) -> Preferences | None:
        """Show what is wrong beneath each field; all that was set if nothing is."""
        values: dict[str, Value] = {}
        faults: dict[str, str] = {}
        for option in OPTIONS:
            name = f"option-{option.name}"
            try:
                values[option.name] = option.parse(self._text(name))
            except SettingsError as error:
                faults[name] = str(error)
        wanted = {key.name: self._text(_key_id(key)) for key in (*DESK_KEYS, *KEEP_KEYS)}
        keys, wrong = changed_keys(wanted)
        faults.update({f"key-{name}": fault for name, fault in wrong.items()})
        self._show(faults)
        if faults:
            return None
        if not self._preferences.theme and values[THEME.name] == THEME.empty:
            values[THEME.name] = ""
        unknown = {name: key for name, key in self._preferences.keys.items() if name not in wanted}
        return replace(self._preferences, keys={**unknown, **keys}).with_values(values)

    def _show(self, faults: dict[str, str]) -> None:
        rows = {f"option-{option.name}": option.help for option in OPTIONS}
        rows.update({_key_id(key): key.sentence for key in (*DESK_KEYS, *KEEP_KEYS)})
        for name, sentence in rows.items():
            fault = faults.get(name)
            line = self.query_one(f"#help-{name}", Static)
            line.set_class(fault is not None, "-fault")
            line.update(line_content(sentence if fault is None else _FAULT + fault))

    def _text(self, name: str) -> str:
        field = self.query_one(f"#{name}")
        return field.value if isinstance(field, Input) else str(_select(field).value)

    # What its keys do

    async def action_save(self) -> None:
        await settle_typing(self)
        chosen = self._check()
        if chosen is not None:
            self.dismiss(chosen)
            return
        first = self.query(".settings-help.-fault").first()
        self.query_one(f"#{str(first.id).removeprefix('help-')}").focus()

    def action_reset(self) -> None:
        """Put the default of the program into the field that is written in."""
        if self.focused is not None and self.focused.id is not None:
            self._reset(self.focused.id)

    def action_reset_all(self) -> None:
        for option in OPTIONS:
            self._reset(f"option-{option.name}")
        for key in (*DESK_KEYS, *KEEP_KEYS):
            self._reset(_key_id(key))

    def _reset(self, name: str) -> None:
        defaults = {f"option-{each.name}": _shown(each, each.default) for each in OPTIONS}
        defaults.update({_key_id(key): key.keys for key in (*DESK_KEYS, *KEEP_KEYS)})
        if name not in defaults:
            return
        field = self.query_one(f"#{name}")
        if isinstance(field, Input):
            field.value = defaults[name]
        else:
            _select(field).value = defaults[name]


def _shown(option: Option, value: Value) -> str:
    """A value as it stands in its field."""
    if isinstance(option, SwitchField):
        return option.format(value)
    if isinstance(option, NumberField):
        return option.format(float(value)) if not option.whole else option.format(int(value))
    return str(value) or (THEME.empty if option is THEME else "")


def _key_id(key: Key) -> str:
    return f"key-{key.name}"


def _select(field: Widget) -> Select[str]:
    if not isinstance(field, Select):
        raise TypeError(f"{field.id} is no field")
    return field
