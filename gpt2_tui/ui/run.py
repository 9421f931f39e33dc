"""What the desk knows of one run: what it was asked for, and what has come of it."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gpt2_tui.drafts.taking import Taking
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.settings import Settings

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation, Event
    from gpt2_tui.inspection import Branch
    from gpt2_tui.loading import LoadedModel


_SECONDS_BETWEEN_SPEEDS = 1.0


@dataclass
class Run:
    """Run `number`: the draft up to the cursor as it was, its node in the history, the settings,
    the lanes, the finished ones, and what takes them into the draft.

    `picked` is what the draft became where a person picked its last token."""

    number: int
    node: int
    prompt: AuthoredText
    settings: Settings
    lanes: tuple[int, ...]
    taking: Taking
    picked: "Branch | None" = None
    finished: "dict[int, Continuation]" = field(default_factory=dict)
    speeds: dict[int, float] = field(default_factory=dict)
    is_over: bool = False
    _speed_told: float = -math.inf

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

    def is_time_to_tell_speed(self) -> bool:
        """Now and then: nobody reads a figure that changes ten times a second."""
        now = time.monotonic()
        if now - self._speed_told < _SECONDS_BETWEEN_SPEEDS:
            return False
        self._speed_told = now
        return True
