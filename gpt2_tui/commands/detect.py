"""`gpt2-tui detect`: whether texts carry the watermark."""

import argparse
import sys

from gpt2_tui.commands.exit_codes import CHECK_FAILED, DONE, UNUSABLE_INPUT
from gpt2_tui.commands.input_files import FILES_HELP, file_names, read_bytes
from gpt2_tui.errors import UserError
from gpt2_tui.text.visible import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The p-value says how often a text without the watermark would look like this. A label "
        "that is intact gives the tokens that were drawn; the text itself is encoded again, as a "
        "text without a label is. That no watermark is found says nothing about who wrote a text. "
        "Anyone can add this watermark: its key is published. The exit code is 0 if it was found "
        "in every text, 1 if in one it was not, and 2 if something cannot be judged."
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help=FILES_HELP)
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
        sys.stdout.flush()
        told = f"{place}: {error}" if place else str(error)
        sys.stderr.write(f"gpt2-tui: error: {one_line(told)}\n")

    tokenizers = Tokenizers(None if arguments.model is None else open_model(arguments.model))
    show = json_line if arguments.json else text_line
    for given in arguments.files:
        for name in file_names(given, complain):
            try:
                texts = texts_in(read_bytes(name))
            except UserError as error:
                complain(error)
                continue
            for number, text in enumerate(texts, 1):
                sample = number if len(texts) > 1 else None
                try:
                    results = examine(text, tokenizers)
                except UserError as error:
                    complain(error, name if sample is None else f"{name} (sample {sample})")
                    continue
                for result in results:
                    sys.stdout.write(show(name, sample, text, result) + "\n")
                if all(each.evidence.finding is not Finding.FOUND for each in results):
                    code = max(code, CHECK_FAILED)
            sys.stdout.flush()
    return code
