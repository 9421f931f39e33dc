"""Replaying a labeled text on the writer's thread."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

from gpt2_tui.labels.found import Found
from gpt2_tui.ui.writer import Tell

if TYPE_CHECKING:
    from gpt2_tui.labels.record_check import RecordedMaker
    from gpt2_tui.labels.replay import Replayed
    from gpt2_tui.loading import LoadedModel

_TOKENS_BETWEEN_MESSAGES = 5


@dataclass
class ReplayGoesOn(Message):
    """So many tokens are the same."""

    run: int
    tokens: int


@dataclass
class ReplayEnded(Message):
    """What came of a replay; `result` is None if it was stopped."""

    run: int
    result: "Replayed | None"


class _StoppedError(Exception):
    """The replay was stopped."""


@dataclass(frozen=True)
class Replaying:
    """A job of the writer: generate a labeled text again, with the very model that it names."""

    run: int
    found: Found
    post: Tell
    stop: threading.Event = field(default_factory=threading.Event)

    def do(self, model: "LoadedModel", tell: Tell) -> None:
        from gpt2_tui.labels.recorded_model import load_recorded
        from gpt2_tui.labels.replay import replay

        tokens = 0

        def load(maker: "RecordedMaker") -> "LoadedModel":
            return model if _is_recorded(model, maker) else load_recorded(maker)

        def progress() -> None:
            nonlocal tokens
            if self.stop.is_set():
                raise _StoppedError
            tokens += 1
            if tokens % _TOKENS_BETWEEN_MESSAGES == 0:
                tell(ReplayGoesOn(self.run, tokens))

        try:
            tell(ReplayEnded(self.run, replay(self.found, load, progress)))
        except _StoppedError:
            tell(ReplayEnded(self.run, None))


def _is_recorded(model: "LoadedModel", recorded: "RecordedMaker") -> bool:
    maker = model.maker
    return (
        dict(maker.files) == dict(recorded.files)
        and maker.tokenizer_sha256 == recorded.tokenizer_sha256
        and maker.provider == recorded.engine["provider"]
        and maker.precision == recorded.engine["precision"]
    )
