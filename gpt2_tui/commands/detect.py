"""`gpt2-tui detect`: whether texts carry the watermark."""

import argparse
import sys

from gpt2_tui.commands import input_files
from gpt2_tui.commands.exit_codes import CHECK_FAILED, DONE, UNUSABLE_INPUT
from gpt2_tui.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The p-value says how often a text without the watermark would look like this. A label "
        "that is intact gives the tokens that were drawn; the text itself is encoded again, as a "
        "text without a label is. That no watermark is found says nothing about who wrote a text. "
        "Anyone can add this watermark: its key is published. The exit code is 0 if it was found "
        "in every text, 1 if in one it was not, and 2 if something cannot be judged."
    )
    input_files.add_arguments(parser)
    parser.add_argument(
        "--model",
        metavar="M",
        help="the model whose tokenizer to use: its name, or the path of its folder; needed for a "
        "text without a label (default: the one that the label names)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    from gpt2_tui.commands.detect_output import json_line, text_line
    from gpt2_tui.detection import Tokenizers, examine, texts_in
    from gpt2_tui.engine.watermark_evidence import Finding
    from gpt2_tui.models.registry import open_model

    code = DONE

    def complain(error: UserError, place: str = "") -> None:
        nonlocal code
        code = UNUSABLE_INPUT
        input_files.complain(type(error)(f"{place}: {error}") if place else error)

    tokenizers = Tokenizers(None if arguments.model is None else open_model(arguments.model))
    show = json_line if arguments.json else text_line
    for name, texts in input_files.parsed(arguments.files, texts_in, complain):
        for number, text in enumerate(texts, 1):
            place = input_files.Place(name, number if len(texts) > 1 else None)
            try:
                results = examine(text, tokenizers)
            except UserError as error:
                complain(error, str(place))
                continue
            for result in results:
                sys.stdout.write(show(place, text, result) + "\n")
            if all(each.evidence.finding is not Finding.FOUND for each in results):
                code = max(code, CHECK_FAILED)
        sys.stdout.flush()
    return code
