"""Words, lines and sentences of a text, each with the white space before it; joined they are the
text again.

A model writes a word with the space before it, so what is taken unit by unit ends where the next
word of the model, or of a person, begins.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise

_MARKS = ".!?…"
_CLOSERS = "\"'”’»)\\]*_"
_WORD = re.compile(r"\s*\S+|\s+")
_LINE = re.compile(r"\n*[^\n]+|\n+")
_PLACE = re.compile(
    rf"(?<![{_MARKS}])(?P<marks>[{_MARKS}]++)[{_CLOSERS}]*+(?=(?P<gap>\s++)(?P<next>\S))"
    r"|\S(?=[^\S\n]*\n[^\S\n]*\n)"
)
_UNDECIDED = re.compile(rf"(?<![{_MARKS}])(?:[{_MARKS}]++[{_CLOSERS}]*+)?\s*\Z")
_LAST_WORD = re.compile(r"[^\s\"'“‘«(\[_*]*\Z")
_LONGEST_WORD = 20
# A name or an example follows.
_TITLES = re.compile(
    r"mrs?|ms|messrs|dr|prof|ste?|rev|hon|capt|col|gen|lt|sgt|maj|gov|sen|rep|pres|mme|mlle|fr|mt|"
    r"cf|viz|vs|e\.g|i\.e",
    re.IGNORECASE,
)
# "No. 5" is one thing, "He said no. Then he left" is not.
_BEFORE_NUMBERS = re.compile(r"nos?|vols?|figs?|chap|ch|pp?|op|ed", re.IGNORECASE)


class Unit(StrEnum):
    """How much of a text is taken at once."""

    ALL = "all"
    LINE = "line"
    SENTENCE = "sentence"
    WORD = "word"


def units(text: str, unit: Unit) -> list[str]:
    """The units of `text` in order; each holds more than white space, but for a last one."""
    match unit:
        case Unit.ALL:
            return [text] if text else []
        case Unit.LINE:
            return _LINE.findall(text)
        case Unit.WORD:
            return _WORD.findall(text)
        case Unit.SENTENCE:
            ends = [0, *sentence_ends(text), len(text)]
            return [text[a:b] for a, b in pairwise(ends) if a < b]


def sentence_ends(text: str) -> Iterator[int]:
    """Where the sentences of `text` end, marks and closing quotes included, in rising order. The
    end of the text is none of them: nobody knows how it goes on.

    A sentence ends with a mark before white space, unless a small letter follows (`"Go!" she said`,
    `well... yes`) or a point ends an abbreviation or an initial; and before an empty line.
    """
    for found in _PLACE.finditer(text):
        if found["marks"] is None:
            # A mark at the end of a paragraph is the same place.
            yield found.end()
        elif found["gap"].count("\n") > 1 or not (
            found["next"].islower() or _is_abbreviation(text, found)
        ):
            yield found.end()


def undecided(text: str) -> int:
    """From where on it depends on what follows `text` whether a sentence ends there."""
    found = _UNDECIDED.search(text)
    return len(text) if found is None else found.start()


def _is_abbreviation(text: str, found: re.Match[str]) -> bool:
    if found["marks"] != ".":
        return False
    place = found.start()
    before = _LAST_WORD.search(text[max(place - _LONGEST_WORD, 0) : place])
    word = "" if before is None else before[0]
    is_initial = len(word.rpartition(".")[2]) == 1 and word[-1].isupper() and word != "I"
    is_before_number = found["next"].isdigit() and _BEFORE_NUMBERS.fullmatch(word) is not None
    return is_initial or is_before_number or _TITLES.fullmatch(word) is not None
