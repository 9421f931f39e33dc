"""The thread that loads models and runs them: the one place of the desk that waits for the engine.

The screen puts work in, and gets messages out. A thread of its own, and a daemon: a thread of the
event loop's pool would hold up the exit until its step is done.
"""

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from gpt2_tui.models.choice import STARTER, ModelChoice
from gpt2_tui.ui.batch import Batch
from gpt2_tui.ui.faults import fault_line
from gpt2_tui.ui.messages import (
    LaneFinished,
    ModelFailed,
    ModelLoading,
    ModelReady,
    PromptEncoded,
    RunBegan,
    RunEnded,
    Streamed,
)

if TYPE_CHECKING:
    from gpt2_tui.continuations import Event
    from gpt2_tui.loaded_models import LoadedModels
    from gpt2_tui.loading import LoadedModel

_NICENESS = 10


Tell = Callable[[Message], object]
"""Posts a message to the screen that asked; nothing once the writer is closing."""


class Job(Protocol):
    """Something to do with the model. It ends soon after `stop` is set."""

    @property
    def run(self) -> int:
        """The number of its messages."""

    @property
    def stop(self) -> threading.Event: ...

    @property
    def post(self) -> Tell:
        """Where its messages go."""

    def do(self, model: "LoadedModel", tell: Tell) -> None:
        """Do it, on the thread; the RunEnded behind it is not its own affair."""


@dataclass(frozen=True)
class Work:
    """A run of the engine. `write` is called on the thread, so that the screen needs no numpy; it
    is given the model and what asks whether to stop."""

    run: int
    write: "Callable[[LoadedModel, Callable[[], bool]], Iterator[Event]]"
    post: Tell
    stop: threading.Event = field(default_factory=threading.Event)

    def do(self, model: "LoadedModel", tell: Tell) -> None:
        from gpt2_tui.continuations import Finished, Piece, Started
        from gpt2_tui.engine.session import PromptProgress

        batch = Batch()
        for event in self.write(model, self.stop.is_set):
            match event:
                case Started():
                    tell(RunBegan(self.run, model.name, event))
                case PromptProgress(done, total):
                    tell(PromptEncoded(self.run, done, total))
                case Piece():
                    batch.add(event)
                    if batch.is_due():
                        tell(Streamed(self.run, batch.take()))
                case Finished(lane, rest, continuation):
                    tell(Streamed(self.run, batch.take()))
                    tell(LaneFinished(self.run, lane, rest, continuation))


class Writer:
    """Does one piece of work after the other. All methods but the thread's own return at once."""

    def __init__(self, post: Tell, choice: ModelChoice) -> None:
        """`choice` is the model to begin with."""
        self._post = post
        self._choice = choice
        self._wanted: ModelChoice | None = choice
        self._models: LoadedModels | None = None
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._current: Job | None = None
        self._doing: Job | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to load the model."""
        self._thread.start()

    @property
    def model(self) -> "LoadedModel | None":
        """The model in use. Not to be kept: another may be chosen at any time."""
        return None if self._models is None else self._models.in_use

    @property
    def choice(self) -> ModelChoice:
        """How the model in use was chosen, or the one to begin with."""
        return self._choice

    @property
    def wanted(self) -> ModelChoice:
        """How the model was chosen that is in use once all is loaded that was asked for."""
        return self._wanted or self._choice

    @property
    def is_loading(self) -> bool:
        return self._wanted is not None

    @property
    def models(self) -> "LoadedModels":
        """All that is loaded. For work on the thread alone."""
        if self._models is None:
            # numpy and onnxruntime are imported here, behind the first frame.
            from gpt2_tui.loaded_models import LoadedModels

            self._models = LoadedModels()
        return self._models

    def use(self, choice: ModelChoice) -> None:
        """End the run that was asked for last, and use another model from then on."""
        self.stop()
        self._wanted = choice
        self._queue.put(partial(self._use, choice))

    def release_beside(self) -> None:
        """Once all that was asked for is done, keep no model but the one in use."""
        self._queue.put(self._release_beside)

    def write(self, job: Job) -> None:
        """End what runs now, and do `job`."""
        self.stop()
        self._current = job
        self.queue(job)

    def queue(self, job: Job) -> None:
        """Do `job` after what runs now."""
        self._queue.put(partial(self._do, job))

    def stop(self) -> None:
        """End the run that was asked for last, within one token."""
        if self._current is not None:
            self._current.stop.set()

    def close(self, seconds: float) -> bool:
        """End everything; whether the thread was through within `seconds`."""
        self._closing.set()
        self.stop()
        if (doing := self._doing) is not None:
            doing.stop.set()
        self._queue.put(None)
        if self._thread.ident is None:
            return True  # left before the first frame
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        _give_way()
        self._use(self._choice)
        while self._do_next():
            pass

    def _do_next(self) -> bool:
        """Do what comes next in the queue; whether there may be more. Nothing of it is kept, since
        a job can hold a model."""
        task = self._queue.get()
        if task is not None and not self._closing.is_set():
            task()
        return task is not None

    def _use(self, choice: ModelChoice) -> None:
        self._tell(ModelLoading(f"loading {choice.reference or STARTER}…"))
        try:
            self.models.use(choice, lambda text: self._tell(ModelLoading(text)))
            self._choice = choice
            told: Message = ModelReady()
        except Exception as error:  # noqa: BLE001 - the end of this thread must not go unseen
            told = ModelFailed(fault_line(error))
        if self._wanted is choice:
            self._wanted = None
        self._tell(told)

    def _release_beside(self) -> None:
        if self._models is not None:
            self._models.release_beside()

    def _do(self, job: Job) -> None:
        if self.model is None:
            self._use(self._choice)
        model = self.model
        if model is None:
            self._tell(RunEnded(job.run, "the model is not loaded"), job.post)
        else:
            self._doing = job
            self._run(model, job)
            self._doing = None

    def _run(self, model: "LoadedModel", job: Job) -> None:
        def tell(message: Message) -> None:
            self._tell(message, job.post)

        fault = None
        try:
            job.do(model, tell)
        except Exception as error:  # noqa: BLE001 - the desk goes on, and says what happened
            fault = fault_line(error)
        tell(RunEnded(job.run, fault))

    def _tell(self, message: Message, post: Tell | None = None) -> None:
        if not self._closing.is_set():
            (post or self._post)(message)


def _give_way() -> None:
    """Let the screen go first: what this thread and those that it starts compute can wait for a
    key. Other systems than Linux have no priority for a thread alone."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
