"""What a comparison says: a table for people, JSON with every sample for programs."""

import dataclasses
import statistics
from collections.abc import Sequence
from typing import Any

from gpt2_tui.benchmark.figures import MOST_LOST, is_steady
from gpt2_tui.commands.table import aligned
from gpt2_tui.engine.processor import processor_name
from tests.bench.cells import CELLS, MARKS, MOST_PEAK_BYTES, MOST_READY_SECONDS, Cell
from tests.bench.rounds import Comparison, Samples


def ratio(cell: Cell, ours: Samples, peer: Samples) -> float:
    """Our median over the peer's: of seconds for a first token, of tokens/s for steps."""
    mine = statistics.median(ours.seconds[cell])
    theirs = statistics.median(peer.seconds[cell])
    return mine / theirs if cell.is_prefill else theirs / mine


def as_text(comparison: Comparison) -> str:
    """Two tables: medians of all, and the ratios of the first contestant to the others."""
    samples = comparison.samples
    ours, *_ = samples
    rows = [["", *samples]]
    for cell in CELLS:
        unit = "ms" if cell.is_prefill else "tokens/s"
        rows.append([f"{cell.name}, {unit}", *(_median(cell, each) for each in samples.values())])
    rows.append(["ready, s", *(_ready(each) for each in samples.values())])
    rows.append(["after load, MB", *(_size(each.after_load_bytes) for each in samples.values())])
    rows.append(["N=8, full, MB", *(_size(each.peak_bytes) for each in samples.values())])

    ratios = [[f"{ours} against", *(name for name in samples if name != ours)]]
    for cell in CELLS:
        row = [f"{cell.name}, {'time' if cell.is_prefill else 'speed'}"]
        ratios.append([*row, *(_judged(comparison, cell, name) for name in ratios[0][1:])])
    lost = [each.lost_share for each in comparison.ceilings]
    speed = statistics.median(each.read_bytes_per_second for each in comparison.ceilings)
    lines = [
        f"threads: {comparison.threads}; {processor_name()} reads {speed / 1e9:.1f} GB/s, its "
        f"threads lose {statistics.fmean(lost):.1%} of their time",
        *([] if is_steady(lost) else [_WARNING]),
        "",
        *aligned(rows),
        "",
        *aligned(ratios),
        *([_own_marks(ours, samples[ours])] if comparison.threads == 1 else []),
    ]
    return "\n".join(lines) + "\n"


_WARNING = f"! that is more than {MOST_LOST:.0%}: these figures cannot be trusted"


def as_json(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Everything, with every sample."""
    return {
        "processor": processor_name(),
        "comparisons": [_comparison_as_json(each) for each in comparisons],
    }


def _comparison_as_json(comparison: Comparison) -> dict[str, Any]:
    ours = next(iter(comparison.samples))
    return {
        "threads": comparison.threads,
        "steady": is_steady([each.lost_share for each in comparison.ceilings]),
        "ceilings": [dataclasses.asdict(each) for each in comparison.ceilings],
        "contestants": {
            name: {
                "versions": each.versions,
                "ready_seconds": each.ready_seconds,
                "after_load_bytes": each.after_load_bytes,
                "peak_bytes": each.peak_bytes,
                "seconds": {cell.name: each.seconds[cell] for cell in CELLS},
            }
            for name, each in comparison.samples.items()
        },
        "ratios": [
            {
                "cell": cell.name,
                "of": ours,
                "to": name,
                "ratio": ratio(cell, comparison.samples[ours], each),
                "limit": _limit(comparison.threads, cell, name),
            }
            for cell in CELLS
            for name, each in comparison.samples.items()
            if name != ours
        ],
    }


def _limit(threads: int, cell: Cell, peer: str) -> float | None:
    """The mark of that cell; marks are set for one thread."""
    found = (mark.limit for mark in MARKS if (mark.cell, mark.peer) == (cell, peer))
    return next(found, None) if threads == 1 else None


def _judged(comparison: Comparison, cell: Cell, peer: str) -> str:
    """The ratio, with the mark beside it and whether it holds."""
    ours = next(iter(comparison.samples.values()))
    value = ratio(cell, ours, comparison.samples[peer])
    limit = _limit(comparison.threads, cell, peer)
    if limit is None:
        return f"{value:.2f}"
    holds = value <= limit if cell.is_prefill else value >= limit
    sign = "at most" if cell.is_prefill else "at least"
    return f"{value:.2f} ({sign} {limit:.2f}{_missed(not holds)})"


def _own_marks(name: str, samples: Samples) -> str:
    """What is asked of us, whatever the others do."""
    ready = statistics.median(samples.ready_seconds)
    late = ready > MOST_READY_SECONDS
    large = samples.peak_bytes is not None and samples.peak_bytes > MOST_PEAK_BYTES
    return (
        f"{name}: ready in {ready:.2f} s (at most {MOST_READY_SECONDS}{_missed(late)}); at N=8 "
        f"{_size(samples.peak_bytes)} MB (at most {MOST_PEAK_BYTES / 1e6:.0f}{_missed(large)})"
    )


def _missed(is_missed: bool) -> str:
    return ": MISSED" if is_missed else ""


def _median(cell: Cell, samples: Samples) -> str:
    seconds = statistics.median(samples.seconds[cell])
    return f"{seconds * 1000:.0f}" if cell.is_prefill else f"{cell.lanes / seconds:.1f}"


def _ready(samples: Samples) -> str:
    return f"{statistics.median(samples.ready_seconds):.2f}"


def _size(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 1e6:.0f}"
