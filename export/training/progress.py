"""Progress on a terminal as one moving line, elsewhere as a plain line now and then."""

from __future__ import annotations

import time
from types import TracebackType

from rich import progress as rich_progress
from rich.console import Console

PLAIN_EVERY_SECONDS = 60


class Progress:
    """Shows tokens, tokens per second, a smoothed loss and the time left."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start: tuple[float, int] | None = None
        self._loss = 0.0
        self._printed = 0.0
        self._bar = rich_progress.Progress(
            rich_progress.TextColumn("{task.description}"),
            rich_progress.BarColumn(),
            rich_progress.TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("training")

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, highlight=False, soft_wrap=True)

    def update(self, tokens: int, total: int, loss: float) -> None:
        """Show the state after a step."""
        now = time.monotonic()
        if self._start is None:  # The first step also compiles: speed is counted from its end.
            self._start = (now, tokens)
            self._loss = loss
            return
        self._loss += 0.05 * (loss - self._loss)
        speed = (tokens - self._start[1]) / max(now - self._start[0], 1e-9)
        text = f"{tokens:,} of {total:,} tokens, {speed:,.0f} a second, loss {self._loss:.3f}"
        self._bar.update(self._task, completed=tokens, total=total, description=text)
        if self._bar.disable and now - self._printed > PLAIN_EVERY_SECONDS:
            self._printed = now
            left = (total - tokens) / max(speed, 1e-9) / 60
            self.say(f"{text}, {left:.0f} minutes left")
