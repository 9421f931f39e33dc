"""`gpt2-tui [FILE]`: open the desk."""

import argparse
import gc
import os
from pathlib import Path

from gpt2_tui.commands import input_files, options
from gpt2_tui.preferences import file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    draft = parser.add_mutually_exclusive_group()
    draft.add_argument(
        "file", nargs="?", metavar="FILE", help="a UTF-8 text to open as the draft, or a new one"
    )
    draft.add_argument("--prompt", metavar="TEXT", help="what the draft begins with")
    options.add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    # What is imported stays: to look through it for garbage would only hold up the first frame. The
    # desk begins with that when it is drawn.
    gc.disable()
    # Textual reads this when it is imported. At its own 60 a key waits for the next frame and for
    # all that streams into it: at 120, one in twenty keys took 28 ms and not 42.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    from gpt2_tui.drafts.opening import open_file, open_unnamed
    from gpt2_tui.ui.app import Opening, open_desk
    from gpt2_tui.ui.terminal import check_terminal

    check_terminal()  # first: opening a draft holds it
    if arguments.file is None:
        draft = open_unnamed(arguments.prompt or "")
    elif arguments.file == input_files.STANDARD_INPUT:
        draft = open_unnamed(input_files.read_text(arguments.file))
    else:
        draft = open_file(Path(arguments.file))
    stored = file.read()  # the desk itself tells what is wrong with it
    model = options.model_from(arguments, stored.preferences)
    device = options.device_from(arguments, stored.preferences)
    return open_desk(Opening(draft, model, device, stored))
