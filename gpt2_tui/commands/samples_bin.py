"""`gpt2-tui samples empty-bin`: what was deleted is gone for good, after a question."""

import argparse
import json
import sys

from gpt2_tui import locations
from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.errors import UserError
from gpt2_tui.library.entry import Kind
from gpt2_tui.library.files import FoundFile, delete_from_bin, what_is_in_bin
from gpt2_tui.library.index import Index
from gpt2_tui.text.visible import one_line


def run_empty_bin(arguments: argparse.Namespace) -> int:
    found = what_is_in_bin()
    emptied = bool(found) and (bool(arguments.yes) or _agreed(found))
    if emptied:
        for each in found:
            delete_from_bin(each)
    if arguments.json:
        told = {"texts": len(found), "bytes": sum(each.size for each in found), "emptied": emptied}
        sys.stdout.write(json.dumps(told) + "\n")
    elif not found:
        sys.stdout.write("the bin is empty\n")
    else:
        sys.stdout.write(f"{'deleted' if emptied else 'still in the bin'}: {_named(found)}\n")
    if emptied:
        _forget()
    return DONE


def _forget() -> None:
    """Have the index of the library forget what is gone."""
    index = Index.open()
    try:
        index.refresh()
        index.purge()
    finally:
        index.close()


def _agreed(found: list[FoundFile]) -> bool:
    """Ask on the terminal. Raises UserError where nobody can answer."""
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stderr.isatty():
        raise UserError(
            f"there is no terminal to ask on; --yes deletes without a question what is in the bin: "
            f"{_named(found)}"
        )
    has_drafts = any(each.kind is Kind.DRAFT for each in found)
    histories = ", drafts with their history" if has_drafts else ""
    question = f"Delete {_named(found)} in {locations.bin_folder()} for good{histories}? [y/N] "
    sys.stderr.write(one_line(question))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _named(found: list[FoundFile]) -> str:
    """`2 samples and 1 draft (14.0 kB)`."""
    counts = [(sum(each.kind is kind for each in found), kind) for kind in Kind]
    parts = [f"{count} {kind}{'s'[: count != 1]}" for count, kind in counts if count]
    size = sum(each.size for each in found)
    return f"{' and '.join(parts)} ({max(size / 1e3, 0.1):.1f} kB)"
