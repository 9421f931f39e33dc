"""The name of the preset in use: the arrow keys go to the next one, Enter shows them all."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.arrow_control import LESS, MORE, ArrowControl

_NARROW_NAME = 12
_NONE = "own"


class PresetControl(ArrowControl):
    """Shows `preset`; None is settings without a name."""

    BINDINGS: ClassVar[list[BindingType]] = [
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
        name = Content(_NONE if self.preset is None else one_line(self.preset))
        if not self.is_roomy:
            name = name.truncate(_NARROW_NAME, ellipsis=True)
        label = "preset " if self.is_roomy else ""
        return Content.assemble((label, "$text-muted"), (f"{LESS}{name.plain}{MORE}", "bold"))

    def action_step(self, steps: int) -> None:
        self.post_message(self.Stepped(steps))

    async def clicked_beside_arrows(self) -> None:
        await self.run_action("app.presets")
