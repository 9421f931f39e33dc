"""`gpt2-tui sample`: the same engine as the desk, without a screen."""

import argparse
import itertools
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from gpt2_tui.commands import input_files, loading_line, options
from gpt2_tui.commands.exit_codes import DONE, INTERRUPTED
from gpt2_tui.labels.formats import Format
from gpt2_tui.preferences.options import SIGN
from gpt2_tui.settings import COUNT
from gpt2_tui.storage import private_folder
from gpt2_tui.text.visible import one_line

if TYPE_CHECKING:
    from gpt2_tui.labels.signing import SigningKey

_LANES_AT_ONCE = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Without a prompt it writes from nothing (from <|endoftext|>). Standard output carries the "
        "samples alone, each under its label; with --out they become files, and their paths are "
        "printed. Defaults that are stored in the settings file count before the ones named here."
    )
    prompt = parser.add_mutually_exclusive_group()
    prompt.add_argument("--prompt", metavar="TEXT", help="what to continue")
    prompt.add_argument(
        "--prompt-file", metavar="F", help="a UTF-8 file to continue; - is standard input"
    )
    options.add_number(parser, COUNT, "-n")
    options.add_settings(parser)
    options.add_model(parser)
    parser.add_argument(
        "--format",
        choices=[each.value for each in Format],
        help="default: text on standard output, md with --out",
    )
    parser.add_argument(
        "--json",
        action="store_const",
        dest="format",
        const=Format.JSON_LINES.value,
        help="the same as --format jsonl",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="save each sample as a file here")
    options.add_switch(parser, SIGN)


def run(arguments: argparse.Namespace) -> int:
    preferences = options.read_preferences()
    settings = options.settings_from(arguments, preferences)
    count = int(COUNT.default if arguments.count is None else arguments.count)
    prompt = _prompt(arguments)

    from gpt2_tui.commands.sample_output import Labeler, Output, TextStreamOutput, WholeSampleOutput
    from gpt2_tui.continuations import Finished, Piece, Request, write

    if arguments.out is not None:
        private_folder(arguments.out)
    key = _signing_key() if options.switch_from(arguments, preferences, SIGN) else None
    model = loading_line.load(
        options.model_from(arguments, preferences), options.device_from(arguments, preferences)
    )
    labeler = Labeler(prompt, model.name, key)
    file_format = Format(
        arguments.format or (Format.TEXT if arguments.out is None else Format.MARKDOWN)
    )
    output: Output = (
        TextStreamOutput(labeler, settings)
        if file_format is Format.TEXT and arguments.out is None
        else WholeSampleOutput(labeler, file_format, arguments.out)
    )
    with _interrupt_asked() as asked:
        for lanes in _groups(count):
            output.begin(lanes)
            for event in write(model, Request(prompt, settings, lanes), asked):
                if isinstance(event, Piece):
                    output.piece(event)
                elif isinstance(event, Finished):
                    output.finished(event)
            if asked():
                return INTERRUPTED
    return DONE


def _signing_key() -> "SigningKey":
    from gpt2_tui.labels.signing import fingerprint, own_key

    key = own_key()
    if key.new:
        sys.stderr.write(
            f"made a signing key, {one_line(str(key.path))}; its fingerprint, for those who "
            f"check your signatures, is {fingerprint(key.public)}\n"
        )
    return key


def _prompt(arguments: argparse.Namespace) -> str:
    if arguments.prompt_file is not None:
        return input_files.read_text(arguments.prompt_file)
    return arguments.prompt or ""


def _groups(count: int) -> Iterator[tuple[int, ...]]:
    """The numbers of `count` lanes (0: without end) in groups that are written together."""
    for first in itertools.count(0, _LANES_AT_ONCE):
        last = first + _LANES_AT_ONCE if count == 0 else min(first + _LANES_AT_ONCE, count)
        if first >= last:
            return
        yield tuple(range(first, last))


@contextmanager
def _interrupt_asked() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed, as a function. The first one lets what was begun end under its
    label; the second one ends the program."""
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        # A shell's background job, for which Ctrl-C is not meant.
        yield asked.is_set
        return

    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asked.set()

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
