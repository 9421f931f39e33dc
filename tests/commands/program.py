"""Running the program in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: bytes
    err: str


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "gpt2_tui", *words]


def run(
    *words: str,
    stdin: bytes = b"",
    stdout: int | IO[bytes] = subprocess.PIPE,
    variables: Mapping[str, str] | None = None,
) -> Done:
    """Run `gpt2-tui` with these words to its end."""
    done = subprocess.run(
        command(*words),
        input=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **(variables or {})},
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout or b"", done.stderr.decode())
