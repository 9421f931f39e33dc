"""Counting the draft's tokens while it is written: after a pause, and off the event loop."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message_pump import MessagePump
from textual.timer import Timer

from gpt2_tui.ui.messages import PromptCounted

if TYPE_CHECKING:
    from gpt2_tui.loading import LoadedModel

_PAUSE_BEFORE_COUNTING = 0.3


class PromptCounter:
    """Sends PromptCounted to `screen`; `text` gives the draft as it is, and `model` what is in use.
    Until there is a model it counts nothing."""

    def __init__(
        self,
        screen: MessagePump,
        text: Callable[[], str],
        model: "Callable[[], LoadedModel | None]",
    ) -> None:
        self._screen = screen
        self._model = model
        self._text = text
        self._version = 0
        self._timer: Timer | None = None

    def count_after_a_pause(self) -> None:
        self._version += 1
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(_PAUSE_BEFORE_COUNTING, self.count)

    def count(self) -> None:
        """Begin to count: a megabyte takes a second."""
        model, text, version = self._model(), self._text(), self._version
        if model is None:
            return

        def work() -> None:
            from gpt2_tui.continuations import encode_prompt
            from gpt2_tui.engine.window import in_sight

            ids = encode_prompt(model, text, special=False).ids
            sight = len(in_sight(ids, model.window))
            self._screen.post_message(PromptCounted(version, len(ids), sight))

        threading.Thread(target=work, daemon=True).start()

    def is_current(self, counted: PromptCounted) -> bool:
        return counted.version == self._version
