"""What the desk knows of one run: what it was asked for, and what has come of it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.settings import Settings

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation, Request


@dataclass
class Run:
    """Run `number`: the draft as it was and its node in the history, the settings, the lanes, and
    the finished ones."""

    number: int
    node: int
    prompt: AuthoredText
    settings: Settings
    lanes: tuple[int, ...]
    finished: "dict[int, Continuation]" = field(default_factory=dict)
    speeds: dict[int, float] = field(default_factory=dict)
    is_over: bool = False

    def request(self) -> "Request":
        """What the writer shall write. Imports the engine: call it on the writer's thread."""
        from gpt2_tui.continuations import Request

        return Request(self.prompt.text, self.settings, self.lanes)

    @property
    def speed(self) -> float:
        """Tokens a second of all lanes that are still writing."""
        return sum(speed for lane, speed in self.speeds.items() if lane not in self.finished)
