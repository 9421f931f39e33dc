"""`gpt2-tui [FILE]`: open the desk."""

import argparse
from pathlib import Path

from gpt2_tui.commands import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    draft = parser.add_mutually_exclusive_group()
    draft.add_argument("file", nargs="?", metavar="FILE", help="a UTF-8 text to open as the draft")
    draft.add_argument("--prompt", metavar="TEXT", help="what the draft begins with")
    options.add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.file is None:
        draft, name = arguments.prompt or "", "draft"
    else:
        draft, name = options.read_text(arguments.file), Path(arguments.file).name

    from gpt2_tui.ui.app import Opening, open_desk

    return open_desk(Opening(draft, name, arguments.model, arguments.device))
