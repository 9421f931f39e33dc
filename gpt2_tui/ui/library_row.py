"""A saved text as one row of the library's list."""

from rich.text import Text

from gpt2_tui.labels.verdict import Verdict
from gpt2_tui.library.entry import Entry
from gpt2_tui.text.visible import one_line

_LENGTH_OF_A_DAY = len("2026-08-02")
_SHORT_NAMES = {"temperature ": "t ", "top-k ": "k ", "top-p ": "p "}


def row_of(entry: Entry) -> Text:
    """Its verdict, its day, what made it, and how it begins."""
    verdict = "NOT READ" if entry.verdict is None else entry.verdict.value
    line = Text(f"{verdict:<9} ", "" if entry.verdict is Verdict.INTACT else "bold", end="")
    line.append(f"{entry.day[:_LENGTH_OF_A_DAY]} ")
    made = [one_line(entry.facts.model or entry.kind.value), *entry.settings[:-1]]
    for name, short in _SHORT_NAMES.items():
        made = [part.replace(name, short, 1) for part in made if part != "top-p off"]
    line.append(" ".join(made))
    line.append("  ")
    is_synthetic = entry.facts.model is not None
    line.append(one_line(entry.beginning) or entry.title, "italic" if is_synthetic else "")
    return line
