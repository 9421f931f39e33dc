"""Whose words are whose in a text that another program changed.

What is the same keeps its authors. What is not is treated as if it had been typed: inside a
machine's text it makes that text edited. A machine's whole span that only moved stays what it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from gpt2_tui.labels.authorship import AuthoredText, Origin, Span, common_ends

# With the space before it, as a model writes a word.
_WORDS = re.compile(r"\s*\S+|\s+")
_LINES = re.compile(r"[^\n]*\n+|[^\n]+")
_MOST_PARTS = 3000
_SHORTEST_MOVED = 12


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    text: str


def realigned(old: AuthoredText, text: str) -> AuthoredText:
    """`text` with the authors that `old` knows of."""
    edits = list(_edits(old.text, text))
    gone = [
        span
        for span in old.spans
        if span.origin is not Origin.HUMAN
        and len(span) >= _SHORTEST_MOVED
        and any(edit.start < span.end and edit.end > span.start for edit in edits)
    ]
    new = old
    for edit in reversed(edits):
        new = new.replaced(edit.start, edit.end, _with_moved(edit.text, old, gone))
    return new


def _edits(old: str, new: str) -> Iterator[_Edit]:
    """What makes `new` of `old`, in order: by words, or by lines where there are too many."""
    start, tail = common_ends(old, new)
    start, tail = _start_of_word(old, start), len(old) - _end_of_word(old, len(old) - tail)
    one, other = old[start : len(old) - tail], new[start : len(new) - tail]
    for pattern in (_WORDS, _LINES):
        here, there = pattern.findall(one), pattern.findall(other)
        if max(len(here), len(there)) <= _MOST_PARTS:
            break
    else:
        here, there = [one], [other]
    places = list(accumulate((len(part) for part in here), initial=start))
    for kind, i, j, k, m in SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        if kind != "equal":
            gone, come = "".join(here[i:j]), "".join(there[k:m])
            same, same_end = common_ends(gone, come)
            yield _Edit(places[i] + same, places[j] - same_end, come[same : len(come) - same_end])


def _start_of_word(text: str, place: int) -> int:
    """Where the word that `place` cuts begins, with the space before it."""
    while place > 0 and not text[place - 1].isspace():
        place -= 1
    while place > 0 and text[place - 1].isspace():
        place -= 1
    return place


def _end_of_word(text: str, place: int) -> int:
    while place < len(text) and not text[place].isspace():
        place += 1
    return place


def _with_moved(text: str, old: AuthoredText, gone: list[Span]) -> AuthoredText:
    """`text` as typed, but for what stands in it word for word of the spans that are `gone`."""
    typed = AuthoredText.human(text)
    for span in gone:
        place = text.find(old.text[span.start : span.end])
        if place >= 0:
            end = place + len(span)
            typed = typed.spliced(place, end, old.part(span.start, span.end))
    return typed
