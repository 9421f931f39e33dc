"""What the writer thread tells the screen. Each message of a run carries the run's number."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation, Started
    from gpt2_tui.drafts.autosave import Report
    from gpt2_tui.engine.analysis import Outlook
    from gpt2_tui.inspection import Inspected, Subject


@dataclass
class ModelReady(Message):
    """A model is loaded, and in use from now on. The message does not hold it: what is sent can
    outlive its use, and a model is too large for that."""


@dataclass
class ModelLoading(Message):
    """A model is being loaded; `text` says which, or what takes long, in a few words."""

    text: str


@dataclass
class ModelFailed(Message):
    """The model cannot be had; `reason` is one line. One that was in use still is."""

    reason: str


@dataclass
class PromptCounted(Message):
    """The draft, as it was at its `version`, has so many tokens, of which so many are in sight."""

    version: int
    tokens: int
    in_sight: int


@dataclass
class OfRun(Message):
    """What comes of a run; each run of a screen has a number of its own."""

    run: int


@dataclass
class RunBegan(OfRun):
    """The prompt has its token ids; `model` writes."""

    model: str
    started: "Started"


@dataclass
class PromptEncoded(OfRun):
    """So much of the prompt is encoded."""

    done: int
    total: int


@dataclass(frozen=True)
class LaneText:
    """New text of a lane, a piece a token, its tokens so far, and its speed in tokens a second."""

    pieces: tuple[str, ...]
    tokens: int
    speed: float

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass
class Streamed(OfRun):
    """What the lanes wrote since the last such message. Never dropped, never merged."""

    lanes: dict[int, LaneText]


@dataclass
class LaneFinished(OfRun):
    """A lane is over; `rest` is the end of its text."""

    lane: int
    rest: str
    continuation: "Continuation"


@dataclass
class GhostWritten(Message):
    """Text to offer behind the cursor, asked for under this number."""

    number: int
    continuation: "Continuation"


@dataclass
class SubjectRead(Message):
    """What is looked into has its tokens."""

    run: int
    subject: "Subject"


@dataclass
class TokensInspected(Message):
    """More tokens are looked into, in order."""

    run: int
    tokens: "tuple[Inspected, ...]"


@dataclass
class OutlookFound(Message):
    """What the settings, as they were at their `version`, make of every token."""

    version: int
    outlooks: "tuple[Outlook, ...]"


@dataclass
class RunEnded(OfRun):
    """Nothing more comes of this run; `fault` is one line if it broke off."""

    fault: str | None = None


@dataclass
class DraftSaving(Message):
    """The draft was saved, or could not be."""

    report: "Report"


@dataclass
class Said(Message):
    """Something to tell the user, from work in the background."""

    text: str
    is_fault: bool = False
