"""`gpt2-tui replay`: generate labeled texts again from their labels, and compare."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from gpt2_tui.commands import input_files
from gpt2_tui.commands.exit_codes import CHECK_FAILED, DONE, UNUSABLE_INPUT
from gpt2_tui.errors import UserError
from gpt2_tui.text.status_line import StatusLine
from gpt2_tui.text.visible import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpt2_tui.labels.replay import Replayed
    from gpt2_tui.loading import LoadedModel
    from gpt2_tui.models.maker import Maker

_TOKENS_BETWEEN_REPORTS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "MATCH: all tokens of the label come out again. DIFFERS: the first one that does not is "
        "shown. CANNOT: the model or the engine of the label is not here. The same tokens are "
        "promised on the same engine and class of processor; on another one the difference is "
        "shown, and that the engine is another. The exit code is 0 if all is MATCH, 1 if something "
        "DIFFERS, 2 if something cannot be replayed."
    )
    input_files.add_arguments(parser)
    parser.add_argument(
        "--model",
        metavar="M",
        help="a model's name, or the path of a model folder (default: whichever has the files "
        "that the label names)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    code = DONE

    def complain(error: UserError) -> None:
        nonlocal code
        code = UNUSABLE_INPUT
        input_files.complain(error)

    from gpt2_tui.labels.reading import read_labels
    from gpt2_tui.labels.replay import Outcome, Repeated, Replayed, replay
    from gpt2_tui.labels.verdict import NO_LABEL

    load = _loader(arguments.model)
    show = _json_line if arguments.json else _text_line
    codes = {
        Outcome.MATCH: DONE,
        Outcome.DIFFERS: CHECK_FAILED,
        Outcome.CANNOT: UNUSABLE_INPUT,
    }

    line = StatusLine(sys.stderr)

    def report(so_far: Repeated) -> None:
        if so_far.tokens % _TOKENS_BETWEEN_REPORTS == 0:
            line.show(f"{so_far.tokens} tokens are the same")

    def tell(place: input_files.Place, result: Replayed) -> None:
        nonlocal code
        line.clear()
        sys.stdout.write(show(place, result) + "\n")
        sys.stdout.flush()
        code = max(code, codes[result.outcome])

    try:
        for name, reading in input_files.parsed(arguments.files, read_labels, complain):
            samples = reading.samples
            if not samples:
                tell(input_files.Place(name, None), Replayed(Outcome.CANNOT, NO_LABEL))
            for number, found in enumerate(samples, 1):
                place = input_files.Place(name, number if len(samples) > 1 else None)
                tell(place, replay(found, load, report))
    finally:
        line.clear()
    return code


def _loader(reference: str | None) -> "Callable[[Maker], LoadedModel]":
    """Loads a model that a label names; the last one is kept, since many labels name the same."""
    from gpt2_tui.labels.recorded_model import load_recorded

    last: tuple[Maker, LoadedModel] | None = None

    def load(maker: "Maker") -> "LoadedModel":
        nonlocal last
        if last is None or last[0] != maker:
            last = None
            last = (maker, load_recorded(maker, reference))
        return last[1]

    return load


def _text_line(place: input_files.Place, result: "Replayed") -> str:
    return one_line(f"{result.outcome:<7} {place}" + (f": {result.told}" if result.told else ""))


def _json_line(place: input_files.Place, result: "Replayed") -> str:
    from gpt2_tui.labels.schema import model_names

    difference = result.difference
    record = result.record
    return json.dumps(
        {
            "outcome": result.outcome,
            "file": place.file,
            "sample": place.sample,
            "detail": result.detail,
            "tokens": result.tokens,
            "difference": None
            if difference is None
            else {
                "generation": difference.generation,
                "place": difference.place,
                "recorded": difference.recorded,
                "drawn": difference.drawn,
                "draw_margin": difference.draw_margin,
                "logit_margin": difference.logit_margin,
            },
            "engine": {
                name: {"label": was, "here": here} for name, (was, here) in result.engine.items()
            },
            "id": None if record is None else record.id,
            "models": None if record is None else model_names(record.value),
        }
    )
