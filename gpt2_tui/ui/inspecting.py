"""Looking into a text on the writer's thread, and trying settings on it on another."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gpt2_tui.engine.analysis import outlook
from gpt2_tui.inspection import Inspected, Subject, inspect
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import Sampling
from gpt2_tui.ui.messages import OutlookFound, SubjectRead, TokensInspected
from gpt2_tui.ui.writer import Tell

_SECONDS_BETWEEN_MESSAGES = 0.1


@dataclass
class Inspecting:
    """A job of the writer: look into a text, which `find_subject` cuts into tokens, with the model
    that `find_model` gives for the one in use. `model` is that, once the text has its tokens."""

    run: int
    find_model: Callable[[LoadedModel], LoadedModel]
    find_subject: Callable[[LoadedModel], Subject]
    post: Tell
    stop: threading.Event = field(default_factory=threading.Event)
    model: LoadedModel | None = None

    def end(self) -> None:
        """Stop, and let go of the model: a screen that was left can stay in memory for long."""
        self.stop.set()
        self.model = None

    def do(self, model: LoadedModel, tell: Tell) -> None:
        if self.stop.is_set():
            return
        self.model = model = self.find_model(model)
        subject = self.find_subject(model)
        tell(SubjectRead(self.run, subject))
        found: list[Inspected] = []
        sent = time.monotonic()
        for token in inspect(model, subject):
            if self.stop.is_set():
                break
            found.append(token)
            if time.monotonic() - sent >= _SECONDS_BETWEEN_MESSAGES:
                tell(TokensInspected(self.run, tuple(found)))
                found, sent = [], time.monotonic()
        tell(TokensInspected(self.run, tuple(found)))
        if self.stop.is_set():
            self.model = None


def find_outlook(
    tokens: Sequence[Inspected],
    sampling: Sampling,
    version: int,
    post: Tell,
    is_stale: Callable[[], bool],
) -> None:
    """Post what `sampling` makes of `tokens`, from a thread of its own; nothing once it is stale.

    It asks nothing of the model.
    """

    def work() -> None:
        outlooks = []
        for token in tokens:
            if is_stale():
                return
            outlooks.append(outlook(token.analysis, sampling))
        post(OutlookFound(version, tuple(outlooks)))

    threading.Thread(target=work, name="outlook", daemon=True).start()
