"""Whether the next texts carry the watermark. It is off unless somebody switched it on."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from gpt2_tui.preferences.options import WATERMARK


class WatermarkControl(Widget, can_focus=True):
    """Shown from when it is first on: who never wants it need not know of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,right,up,down,space,enter", "switch", "Switch", show=False)
    ]

    is_on: reactive[bool] = reactive(False, layout=True)

    class Switched(Message):
        """The user switched it on or off."""

    def __init__(self, is_on: bool) -> None:
        super().__init__(id="watermark")
        self.tooltip = WATERMARK.help
        self.display = is_on
        self.set_reactive(WatermarkControl.is_on, is_on)

    def render(self) -> Content:
        shown = f"‹{WATERMARK.format(self.is_on)}›"
        return Content.assemble((f"{WATERMARK.label} ", "$text-muted"), (shown, "bold"))

    def watch_is_on(self) -> None:
        self.display = self.display or self.is_on

    def action_switch(self) -> None:
        self.is_on = not self.is_on
        self.post_message(self.Switched())

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_switch()
