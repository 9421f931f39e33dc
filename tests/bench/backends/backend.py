"""What a backend must do to be compared, and what all are timed by."""

from collections.abc import Sequence
from typing import Protocol

UNTIMED_STEPS = 2
"""The first steps behind a new cache touch its memory for the first time, and are not timed."""


class Backend(Protocol):
    """A model that is loaded. Both runs take the likeliest token each time, and time finding it."""

    versions: dict[str, str]

    def prefill(self, ids: Sequence[int]) -> float:
        """Seconds from the ids of a prompt to its first new token."""
        ...

    def decode(self, ids: Sequence[int], lanes: int, steps: int) -> list[float]:
        """Seconds of each of `steps` steps of `lanes` continuations of one prompt.

        The prompt is encoded once, and UNTIMED_STEPS steps go before; neither is timed.
        """
        ...
