"""The command line: finds the command, and turns errors into one line and an exit code."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol, cast

from gpt2_tui import __version__
from gpt2_tui.commands.exit_codes import INTERRUPTED, PIPE_CLOSED, UNUSABLE_INPUT
from gpt2_tui.errors import UserError
from gpt2_tui.text.visible import one_line, quoted

_STANDARD_OUTPUT = 1
_STANDARD_ERROR = 2


class _Command(Protocol):
    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, arguments: argparse.Namespace) -> int: ...


@dataclass(frozen=True)
class _Entry:
    module: str
    summary: str


# Only the module of the command that runs is imported.
_DESK = _Entry("gpt2_tui.commands.desk", "open the desk")
_COMMANDS = {
    "sample": _Entry("gpt2_tui.commands.sample", "write labeled samples without the desk"),
    "score": _Entry("gpt2_tui.commands.score", "how likely a model finds every token of a text"),
    "samples": _Entry("gpt2_tui.commands.samples", "the saved samples and drafts"),
    "verify": _Entry("gpt2_tui.commands.verify", "whether labeled files are as they were written"),
    "replay": _Entry("gpt2_tui.commands.replay", "generate labeled texts again and compare"),
    "detect": _Entry("gpt2_tui.commands.detect", "whether texts carry the watermark"),
    "export": _Entry("gpt2_tui.export.command", "make a model folder of a GPT-2 checkpoint"),
    "models": _Entry("gpt2_tui.commands.models", "the models on this machine"),
    "bench": _Entry("gpt2_tui.commands.bench", "how fast a model writes on this machine"),
    "doctor": _Entry("gpt2_tui.commands.doctor", "what is in use, and how to mend what is wrong"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_closed_streams()
    _accept_any_character()
    try:
        code = _run(words)
        _flush()
        return code
    except UserError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _give_up(_STANDARD_OUTPUT)
        return PIPE_CLOSED
    except OSError as error:
        what = f" {quoted(error.filename)}" if isinstance(error.filename, str) else ""
        return _complain(f"cannot read or write{what}: {error.strerror or error}")


def _run(words: list[str]) -> int:
    if words and words[0] in _COMMANDS:
        name, entry, rest = f"gpt2-tui {words[0]}", _COMMANDS[words[0]], words[1:]
        parser = _Parser(prog=name, description=entry.summary, allow_abbrev=False)
    else:
        if words and not words[0].startswith("-"):
            _refuse_mistyped_command(words[0])
        entry, rest = _DESK, words
        parser = _Parser(
            prog="gpt2-tui",
            description="A writing desk for GPT-2: several continuations side by side, each "
            "labeled as synthetic.",
            epilog=_command_list(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.add_argument("--version", action="version", version=f"gpt2-tui {__version__}")
    command = cast(_Command, importlib.import_module(entry.module))
    command.add_arguments(parser)
    return command.run(parser.parse_args(rest))


def _refuse_mistyped_command(word: str) -> None:
    """What is no file and nearly a command is not taken for the name of a new draft."""
    import difflib

    near = difflib.get_close_matches(word, _COMMANDS, n=1, cutoff=0.75)
    if near and not Path(word).exists():
        raise UserError(
            f"there is no command {word}; did you mean {near[0]}? "
            f"gpt2-tui .{os.sep}{word} makes a new draft of that name"
        )


def _command_list() -> str:
    lines = [f"  {name:<10} {entry.summary}" for name, entry in _COMMANDS.items()]
    return "commands (gpt2-tui COMMAND --help says more):\n" + "\n".join(lines)


def _complain(message: str) -> int:
    """Say what is wrong, after all that was said before, if anybody listens."""
    try:
        _flush()
    except OSError:
        _give_up(_STANDARD_OUTPUT)
    try:
        sys.stderr.write(f"gpt2-tui: error: {one_line(message)}\n")
    except OSError:
        _give_up(_STANDARD_ERROR)
    return UNUSABLE_INPUT


def _open_closed_streams() -> None:
    """Let what is said go nowhere where it was closed: the exit code still says how it went."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, nowhere)


def _accept_any_character() -> None:
    """Let a terminal of an old encoding show a stand-in for what it cannot, instead of failing."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _flush() -> None:
    """Write out what is waiting while an error can still be told."""
    sys.stdout.flush()


def _give_up(stream: int) -> None:
    """Nothing more can be written there: what is still waiting shall not fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints look like all others: one line, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}; see {self.prog} --help")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        _flush()
        super().exit(status, message)
