"""What a pull tells while it runs: plain data, for a terminal's bars and the desk alike."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """Another pull is at work; this one goes on when that has ended."""


@dataclass(frozen=True)
class FileProgress:
    """`done` of the `size` bytes of `file` are here, and `done_in_all` of `size_in_all`.

    The size in all grows once, when a list of several files of weights has been read.
    """

    file: str
    done: int
    size: int
    done_in_all: int
    size_in_all: int


@dataclass(frozen=True)
class StageProgress:
    """What happens after the download, in words, and which part of it is done, from 0 to 1."""

    stage: str
    done: float


Progress = Waiting | FileProgress | StageProgress
Report = Callable[[Progress], None]
"""Called often, from the thread that pulls. An exception that it raises ends the pull; what was
downloaded stays for the next one."""
