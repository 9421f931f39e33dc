"""A number that is changed by arrow keys, by typing, by clicking or by the wheel."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from gpt2_tui.errors import SettingsError
from gpt2_tui.settings import NumberField
from gpt2_tui.ui.arrow_control import LESS, MORE, ArrowControl

_TYPED = frozenset("0123456789.")


class NumberControl(ArrowControl):
    """Shows a number, or what is being typed in place of it.

    With `unset` the field may also have no number, shown by that word, as a seed that is drawn
    anew each time.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "commit", "Set", show=False),
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("backspace", "rub_out", "Delete", show=False),
        Binding("delete", "reset", "Default", show=False),
    ]

    value: reactive[float | None] = reactive[float | None](None, init=False)
    typed: reactive[str] = reactive("")

    @dataclass
    class Changed(Message):
        """The number was changed by the user."""

        field: NumberField
        value: float | None

    @dataclass
    class Refused(Message):
        """What was typed is not a number of this field."""

        reason: str

    def __init__(
        self,
        field: NumberField,
        short: str,
        *,
        default: float | None = None,
        unset: str | None = None,
    ) -> None:
        """It begins with `default`, which is the field's own if it is None, and is reset to it."""
        super().__init__(id=f"setting-{field.name}")
        self.field = field
        reset = "resets it" if unset is None else f"makes it {unset} each time"
        self.tooltip = f"{field.help} ({field.range_text}); Delete {reset}"
        self._short = short
        self._unset = unset
        self._default = field.default if default is None and unset is None else default
        self.set_reactive(NumberControl.value, self._default)

    def render(self) -> Content:
        label = f"{self.field.label if self.is_roomy else self._short} "
        shown = f"{self.typed}▏" if self.typed else self.shown_value
        return Content.assemble(
            (label, "$text-muted"), (LESS, "bold"), (shown, "bold"), (MORE, "bold")
        )

    @property
    def shown_value(self) -> str:
        if self.value is None:
            return self._unset or ""
        return self.field.format(self.value)

    def set_default(self, value: float) -> None:
        """Show `value`, and reset to it from now on."""
        self._default = value
        self.set_value(value)

    def set_value(self, value: float | None) -> None:
        """Show `value`. Who sets it knows it, so nothing is told."""
        self.typed = ""
        self.value = value
        self.refresh(layout=True)

    def _change(self, value: float | None) -> None:
        """Show what the user chose, and tell it if it is new."""
        before = self.value
        self.set_value(value)
        if value != before:
            self.post_message(self.Changed(self.field, value))

    def action_step(self, steps: int) -> None:
        if self.value is None:
            self._change(self.field.default)
        else:
            self._change(self.field.stepped(self.value, steps))

    def commit(self) -> bool:
        """Take what is typed; whether that is another number. Who calls it knows of that, so only
        a refusal is told."""
        before = self.value
        if self.typed:
            try:
                self.set_value(self.field.parse(self.typed))
            except SettingsError as error:
                self.set_value(before)
                self.post_message(self.Refused(str(error)))
        return self.value != before

    def action_commit(self) -> None:
        if self.commit():
            self.post_message(self.Changed(self.field, self.value))

    def action_cancel(self) -> None:
        self.typed = ""
        self.refresh(layout=True)

    def action_rub_out(self) -> None:
        self.typed = self.typed[:-1]
        self.refresh(layout=True)

    def action_reset(self) -> None:
        self._change(self._default)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape belongs to the screen unless a number is being typed."""
        if action in ("cancel", "rub_out"):
            return bool(self.typed)
        return super().check_action(action, parameters)

    def on_key(self, event: events.Key) -> None:
        if event.character is not None and event.character in _TYPED:
            self.typed += event.character
            self.refresh(layout=True)
            event.stop()

    def on_blur(self) -> None:
        self.action_commit()
