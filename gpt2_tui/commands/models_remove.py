"""`gpt2-tui models remove`: a model off this machine, after a question."""

import argparse
import json
import sys

from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.errors import UserError
from gpt2_tui.models.registration import check_removable, freed_by_removal, remove_model
from gpt2_tui.text.visible import one_line


def run_remove(arguments: argparse.Namespace) -> int:
    name = arguments.model
    check_removable(name)
    size = freed_by_removal(name)
    removed = bool(arguments.yes) or _agreed(name, size)
    if removed:
        remove_model(name)
    if arguments.json:
        told = {"name": name, "removed": removed, "bytes": size}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        end = f"is removed ({_megabytes(size)} freed)" if removed else "stays"
        sys.stdout.write(one_line(f"{name} {end}") + "\n")
    return DONE


def _agreed(name: str, size: int) -> bool:
    """Ask on the terminal. Raises UserError where nobody can answer."""
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stderr.isatty():
        raise UserError("there is no terminal to ask on; --yes removes a model without a question")
    sys.stderr.write(one_line(f"Remove the model {name} ({_megabytes(size)})? [y/N] "))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
