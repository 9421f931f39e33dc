"""The vocabulary is byte-level, ends with the text boundary, and is indifferent to cutting."""

import numpy as np
import pytest
from tokenizers import Tokenizer

from export.training import vocabulary
from export.training.corpus import CorpusError
from export.training.recipe import END_OF_TEXT

SIZE = 280
WORDS = [
    "the",
    "fox",
    "said",
    "that",
    "it's",
    "late",
    "--",
    "1,024",
    "\u201clate\u201d",
    "na\u00efve",
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    generator = np.random.default_rng(0)
    lines = [" ".join(generator.choice(WORDS, 12)) + "." for _ in range(200)]
    return vocabulary.train(["\n".join(lines)], SIZE)


def test_the_boundary_is_the_last_token(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() == SIZE
    assert vocabulary.end_of_text(tokenizer) == SIZE - 1
    assert tokenizer.encode(f"late{END_OF_TEXT}late").ids.count(SIZE - 1) == 1


def test_every_byte_can_be_written(tokenizer: Tokenizer) -> None:
    # All characters of one and two bytes, and one of three and four: every byte that UTF-8 uses.
    text = "".join(map(chr, range(0x800))) + "\u4e2d\U0001f98a\U0010ffff" + " \n\t  x \r\n"
    ids = tokenizer.encode(text).ids
    assert tokenizer.decode(ids, skip_special_tokens=False) == text
    assert sum(vocabulary.byte_lengths(tokenizer)[ids]) == len(text.encode())
    # Bytes that UTF-8 does not use have their tokens as well.
    assert sum(vocabulary.byte_lengths(tokenizer)[:256]) == 256


def test_a_small_sample_is_refused() -> None:
    with pytest.raises(CorpusError, match="too small"):
        vocabulary.train(["abc"], 1000)


def test_cutting_a_document_changes_no_token(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "PIECE_CHARACTERS", 20)
    generator = np.random.default_rng(1)
    text = "".join(generator.choice([*WORDS, " ", "\n", "\n\n", "  \n "], 500))
    parts = list(vocabulary.pieces(text))
    assert len(parts) > 10
    assert "".join(parts) == text
    (boundary, *ids) = vocabulary.encode(tokenizer, [text])
    assert boundary.tolist() == [SIZE - 1]
    assert [int(i) for part in ids for i in part] == tokenizer.encode(text).ids


def test_a_sample_is_spread_over_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "PIECE_CHARACTERS", 10)
    texts = ["0123456789\n" * 5, "abcdefghi\n" * 5]
    taken = list(vocabulary.sample(texts, 40))
    assert len(taken) == 4
    assert {part[0] for part in taken} == {"0", "a"}
    assert "".join(vocabulary.sample(texts, 10_000)) == "".join(texts)
