"""The comparison: every backend in a process of its own, one after the other, again and again.

Only the process that is asked works; the others wait for a line. So what disturbs the machine
disturbs all alike, and the medians can be compared.
"""

import contextlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gpt2_tui.benchmark.ceilings import Ceilings, measure_ceilings
from gpt2_tui.benchmark.child import Child, Message
from tests.bench.backends.backend import UNTIMED_STEPS
from tests.bench.cells import CELLS, Cell
from tests.bench.contestants import VARIABLES, Contestant

_CEILING_SECONDS = 0.5
_FULL_LANES = 8
_FULL_STEPS = 6


@dataclass(frozen=True)
class Effort:
    """How often: starts of each backend, rounds, and steps that are timed in a round.

    `rest_seconds` are between two backends: the threads of some go on spinning after their work.
    """

    starts: int
    rounds: int
    steps: int
    rest_seconds: float = 0.3


@dataclass
class Samples:
    """What was found of one backend: seconds, and bytes where the system tells them.

    A first token is one sample, and so is one step of all lanes.
    """

    seconds: dict[Cell, list[float]] = field(default_factory=lambda: {cell: [] for cell in CELLS})
    ready_seconds: list[float] = field(default_factory=list)
    after_load_bytes: int | None = None
    peak_bytes: int | None = None
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """One run with that many threads: the samples by the contestant's name."""

    threads: int
    samples: dict[str, Samples]
    ceilings: list[Ceilings]


def compare(
    contestants: Sequence[Contestant],
    threads: int,
    vocabulary: int,
    window: int,
    effort: Effort,
    report: Callable[[str], None],
) -> Comparison:
    """Measure all contestants in turns. Raises BenchmarkError where one fails."""
    samples = {each.name: Samples() for each in contestants}
    for turn in range(effort.starts):
        for each in contestants:
            report(f"threads: {threads}, start {turn + 1} of {effort.starts}, {each.name}")
            _measure_start(each, threads, vocabulary, window, samples[each.name])
    ceilings = []
    with contextlib.ExitStack() as stack:
        workers = {}
        for each in contestants:
            worker = stack.enter_context(_worker(each, threads))
            samples[each.name].versions = worker.receive()["versions"]
            workers[each.name] = worker
        for turn in range(effort.rounds):
            ceilings.append(measure_ceilings(threads, _CEILING_SECONDS))
            for cell in CELLS:
                report(f"threads: {threads}, round {turn + 1} of {effort.rounds}, {cell.name}")
                question = _question(cell, vocabulary, turn, effort.steps)
                for name, worker in workers.items():
                    time.sleep(effort.rest_seconds)
                    samples[name].seconds[cell] += worker.ask(question)["seconds"]
    return Comparison(threads, samples, ceilings)


def _measure_start(
    contestant: Contestant, threads: int, vocabulary: int, window: int, samples: Samples
) -> None:
    """From the start of a process to its first token; then its memory, with a full window."""
    began = time.perf_counter()
    with _worker(contestant, threads) as worker:
        loaded = worker.receive()
        samples.ready_seconds.append(time.perf_counter() - began)
        full = Cell(window - _FULL_STEPS - UNTIMED_STEPS, _FULL_LANES)
        filled = worker.ask(_question(full, vocabulary, 0, _FULL_STEPS))
    samples.after_load_bytes = loaded["after_load_bytes"]
    samples.peak_bytes = filled["peak_bytes"]


def _worker(contestant: Contestant, threads: int) -> Child:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    variables = {**VARIABLES, **dict.fromkeys(names, str(threads))}
    words = [contestant.kind, str(contestant.folder), str(threads)]
    return Child([contestant.python, "-m", "tests.bench.worker", *words], variables)


def _question(cell: Cell, vocabulary: int, seed: int, steps: int) -> Message:
    """What a worker is asked; the same ids for all."""
    draw = random.Random(f"{cell.name} {seed}")  # noqa: S311 - token ids, no secrets
    ids = [draw.randrange(vocabulary) for _ in range(cell.tokens)]
    if cell.is_prefill:
        return {"run": "prefill", "ids": ids}
    return {"run": "decode", "ids": ids, "lanes": cell.lanes, "steps": steps}
