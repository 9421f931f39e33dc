"""`gpt2-tui verify`: whether labeled files are as they were written."""

import argparse
import json
import sys

from gpt2_tui.commands.exit_codes import CHECK_FAILED, DONE, UNUSABLE_INPUT
from gpt2_tui.commands.input_files import FILES_HELP, file_names, read_bytes
from gpt2_tui.errors import UserError
from gpt2_tui.labels.verdict import Judgment, Verdict, judge_file
from gpt2_tui.text.visible import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "INTACT: the text fits its label. MODIFIED: it does not. MALFORMED: the label itself is "
        "damaged. UNLABELED: there is none, which says nothing about who wrote a text. Who changes "
        "a text on purpose can compute a new label for it. The exit code is 0 if all is INTACT, "
        "else 1, or 2 if something cannot be read."
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help=FILES_HELP)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    code = DONE

    def complain(error: UserError) -> None:
        nonlocal code
        code = UNUSABLE_INPUT
        sys.stdout.flush()
        sys.stderr.write(f"gpt2-tui: error: {one_line(str(error))}\n")

    for given in arguments.files:
        for name in file_names(given, complain):
            try:
                judgments = judge_file(read_bytes(name))
            except UserError as error:
                complain(error)
                continue
            for number, judgment in enumerate(judgments, 1):
                sample = number if len(judgments) > 1 else None
                show = _json_line if arguments.json else _text_line
                sys.stdout.write(show(name, sample, judgment) + "\n")
                if judgment.verdict is not Verdict.INTACT:
                    code = max(code, CHECK_FAILED)
            sys.stdout.flush()
    return code


def _text_line(name: str, sample: int | None, judgment: Judgment) -> str:
    place = name if sample is None else f"{name} (sample {sample})"
    shares = ", ".join(f"{origin} {count}" for origin, count in judgment.shares.items() if count)
    parts = [judgment.detail, f"bytes by origin: {shares}" if shares else ""]
    told = "; ".join(part for part in parts if part)
    return one_line(f"{judgment.verdict:<9} {place}" + (f": {told}" if told else ""))


def _json_line(name: str, sample: int | None, judgment: Judgment) -> str:
    where = None
    if judgment.where is not None:
        number, span = judgment.where
        where = {"number": number, "origin": span.origin, "start": span.start, "end": span.end}
    record = judgment.record
    return json.dumps(
        {
            "verdict": judgment.verdict,
            "file": name,
            "sample": sample,
            "detail": judgment.detail,
            "span": where,
            "bytes": dict(judgment.shares) or None,
            "id": None if record is None else record.value["id"],
            "model": None if record is None else record.model,
        }
    )
