"""How far an export is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """The stage in words, and which part of it is done, from 0 to 1."""

    stage: str
    done: float


Report = Callable[[Progress], None]
