"""What the desk knows of one run: what it was asked for, and what has come of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.settings import Settings

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation, Event
    from gpt2_tui.inspection import Branch
    from gpt2_tui.loading import LoadedModel


@dataclass
class Run:
    """Run `number`: the draft as it was and its node in the history, the settings, the lanes, and
    the finished ones.

    `picked` is what the draft became where a person picked its last token."""

    number: int
    node: int
    prompt: AuthoredText
    settings: Settings
    lanes: tuple[int, ...]
    picked: "Branch | None" = None
    finished: "dict[int, Continuation]" = field(default_factory=dict)
    speeds: dict[int, float] = field(default_factory=dict)
    is_over: bool = False

    def write(self, model: "LoadedModel", should_stop: Callable[[], bool]) -> "Iterator[Event]":
        """Write it. Imports the engine: call it on the writer's thread."""
        from gpt2_tui.continuations import Request, write

        picked = self.picked
        # Another model may have other tokens.
        ids = picked.prompt_ids if picked is not None and picked.maker == model.maker else None
        return write(model, Request(self.prompt.text, self.settings, self.lanes, ids), should_stop)

    @property
    def speed(self) -> float:
        """Tokens a second of all lanes that are still writing."""
        return sum(speed for lane, speed in self.speeds.items() if lane not in self.finished)
