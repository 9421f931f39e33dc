"""A process of its own that answers questions: one JSON object a line, there and back.

Figures of one process must not depend on what another has loaded, allocated or started.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO, Any, Self, cast

from gpt2_tui.errors import BenchmarkError

Message = dict[str, Any]


class Child:
    """A process that is over when the block ends, whatever happened in it."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
        """Start `command` with these environment variables beside our own."""
        # A file: a pipe that nobody reads would stop the process when it is full.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the block ends
        self._process = subprocess.Popen(  # noqa: S603 - a command of this program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env={**os.environ, **(variables or {})},
            encoding="utf-8",
        )
        self._questions = cast(IO[str], self._process.stdin)
        self._answers = cast(IO[str], self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        with self._complaints:
            self._process.communicate()

    def send(self, message: Message) -> None:
        """Ask for something. A process that is gone is found by `receive`."""
        try:
            self._questions.write(json.dumps(message) + "\n")
            self._questions.flush()
        except BrokenPipeError:
            return

    def receive(self) -> Message:
        """Its next answer. Raises BenchmarkError where it gives none, or says what is wrong."""
        line = self._answers.readline()
        if not line:
            raise BenchmarkError(self._why_it_ended())
        answer: Message = json.loads(line)
        if "error" in answer:
            raise BenchmarkError(answer["error"])
        return answer

    def ask(self, message: Message) -> Message:
        self.send(message)
        return self.receive()

    def _why_it_ended(self) -> str:
        code = self._process.wait()
        self._complaints.seek(0)
        lines = self._complaints.read().decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1] if lines else "it said nothing"
        hint = "; the memory may be too small" if code < 0 else ""
        return f"a process that measures ended with {code} ({reason}){hint}"


def python_module(module: str, *words: str) -> list[str]:
    """The command that runs a module of this program with this Python, whatever lies in the
    folder where the user is."""
    return [sys.executable, "-P", "-m", module, *words]


def say(message: Message) -> None:
    """In the process: give an answer."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def listen() -> Message:
    """In the process: the next question. Where nobody can ask any more, the process ends."""
    line = sys.stdin.readline()
    if not line:
        raise SystemExit
    question: Message = json.loads(line)
    return question
