"""What a benchmark finds, as plain data. The names carry the units."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from gpt2_tui.models.manifest import Architecture

MOST_LOST = 0.03
"""Threads that lose more of their time than this make every figure doubtful."""

_BYTES_OF_A_WEIGHT = {"fp32": 4, "fp16": 2, "int8": 1}


@dataclass(frozen=True)
class Figure:
    """The median of some samples, and the quartiles below and above it."""

    median: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True)
class Prefill:
    """From a prompt's ids to the logits of its first new token."""

    tokens: int
    seconds: Figure


@dataclass(frozen=True)
class Decode:
    """New tokens of all lanes together, behind a cache of `context` tokens.

    `ceiling_tokens_per_second` is what the memory allows; None where that is not known.
    """

    lanes: int
    context: int
    tokens_per_second: Figure
    ceiling_tokens_per_second: float | None


@dataclass(frozen=True)
class Whole:
    """Whole continuations, with the prompt's encoding and the drawing of every token."""

    lanes: int
    prompt_tokens: int
    length: int
    tokens_per_second: Figure


@dataclass(frozen=True)
class Memory:
    """What a process holds in memory after loading, and at most: `peak_lanes` lanes with a full
    window. None where the system does not tell."""

    after_load_bytes: int | None
    peak_bytes: int | None
    peak_lanes: int


@dataclass(frozen=True)
class Machine:
    """What this machine could do while the benchmark ran.

    `read_bytes_per_second` is how fast `threads` threads read memory, all together. `lost_share` is
    the part of its time that a busy thread did not run, of the thread that lost most.
    """

    processor: str
    threads: int
    read_bytes_per_second: Figure
    lost_share: Figure
    steady: bool


@dataclass(frozen=True)
class Report:
    """All that one benchmark found. `ready_seconds` is from the start of a process."""

    program: str
    onnxruntime: str
    model: str
    precision: str
    window: int
    provider: str
    threads: int
    ready_seconds: Figure
    memory: Memory
    prefill: tuple[Prefill, ...]
    decode: tuple[Decode, ...]
    whole: Whole
    machine: Machine


def figure_of(samples: Sequence[float]) -> Figure:
    """The figure of one sample or more."""
    if len(samples) == 1:
        return Figure(samples[0], samples[0], samples[0], 1)
    low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
    return Figure(median, low, high, len(samples))


def is_steady(lost_shares: Sequence[float]) -> bool:
    """Whether threads lost so little of their time, on average, that figures can be believed."""
    return statistics.fmean(lost_shares) <= MOST_LOST


def bytes_read_for_a_step(
    architecture: Architecture,
    precision: str,
    caches: int,
    context: int,
    bytes_of_a_cached_number: int = 4,
) -> int | None:
    """Bytes that one step must read: every weight of the layers and of the head once, and the
    keys and values of `context` tokens in each of `caches`. None for a precision that is not known.

    Biases, norms and the rows of the embeddings are left out; they are under 1 %.
    """
    size = _BYTES_OF_A_WEIGHT.get(precision)
    if size is None:
        return None
    shape = architecture
    weights = 12 * shape.layers * shape.width**2 + shape.vocabulary * shape.width
    cache = caches * context * 2 * shape.layers * shape.width * bytes_of_a_cached_number
    return weights * size + cache
