"""The two ceilings of a machine: how fast its threads read memory, and how much they are stalled.

Each is measured by as many busy processes as the model has threads, all at once. They are
processes because Python's threads would stall each other.
"""

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

from gpt2_tui.benchmark.child import Child, listen, python_module, say

_MODULE = "gpt2_tui.benchmark.ceilings"

_STALL = 0.001
"""Seconds between two looks at the clock that count as lost; a look takes under a microsecond."""

_BUFFER = 256 << 20
"""Bytes that all processes read together: more than the caches of processors hold."""

# The reading itself must not start threads of its own.
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


@dataclass(frozen=True)
class Ceilings:
    """`read_bytes_per_second` of all threads together; `lost_share` of the one that lost most."""

    read_bytes_per_second: float
    lost_share: float


def measure_ceilings(threads: int, seconds: float) -> Ceilings:
    """Watch the clock, then read memory, for `seconds` each and in `threads` processes."""
    command = python_module(_MODULE, str(seconds), str(_BUFFER // threads))
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(Child(command, _ONE_THREAD)) for _ in range(threads)]
        for child in children:
            child.receive()
        for child in children:
            child.send({})
        answers = [child.receive() for child in children]
    return Ceilings(
        read_bytes_per_second=sum(answer["read_bytes_per_second"] for answer in answers),
        lost_share=max(answer["lost_share"] for answer in answers),
    )


def _lost_share(seconds: float) -> float:
    """The part of `seconds` that a thread which only looks at the clock was not running."""
    lost = 0.0
    began = before = time.perf_counter()
    while before - began < seconds:
        now = time.perf_counter()
        if now - before > _STALL:
            lost += now - before
        before = now
    return lost / (before - began)


def _read_bytes_per_second(buffer: Any, seconds: float) -> float:
    """How fast one thread reads the numpy array `buffer` again and again, for at least `seconds`.

    The product of a vector with itself is the fastest reading loop that numpy has; a sum or a
    maximum is held up by its arithmetic.
    """
    reads = 0
    began = time.perf_counter()
    while True:
        buffer.dot(buffer)
        reads += 1
        elapsed = time.perf_counter() - began
        if elapsed >= seconds:
            return float(reads * buffer.nbytes / elapsed)


def _watch_and_read(seconds: float, size: int) -> None:
    """What one of the processes does: say when it is ready, wait for a line, measure, answer."""
    import numpy as np

    buffer = np.ones(size // 4, np.float32)
    say({"process": os.getpid()})
    listen()
    lost_share = _lost_share(seconds)
    speed = _read_bytes_per_second(buffer, seconds)
    say({"lost_share": lost_share, "read_bytes_per_second": speed})


if __name__ == "__main__":
    _watch_and_read(float(sys.argv[1]), int(sys.argv[2]))
