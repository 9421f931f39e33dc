"""The benchmark of one model: rounds in which everything is measured once, in turns.

What disturbs the machine for a while then disturbs all figures alike, and shows in their spread.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gpt2_tui import __version__
from gpt2_tui.benchmark import runs
from gpt2_tui.benchmark.ceilings import Ceilings, measure_ceilings
from gpt2_tui.benchmark.figures import (
    Decode,
    Figure,
    Machine,
    Memory,
    Prefill,
    Report,
    Whole,
    bytes_read_for_a_step,
    figure_of,
    is_steady,
)
from gpt2_tui.benchmark.fresh_process import Start, measure_start
from gpt2_tui.engine import runtime
from gpt2_tui.engine.processor import processor_name
from gpt2_tui.engine.runtime import Device
from gpt2_tui.engine.session import Session
from gpt2_tui.errors import BenchmarkError
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.models.registry import open_model
from gpt2_tui.onnx_runtime import onnxruntime

LANES = (1, 4, 8)
_WHOLE_LANES = 4
_PROMPTS = (64, 512, 960)
_SHORT_CONTEXT = 64
_LONG_CONTEXT = 880 / 1024
_CEILING_SECONDS = 0.25


@dataclass(frozen=True)
class Effort:
    """How often everything is measured: starts of a process, rounds, steps in a round."""

    starts: int
    rounds: int
    steps: int


FULL = Effort(starts=3, rounds=5, steps=16)
QUICK = Effort(starts=1, rounds=2, steps=8)


@dataclass(frozen=True)
class Plan:
    """What is measured in a window, in tokens: prompts, contexts, and steps behind each."""

    prompts: tuple[int, ...]
    contexts: tuple[int, ...]
    steps: int
    whole_prompt: int
    whole_length: int


@dataclass(frozen=True)
class Progress:
    """What is measured now, and which part of all is done, from 0 to 1."""

    stage: str
    done: float


def plan_for(window: int, effort: Effort) -> Plan:
    """Prompts that do not fit into the window are left out; contexts are scaled to it."""
    short = min(_SHORT_CONTEXT, window // 4)
    long = int(window * _LONG_CONTEXT)
    return Plan(
        prompts=tuple(tokens for tokens in _PROMPTS if tokens <= window) or (window,),
        contexts=(short, long),
        steps=min(effort.steps, window - long),
        whole_prompt=short,
        whole_length=min(4 * effort.steps, window - short),
    )


def measure(
    reference: str | None,
    device: Device,
    threads: int | None,
    effort: Effort,
    report: Callable[[Progress], None],
) -> Report:
    """Measure the model that `reference` names (None: the bundled one).

    Raises ModelError, DeviceError, or BenchmarkError, which also tells of too little memory.
    """
    try:
        return _measure(reference, device, threads, effort, report)
    except MemoryError:
        raise BenchmarkError(
            f"{max(LANES)} lanes with a full window do not fit into the memory; "
            "close other programs, or measure a smaller model"
        ) from None


def _measure(
    reference: str | None,
    device: Device,
    threads: int | None,
    effort: Effort,
    report: Callable[[Progress], None],
) -> Report:
    turns = effort.starts + effort.rounds
    report(Progress("checking the files", 0))
    # The first look at a model hashes its files, which is no part of a start.
    open_model(reference)
    starts = []
    for turn in range(effort.starts):
        report(Progress("starting", turn / turns))
        starts.append(measure_start(reference, device, threads, max(LANES)))
    # Only now: large models would not fit into the memory twice.
    model = load_model(reference, device, threads)
    plan = plan_for(model.window, effort)
    samples = _Samples()
    stages = 2 + len(plan.prompts) + len(plan.contexts) * len(LANES)
    for turn in range(effort.rounds):
        for place, stage in enumerate(_round(model.session, plan, turn, samples)):
            report(Progress(stage, (effort.starts + turn + place / stages) / turns))
    return _report(model, plan, starts, samples)


class _Samples:
    """What the rounds have found so far, by what was measured."""

    def __init__(self) -> None:
        self.ceilings: list[Ceilings] = []
        self.prefill: dict[int, list[float]] = defaultdict(list)
        self.step: dict[tuple[int, int], list[float]] = defaultdict(list)
        self.whole: list[float] = []


def _round(session: Session, plan: Plan, turn: int, samples: _Samples) -> Iterator[str]:
    """Measure everything once; yields what is measured next."""
    yield "the machine"
    samples.ceilings.append(measure_ceilings(session.threads, _CEILING_SECONDS))
    for tokens in plan.prompts:
        yield f"a prompt of {tokens} tokens"
        ids = runs.random_ids(session, tokens, seed=turn)
        samples.prefill[tokens].append(runs.prefill_seconds(session, ids))
    for context in plan.contexts:
        prompt = runs.encode(session, runs.random_ids(session, context, seed=turn))
        for lanes in LANES:
            yield f"N={lanes} behind {context} tokens"
            seconds = runs.step_seconds(session, prompt, lanes, plan.steps)
            samples.step[lanes, context] += seconds
    yield "whole continuations"
    ids = runs.random_ids(session, plan.whole_prompt, seed=turn)
    whole, tokens = runs.whole_seconds(session, ids, _WHOLE_LANES, plan.whole_length)
    samples.whole.append(tokens / whole)


def _report(model: LoadedModel, plan: Plan, starts: Sequence[Start], samples: _Samples) -> Report:
    session = model.session
    lost = [each.lost_share for each in samples.ceilings]
    machine = Machine(
        processor=processor_name(),
        threads=session.threads,
        read_bytes_per_second=figure_of([each.read_bytes_per_second for each in samples.ceilings]),
        lost_share=figure_of(lost),
        steady=is_steady(lost),
    )
    return Report(
        program=__version__,
        onnxruntime=str(onnxruntime().__version__),
        model=model.name,
        precision=session.precision,
        window=model.window,
        provider=runtime.PROVIDER_NAMES[session.provider],
        threads=session.threads,
        ready_seconds=figure_of([each.ready_seconds for each in starts]),
        memory=Memory(
            after_load_bytes=starts[-1].after_load_bytes,
            peak_bytes=starts[-1].peak_bytes,
            peak_lanes=max(LANES),
        ),
        prefill=tuple(Prefill(tokens, figure_of(s)) for tokens, s in samples.prefill.items()),
        decode=tuple(
            _decode(session, lanes, context, figure_of([lanes / each for each in seconds]), machine)
            for (lanes, context), seconds in samples.step.items()
        ),
        whole=Whole(_WHOLE_LANES, plan.whole_prompt, plan.whole_length, figure_of(samples.whole)),
        machine=machine,
    )


def _decode(session: Session, lanes: int, context: int, speed: Figure, machine: Machine) -> Decode:
    """With the ceiling that the processor's memory sets; a card has a memory of its own."""
    caches = 1 if session.shares_prompt else lanes
    size = bytes_read_for_a_step(
        session.architecture, session.precision, caches, context, session.cache_dtype.itemsize
    )
    ceiling = None
    if size is not None and session.provider == runtime.CPU_PROVIDER:
        ceiling = lanes * machine.read_bytes_per_second.median / size
    return Decode(lanes, context, speed, ceiling)
