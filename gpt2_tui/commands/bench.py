"""`gpt2-tui bench`: how fast a model writes on this machine."""

import argparse
import dataclasses
import json
import sys
from typing import TYPE_CHECKING

from gpt2_tui.commands import options
from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.commands.table import aligned
from gpt2_tui.text.status_line import StatusLine
from gpt2_tui.text.visible import one_line

if TYPE_CHECKING:
    from gpt2_tui.benchmark.figures import Figure, Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Figures are medians, and in brackets the quartiles below and above them. Tokens of all "
        "lanes count together. Beside each speed stands what the memory of the machine allows. "
        "Where the threads of the machine are stalled, a last line says so. It takes minutes for a "
        "model of 124 million weights; Ctrl-C stops it."
    )
    options.add_model(parser)
    options.add_threads(parser)
    parser.add_argument(
        "--quick", action="store_true", help="fewer repeats: faster, and less certain"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    from gpt2_tui.benchmark.bench import FULL, QUICK, measure
    from gpt2_tui.engine.runtime import Device

    preferences = options.read_preferences()
    line = StatusLine(sys.stderr)
    try:
        report = measure(
            options.model_from(arguments, preferences),
            Device(options.device_from(arguments, preferences)),
            arguments.threads,
            QUICK if arguments.quick else FULL,
            lambda each: line.show(f"{each.done:4.0%}  {each.stage}"),
        )
    finally:
        line.clear()
    if arguments.json:
        sys.stdout.write(json.dumps(dataclasses.asdict(report)) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(report)) + "\n")
    return DONE


def _lines(report: "Report") -> list[str]:
    """The report for people. The model's own words are made visible."""
    machine, memory, whole = report.machine, report.memory, report.whole
    about = [
        ("model", one_line(f"{report.model}, {report.precision}, window {report.window}")),
        (
            "runs on",
            f"{report.provider}, threads: {report.threads}; {one_line(machine.processor)}",
        ),
        ("ready", f"{_text(report.ready_seconds)} s after the start of a process"),
        (
            "memory",
            f"{_megabytes(memory.after_load_bytes)} after loading, at most "
            f"{_megabytes(memory.peak_bytes)} with {memory.peak_lanes} lanes and a full window",
        ),
        (
            "machine",
            f"reads {_text(machine.read_bytes_per_second, 1e-9)} GB/s; its threads lose "
            f"{_text(machine.lost_share, 100)} % of their time",
        ),
    ]
    first = [("PROMPT", "FIRST TOKEN, MS")]
    first += [(str(each.tokens), _text(each.seconds, 1000)) for each in report.prefill]
    speed = [("LANES", "CONTEXT", "TOKENS/S", "MEMORY ALLOWS")]
    speed += [
        (
            str(each.lanes),
            str(each.context),
            _text(each.tokens_per_second),
            _number(each.ceiling_tokens_per_second),
        )
        for each in report.decode
    ]
    lines = [
        *aligned(about),
        "",
        *aligned(first),
        "",
        *aligned(speed),
        "",
        f"{whole.lanes} whole continuations of {whole.length} tokens behind "
        f"{whole.prompt_tokens}: {_text(whole.tokens_per_second)} tokens/s",
    ]
    if not machine.steady:
        lines.append("! this machine stalls its threads: these figures cannot be trusted")
    return lines


def _text(figure: "Figure", unit: float = 1) -> str:
    low, high = _number(figure.low * unit), _number(figure.high * unit)
    return f"{_number(figure.median * unit)} [{low}-{high}]"


def _number(value: float | None) -> str:
    """Three digits, or all before the point."""
    if value is None:
        return "unknown"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _megabytes(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 1e6:.0f} MB"
