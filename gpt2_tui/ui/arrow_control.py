"""A setting between two arrows, which keys, clicks and the wheel step."""

from abc import abstractmethod
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

LESS, MORE = "‹", "›"
_WIDE = 110


class ArrowControl(Widget, can_focus=True):
    """Drawn in one line: its label, `LESS`, its value, `MORE`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,down,minus", "step(-1)", "Less", show=False),
        Binding("right,up,plus", "step(1)", "More", show=False),
    ]

    @abstractmethod
    def render(self) -> Content: ...

    @abstractmethod
    def action_step(self, steps: int) -> None:
        """Go so many values further, or back."""

    async def clicked_beside_arrows(self) -> None:
        """Nothing, unless a control says more."""

    @property
    def is_roomy(self) -> bool:
        """Whether the screen has room for long names."""
        return self.app.size.width >= _WIDE

    async def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None:
            return
        drawn = self.render()
        if place.x == drawn.cell_length - 1:
            self.action_step(1)
        elif place.x == drawn.plain.find(LESS):
            self.action_step(-1)
        else:
            await self.clicked_beside_arrows()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_step(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_step(-1)
