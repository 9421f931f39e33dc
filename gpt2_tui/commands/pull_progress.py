"""How far a pull is, on standard error: bars on a terminal, else a line now and then."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from gpt2_tui.hub.progress import FileProgress, Report, StageProgress, Waiting
from gpt2_tui.hub.progress import Progress as PullProgress
from gpt2_tui.text.visible import one_line

_IN_ALL = "in all"
_WAITING = "another pull is at work; waiting for it to end"
_STEP = 0.25
_SMALL = 1e6  # bytes; a file so small gets one line


@contextmanager
def shown_on(stream: TextIO) -> Iterator[Report]:
    """What to tell the progress to, for as long as the block runs."""
    if stream.isatty():
        bars = _Bars(stream)
        with bars.display:
            yield bars.show
    else:
        yield _Lines(stream).show


class _Bars:
    """One bar a file and one for all files, then one for each stage."""

    def __init__(self, stream: TextIO) -> None:
        # The hub chose the names of files: they are never markup.
        self.display = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[size]}", markup=False),
            TimeRemainingColumn(),
            console=Console(file=stream),
        )
        self._tasks: dict[str, TaskID] = {}
        self._said_that_it_waits = False

    def show(self, progress: PullProgress) -> None:
        if isinstance(progress, FileProgress):
            self._move(_IN_ALL, progress.done_in_all, progress.size_in_all, is_size=True)
            self._move(progress.file, progress.done, progress.size, is_size=True)
        elif isinstance(progress, StageProgress):
            self._move(progress.stage, progress.done, 1.0)
        elif not self._said_that_it_waits:
            self._said_that_it_waits = True
            self.display.console.print(_WAITING)

    def _move(self, name: str, done: float, total: float, *, is_size: bool = False) -> None:
        if name not in self._tasks:
            self._tasks[name] = self.display.add_task(one_line(name), size="")
        size = f"{decimal(int(done))} of {decimal(int(total))}" if is_size else ""
        self.display.update(self._tasks[name], completed=done, total=total, size=size)


class _Lines:
    """Whole lines for a file or a pipe: a few for each file and each stage."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""

    def show(self, progress: PullProgress) -> None:
        line = one_line(_line(progress))
        if line != self._last:
            self._last = line
            self._stream.write(line + "\n")
            self._stream.flush()


def _line(progress: PullProgress) -> str:
    if isinstance(progress, Waiting):
        return _WAITING
    if isinstance(progress, StageProgress):
        return f"{progress.stage}: {_step(progress.done)}"
    if progress.size < _SMALL:
        return progress.file
    return (
        f"{progress.file}: {_step(progress.done / progress.size)} of {progress.size / 1e6:.0f} MB"
    )


def _step(part: float) -> str:
    """A part of one in percent, in steps, so that not every block is a line."""
    return f"{int(part / _STEP) * _STEP:.0%}"
