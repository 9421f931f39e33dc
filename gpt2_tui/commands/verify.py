"""`gpt2-tui verify`: whether labeled files are as they were written."""

import argparse
import json
import sys
from collections.abc import Mapping

from gpt2_tui.commands import input_files
from gpt2_tui.commands.exit_codes import CHECK_FAILED, DONE, UNUSABLE_INPUT
from gpt2_tui.errors import UserError
from gpt2_tui.labels.schema import model_names
from gpt2_tui.labels.signing import known_signers, who_signed
from gpt2_tui.labels.verdict import Judgment, Verdict, judge_file
from gpt2_tui.text.visible import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "INTACT: the text fits its label. MODIFIED: it does not. MALFORMED: the label itself is "
        "damaged. UNLABELED: there is none, which says nothing about who wrote a text. Who changes "
        "a text on purpose can compute a new label for it, but not sign it: the fingerprint of the "
        "key that signed is shown. The exit code is 0 if all is INTACT, else 1, or 2 if something "
        "cannot be read."
    )
    input_files.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    code = DONE
    names = known_signers()

    def complain(error: UserError) -> None:
        nonlocal code
        code = UNUSABLE_INPUT
        input_files.complain(error)

    for name, judgments in input_files.parsed(arguments.files, judge_file, complain):
        for number, judgment in enumerate(judgments, 1):
            place = input_files.Place(name, number if len(judgments) > 1 else None)
            show = _json_line if arguments.json else _text_line
            sys.stdout.write(show(place, judgment, names) + "\n")
            if judgment.verdict is not Verdict.INTACT:
                code = max(code, CHECK_FAILED)
        sys.stdout.flush()
    return code


def _text_line(place: input_files.Place, judgment: Judgment, names: Mapping[str, str]) -> str:
    shares = ", ".join(f"{origin} {count}" for origin, count in judgment.shares.items() if count)
    parts = [judgment.detail, f"bytes by origin: {shares}" if shares else ""]
    if judgment.signature is not None:
        parts.append(who_signed(judgment.signature, names))
    told = "; ".join(part for part in parts if part)
    return one_line(f"{judgment.verdict:<9} {place}" + (f": {told}" if told else ""))


def _json_line(place: input_files.Place, judgment: Judgment, names: Mapping[str, str]) -> str:
    where = None
    if judgment.where is not None:
        number, span = judgment.where
        where = {"number": number, "origin": span.origin, "start": span.start, "end": span.end}
    signature = judgment.signature
    record = judgment.record
    return json.dumps(
        {
            "verdict": judgment.verdict,
            "file": place.file,
            "sample": place.sample,
            "detail": judgment.detail,
            "span": where,
            "bytes": dict(judgment.shares) or None,
            "id": None if record is None else record.id,
            "models": None if record is None else model_names(record.value),
            "signature": None
            if signature is None
            else {
                "fingerprint": signature.fingerprint,
                "name": names.get(signature.fingerprint),
                "fits": signature.fits,
            },
        }
    )
