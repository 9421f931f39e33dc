"""A desk on a real pseudo-terminal: what is typed goes in, what it writes is read and drawn."""

import contextlib
import fcntl
import os
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyte

PATIENCE = 90.0
"""Seconds after which something that should happen counts as not happening."""

_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_STOPPED = re.compile(r"(?:length|end of text) · \d")
ALTERNATE_SCREEN, CURSOR, BRACKETED_PASTE = 1049, 25, 2004
MOUSE_MODES = (1000, 1002, 1003, 1006, 1015)


class PtyDesk:
    """A running desk. `raw` is all that reached the terminal so far."""

    def __init__(
        self,
        arguments: Sequence[str],
        size: tuple[int, int] = (100, 30),
        *,
        stderr: int | None = None,
        ignored_signals: Sequence[int] = (),
        program: Sequence[str] = ("-m", "gpt2_tui"),
    ) -> None:
        self.raw = b""
        columns, lines = size
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._master, self._slave = os.openpty()
        termios.tcsetwinsize(self._slave, (lines, columns))
        self.attributes_before = termios.tcgetattr(self._slave)

        def own_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            for number in ignored_signals:
                signal.signal(number, signal.SIG_IGN)

        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave if stderr is None else stderr,
            start_new_session=True,
            preexec_fn=own_terminal,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def text(self) -> str:
        """What stands on the screen."""
        with self._lock:
            return "\n".join(self._screen.display)

    def type(self, text: str | bytes) -> None:
        os.write(self._master, text.encode() if isinstance(text, str) else text)

    def until(self, true: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, f"waited for: {what}\n{self.text()}"
            time.sleep(0.02)

    def until_shown(self, text: str) -> None:
        self.until(lambda: text in self.text(), text)

    def until_ready(self) -> None:
        """Wait until the model is loaded."""
        self.until_shown("window ")

    def until_written(self) -> None:
        """Wait until all three panes say why they stopped."""
        self.until(lambda: len(_STOPPED.findall(self.text())) == 3, "three finished panes")

    def ended(self) -> int:
        """Wait for the end; the exit code."""
        code = self.process.wait(PATIENCE)
        time.sleep(0.1)  # the last of its output is on the way
        return code

    def modes(self) -> dict[int, bool]:
        """The private modes of the terminal that were set or reset, as they are now."""
        found = {}
        for numbers, action in _MODE.findall(self.raw):
            for number in numbers.split(b";"):
                found[int(number)] = action == b"h"
        return found

    def attributes(self) -> list[Any]:
        return termios.tcgetattr(self._slave)

    def is_whole(self) -> bool:
        """Whether the terminal is as it was before the desk."""
        modes = self.modes()
        return (
            not modes.get(ALTERNATE_SCREEN, False)
            and modes.get(CURSOR, True)
            and not modes.get(BRACKETED_PASTE, False)
            and not any(modes.get(mode, False) for mode in MOUSE_MODES)
            and self.attributes() == self.attributes_before
        )

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed."""
        self._done.set()
        self._reader.join()
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        if self._master != -1:
            self.hang_up()

    def _read(self) -> None:
        while not self._done.is_set():
            ready, _, _ = select.select([self._master], [], [], 0.05)
            if not ready:
                continue
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                return
            with self._lock:
                self.raw += data
                self._stream.feed(data)


@contextlib.contextmanager
def desk_on_a_terminal(model: Path, *arguments: str, **more: Any) -> Iterator[PtyDesk]:
    """A desk with the model in the folder `model`, on a pseudo-terminal."""
    desk = PtyDesk(["--model", str(model), "--device", "cpu", *arguments], **more)
    try:
        yield desk
    finally:
        desk.close()
