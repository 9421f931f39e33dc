"""Replaying a labeled text on the writer's thread."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

from gpt2_tui.labels.found import Found
from gpt2_tui.ui.batch import Batch
from gpt2_tui.ui.messages import Streamed
from gpt2_tui.ui.writer import Tell

if TYPE_CHECKING:
    from gpt2_tui.labels.replay import Repeated, Replayed
    from gpt2_tui.loading import LoadedModel
    from gpt2_tui.models.maker import Maker

LANE = 0
"""All generations of a label come as one lane, one after the other."""


@dataclass
class ReplayEnded(Message):
    """What came of a replay; `result` is None if it was stopped."""

    result: "Replayed | None"


class _StoppedError(Exception):
    """The replay was stopped."""


@dataclass(frozen=True)
class Replaying:
    """A job of the writer: generate a labeled text again, with the very model that it names.

    What it posts is for one receiver alone, so its number says nothing.
    """

    found: Found
    post: Tell
    run: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def do(self, model: "LoadedModel", tell: Tell) -> None:
        from gpt2_tui.continuations import Piece
        from gpt2_tui.labels.recorded_model import load_recorded
        from gpt2_tui.labels.replay import replay
        from gpt2_tui.text.pieces import TextStream

        batch = Batch()
        generation, stream = 1, TextStream()

        def load(maker: "Maker") -> "LoadedModel":
            return model if _is_recorded(model, maker) else load_recorded(maker)

        def progress(so_far: "Repeated") -> None:
            nonlocal generation, stream
            if self.stop.is_set():
                raise _StoppedError
            text = ""
            if so_far.generation != generation:
                text = stream.finish() + _heading(so_far.generation)
                generation, stream = so_far.generation, TextStream()
            text += stream.push(so_far.written)
            batch.add(Piece(LANE, text, so_far.tokens))
            if batch.is_due():
                tell(Streamed(self.run, batch.take()))

        result: Replayed | None = None
        try:
            result = replay(self.found, load, progress)
        except _StoppedError:
            pass
        else:
            batch.add(Piece(LANE, stream.finish(), result.tokens))
        tell(Streamed(self.run, batch.take()))
        tell(ReplayEnded(result))


def _heading(generation: int) -> str:
    return f"\n\n— generation {generation} —\n\n"


def _is_recorded(model: "LoadedModel", recorded: "Maker") -> bool:
    maker = model.maker
    return (
        dict(maker.files) == dict(recorded.files)
        and maker.tokenizer_sha256 == recorded.tokenizer_sha256
        and (maker.provider, maker.precision) == (recorded.provider, recorded.precision)
    )
