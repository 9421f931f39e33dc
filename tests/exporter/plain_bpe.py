"""GPT-2's tokenizer in plain Python, written from OpenAI's `src/encoder.py`: slow, independent."""

import itertools
import json
import re
import unicodedata
from pathlib import Path

_CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")
# Over a text's classes: a letter L, a number N, a space _, other white space s, the rest O.
_WORD = re.compile(r"_?L+|_?N+|_?O+|[s_]+(?![LNO])|[s_]+")
# Python takes these separators for white space; Unicode's property does not.
_NO_SPACE = "\x1c\x1d\x1e\x1f"


class PlainTokenizer:
    """Encodes text as OpenAI's program does, END_OF_TEXT as plain characters."""

    def __init__(self, vocabulary: Path, merges: Path) -> None:
        self._ids: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))
        lines = merges.read_text(encoding="utf-8").split("\n")[1:]
        pairs = [tuple(line.split(" ")) for line in lines if line]
        self._ranks = {pair: rank for rank, pair in enumerate(pairs)}
        self._letters = byte_letters()

    def encode(self, text: str) -> list[int]:
        ids = []
        for word in split_words(text):
            letters = [self._letters[byte] for byte in word.encode()]
            ids += [self._ids[token] for token in self._merge(letters)]
        return ids

    def _merge(self, parts: list[str]) -> list[str]:
        """Join the neighbours that come first in the list of merges, again and again."""
        while True:
            ranks = [self._ranks.get(pair) for pair in itertools.pairwise(parts)]
            known = [rank for rank in ranks if rank is not None]
            if not known:
                return parts
            best = min(known)
            joined: list[str] = []
            place = 0
            while place < len(parts):
                if place < len(ranks) and ranks[place] == best:
                    joined.append(parts[place] + parts[place + 1])
                    place += 2
                else:
                    joined.append(parts[place])
                    place += 1
            parts = joined


def split_words(text: str) -> list[str]:
    """The pieces that are encoded each on its own; joined they are the text."""
    classes = "".join(map(_class, text))
    words: list[str] = []
    place = 0
    while place < len(text):
        length = next((len(c) for c in _CONTRACTIONS if text.startswith(c, place)), 0)
        if not length:
            match = _WORD.match(classes, place)
            assert match
            length = match.end() - place
        words.append(text[place : place + length])
        place += length
    return words


def _class(character: str) -> str:
    if character == " ":
        return "_"
    if character.isspace() and character not in _NO_SPACE:
        return "s"
    kind = unicodedata.category(character)[0]
    return kind if kind in "LN" else "O"


def byte_letters() -> dict[int, str]:
    """Each byte as a visible letter: itself where it is visible, else the next from 256 on."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = {byte: chr(byte) for byte in visible}
    hidden = [byte for byte in range(0x100) if byte not in letters]
    return letters | {byte: chr(0x100 + number) for number, byte in enumerate(hidden)}
