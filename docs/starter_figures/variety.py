"""How varied texts are, and how much they repeat themselves.

Words are counted without regard to capitals. distinct-n is that of Li et al. 2016, "A
Diversity-Promoting Objective Function for Neural Conversation Models": the different n-grams of
all texts together, divided by their number. rep-4 is seq-rep-4 of Welleck et al. 2020, "Neural Text
Generation with Unlikelihood Training": the share of a text's 4-grams that stood in it before, the
mean of all texts. Loops are what the program's own loop alarm stops.
"""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

from gpt2_tui.engine.loop_alarm import loop_start

from .texts import Text

WORD = re.compile(r"\w+(?:'\w+)*")
_Grams = list[tuple[str, ...]]


def words_of(text: str) -> list[str]:
    return WORD.findall(text.lower())


def variety(texts: Sequence[Text]) -> dict[str, Any]:
    words = [words_of(each.text) for each in texts]
    return {
        "texts": len(texts),
        "tokens": sum(len(each.ids) for each in texts),
        "words": sum(map(len, words)),
        "distinct": [distinct(words, n) for n in (1, 2, 3)],
        "rep_4": repeated(words, 4),
        "loops": sum(loop_start(each.ids) is not None for each in texts),
    }


def distinct(texts: Sequence[Sequence[str]], n: int) -> float:
    """distinct-n of texts that are given by their words; 0 if all are too short."""
    grams = list(chain.from_iterable(_grams(words, n) for words in texts))
    return len(set(grams)) / len(grams) if grams else 0.0


def repeated(texts: Sequence[Sequence[str]], n: int) -> float:
    """The mean of seq-rep-n over all texts of `n` words and more; 0 if there is none."""
    shares = [1 - len(set(grams)) / len(grams) for words in texts if (grams := _grams(words, n))]
    return sum(shares) / len(shares) if shares else 0.0


def _grams(words: Sequence[str], n: int) -> _Grams:
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
