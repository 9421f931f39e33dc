"""`gpt2-tui models remove`: a model off this machine, after a question."""

import argparse
import json
import sys

from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.errors import UserError
from gpt2_tui.models.registration import check_removable, remove_model
from gpt2_tui.models.registry import Listed, find_registered
from gpt2_tui.text.visible import one_line


def run_remove(arguments: argparse.Namespace) -> int:
    name = arguments.model
    check_removable(name)
    listed = find_registered(name)
    removed = bool(arguments.yes) or _agreed(name, listed)
    if removed:
        remove_model(name)
    if arguments.json:
        sys.stdout.write(json.dumps({"name": name, "removed": removed}) + "\n")
    else:
        sys.stdout.write(one_line(f"{name} is removed" if removed else f"{name} stays") + "\n")
    return DONE


def _agreed(name: str, listed: Listed | None) -> bool:
    """Ask on the terminal. Raises UserError where nobody can answer."""
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stderr.isatty():
        raise UserError("there is no terminal to ask on; --yes removes a model without a question")
    model = None if listed is None else listed.model
    size = "" if model is None else f" ({model.size / 1e6:.0f} MB)"
    sys.stderr.write(one_line(f"Remove the model {name}{size}? [y/N] "))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
