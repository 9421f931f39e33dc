"""What is looked for: words of the text and of the file's name, and what its label says."""

import re
from dataclasses import dataclass, replace
from typing import Any

from gpt2_tui.labels.verdict import Verdict
from gpt2_tui.library.entry import Kind
from gpt2_tui.settings import SEED, TEMPERATURE, TOP_K, TOP_P, NumberField

_WORD = re.compile(r"\w+")
_MOST_WORDS = 32
_NUMBERS = {field.label: field for field in (TEMPERATURE, TOP_K, TOP_P, SEED)}
FIELDS = ("model", *_NUMBERS)
"""What `parse` knows in front of a colon."""


@dataclass(frozen=True)
class Query:
    """All that must hold of a text. `words` must all begin words of it or of its file's name;
    `model` is a part of the model's name, in any case, `whole_model` all of it; None and "" leave
    something open."""

    words: str = ""
    kind: Kind | None = None
    model: str = ""
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    seed: int | None = None
    verdict: Verdict | None = None
    in_bin: bool = False
    whole_model: str = ""

    @property
    def match(self) -> str:
        """The words as an FTS5 query that is valid whatever was typed; "" without any."""
        words = _WORD.findall(self.words)[:_MOST_WORDS]
        return " ".join(f'"{word}"*' for word in words)


def parse(text: str, query: Query) -> Query:
    """`query` with the words of `text`, and with what stands there as `top-k:40` or `model:gpt2`.

    Raises SettingsError if such a number is none, or out of its range.
    """
    words: list[str] = []
    for word in text.split():
        name, colon, value = word.partition(":")
        name = name.lower()
        if not colon or not value or name not in FIELDS:
            words.append(word)
        elif name == "model":
            query = replace(query, model=value)
        else:
            query = _with_number(query, _NUMBERS[name], value)
    return replace(query, words=" ".join(words))


def _with_number(query: Query, field: NumberField, text: str) -> Query:
    number: Any = field.parse(text)
    return replace(query, **{field.name: number})
