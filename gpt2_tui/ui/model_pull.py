"""A model on its way from the hub while the desk goes on: a thread of its own, one at a time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from textual.message import Message

from gpt2_tui.errors import HubError
from gpt2_tui.ui.faults import fault_line
from gpt2_tui.ui.messages import Said

if TYPE_CHECKING:
    from gpt2_tui.hub.names import HubModel
    from gpt2_tui.hub.progress import FileProgress, Progress


class _CancelledError(Exception):
    """The user does not want it any more."""


@dataclass(frozen=True)
class PullState:
    """How far a pull is: each file by its name, in the order in which they came; then the stage
    and which part of it is done; `waits` for another pull; `is_over`, and then `name` is what the
    model is called here, if it came."""

    reference: str
    files: "dict[str, FileProgress]" = field(default_factory=dict)
    stage: tuple[str, float] | None = None
    waits: bool = False
    is_over: bool = False
    name: str | None = None

    def after(self, progress: "Progress") -> "PullState":
        from gpt2_tui.hub.progress import FileProgress, StageProgress

        if isinstance(progress, FileProgress):
            return replace(self, files={**self.files, progress.file: progress}, waits=False)
        if isinstance(progress, StageProgress):
            return replace(self, stage=(progress.stage, progress.done), waits=False)
        return replace(self, waits=True)


class ModelPull:
    """`state` is that of the pull at work, or of the last one; it is replaced, never changed."""

    def __init__(self, tell: Callable[[Message], object]) -> None:
        """`tell` takes Said messages: how a pull ended."""
        self.state: PullState | None = None
        self._tell = tell
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        return self.state is not None and not self.state.is_over

    @property
    def is_stopping(self) -> bool:
        return self.is_running and self._cancelled.is_set()

    def start(self, reference: str) -> None:
        """Begin to fetch a model by its short name or as OWNER/NAME. Raises HubError if it cannot
        be one, or if a pull is at work."""
        from gpt2_tui.hub.names import hub_model

        if self.state is not None and self.is_running:
            raise HubError(f"{self.state.reference} is being fetched; wait for it, or cancel it")
        wanted = hub_model(reference)
        self._cancelled.clear()
        self.state = PullState(reference)
        self._thread = threading.Thread(
            target=self._work, args=(wanted, self.state), name="pull", daemon=True
        )
        self._thread.start()

    def cancel(self) -> None:
        """End the pull at work with the next block; what came stays for the next pull."""
        self._cancelled.set()

    def close(self, seconds: float) -> bool:
        """Cancel, and wait; whether it was through within `seconds`."""
        self.cancel()
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self, wanted: "HubModel", state: PullState) -> None:
        def report(progress: "Progress") -> None:
            nonlocal state
            if self._cancelled.is_set():
                raise _CancelledError
            state = self.state = state.after(progress)

        name, told = None, Said(f"{state.reference} is not fetched; a later try goes on from here")
        try:
            # The hub's client and the exporter are imported here, when somebody wants them.
            from gpt2_tui.pulling import pull

            pulled = pull(wanted, report)
            name = pulled.folder.path.name
            told = Said(f"{name} is {'here already' if pulled.was_there else 'ready to be used'}")
        except Exception as error:  # noqa: BLE001 - the end of this thread must not go unseen
            # Once nobody wants it any more, nobody needs to know what else went wrong.
            if not self._cancelled.is_set():
                told = Said(fault_line(error), is_fault=True)
        self.state = replace(state, is_over=True, name=name)
        self._tell(told)
