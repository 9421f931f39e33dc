"""The name of the preset in use: the arrow keys go to the next one, Enter shows them all."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from gpt2_tui.text.visible import one_line

_WIDE = 110
_NARROW_NAME = 12
_LESS, _MORE = "‹", "›"
_NONE = "own"


class PresetControl(Widget, can_focus=True):
    """Shows `preset` between two arrows that can be clicked; None is settings without a name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,down,minus", "step(-1)", "Before", show=False),
        Binding("right,up,plus", "step(1)", "Next", show=False),
        Binding("enter", "app.presets", "All presets", show=False),
    ]

    preset: reactive[str | None] = reactive[str | None](None, layout=True)

    @dataclass
    class Stepped(Message):
        """The preset so many places further on is wanted."""

        steps: int

    def __init__(self) -> None:
        super().__init__(id="preset")
        self.tooltip = "temperature, top-k and top-p under one name; Enter shows all presets"

    def render(self) -> Content:
        wide = self.app.size.width >= _WIDE
        name = Content(_NONE if self.preset is None else one_line(self.preset))
        if not wide:
            name = name.truncate(_NARROW_NAME, ellipsis=True)
        label = "preset " if wide else ""
        return Content.assemble((label, "$text-muted"), (f"{_LESS}{name.plain}{_MORE}", "bold"))

    def action_step(self, steps: int) -> None:
        self.post_message(self.Stepped(steps))

    async def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None:
            return
        if place.x == self.render().cell_length - 1:
            self.action_step(1)
        elif place.x == self.render().plain.find(_LESS):
            self.action_step(-1)
        else:
            await self.run_action("app.presets")

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_step(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_step(-1)
