"""The tokenizer that models run with is GPT-2's, token for token.

References: ids that tiktoken gave (see make_golden_ids.py), and OpenAI's own algorithm in plain
Python (see plain_bpe.py), both with GPT-2's own vocabulary and merges.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.tokenizer import read_tokenizer
from gpt2_tui.text.tokenizer import Tokenizer
from tests.exporter.checkpoints import END_OF_TEXT, VOCABULARY_SIZE, write_tokenizer_pair
from tests.exporter.make_golden_ids import GOLDEN_IDS_FILE, GPT2_FILES, files_sha256
from tests.exporter.nasty_texts import TEXTS, random_texts
from tests.exporter.plain_bpe import PlainTokenizer, byte_letters

GPT2_VOCABULARY, GPT2_END = 50257, 50256
TYPED_END = [27, 91, 437, 1659, 5239, 91, 29]

# Letters and numbers that Unicode got lately are some in one library and not yet in another.
ANY_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=40)


@pytest.fixture(scope="session")
def gpt2() -> Tokenizer:
    raw, end = read_tokenizer(GPT2_FILES, GPT2_VOCABULARY)
    assert end == GPT2_END
    return Tokenizer(raw, "GPT-2's", GPT2_VOCABULARY, end)


@pytest.fixture(scope="session")
def plain() -> PlainTokenizer:
    return PlainTokenizer(GPT2_FILES / "encoder.json", GPT2_FILES / "vocab.bpe")


def golden_rows() -> list[tuple[str, list[int]]]:
    golden = json.loads(GOLDEN_IDS_FILE.read_text(encoding="utf-8"))
    assert golden["sha256"] == files_sha256()
    return [(row["text"], row["ids"]) for row in golden["texts"]]


def test_known_ids(gpt2: Tokenizer) -> None:
    assert gpt2.encode("Hello world") == [15496, 995]


def test_tiktokens_ids(gpt2: Tokenizer) -> None:
    rows = golden_rows()
    assert len(rows) > 400
    for text, ids in rows:
        assert gpt2.encode(text) == ids, ascii(text)


def test_the_plain_reference_agrees_with_tiktoken(plain: PlainTokenizer) -> None:
    for text, ids in golden_rows():
        assert plain.encode(text) == ids, ascii(text)


def test_nasty_texts(gpt2: Tokenizer, plain: PlainTokenizer) -> None:
    for text in (*TEXTS, *random_texts(300, seed=1)):
        assert gpt2.encode(text) == plain.encode(text), ascii(text)


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_text(gpt2: Tokenizer, plain: PlainTokenizer, text: str) -> None:
    ids = gpt2.encode(text)
    assert ids == plain.encode(text)
    assert gpt2.decode(ids) == text.encode()


def test_the_bytes_of_every_token(gpt2: Tokenizer) -> None:
    letters = {letter: byte for byte, letter in byte_letters().items()}
    ids = json.loads((GPT2_FILES / "encoder.json").read_text(encoding="utf-8"))
    assert len(ids) == GPT2_VOCABULARY
    for token, token_id in ids.items():
        if token_id != GPT2_END:
            assert gpt2.bytes_of(token_id) == bytes(letters[letter] for letter in token)


def test_a_typed_end_of_text_is_text_and_a_meant_one_is_the_token(gpt2: Tokenizer) -> None:
    assert gpt2.encode(END_OF_TEXT) == TYPED_END
    assert gpt2.encode(END_OF_TEXT, special=True) == [GPT2_END]
    assert gpt2.encode(f"a{END_OF_TEXT}", special=True) == [64, GPT2_END]
    twice = f"Hello{END_OF_TEXT}{END_OF_TEXT} world"
    assert gpt2.encode(twice) == [15496, *TYPED_END[:-1], 6927, *TYPED_END[1:], 995]
    assert gpt2.encode(twice, special=True) == [15496, GPT2_END, GPT2_END, 995]
    assert gpt2.decode(gpt2.encode(twice, special=True)) == twice.encode()


@settings(deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=4))
def test_the_texts_beside_a_meant_end_do_not_feel_each_other(
    gpt2: Tokenizer, plain: PlainTokenizer, texts: list[str]
) -> None:
    wanted = [token for text in texts for token in (*plain.encode(text), GPT2_END)]
    assert gpt2.encode(END_OF_TEXT.join([*texts, ""]), special=True) == wanted


def test_a_lone_surrogate_is_a_question_mark(gpt2: Tokenizer) -> None:
    for surrogate in ("\ud800", "\udbff", "\udc80", "\udfff"):
        assert gpt2.encode(f"a{surrogate}b") == gpt2.encode("a?b")


@settings(deadline=None)
@given(st.data())
def test_any_vocabulary(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Merges drawn anyhow, in any order, are applied as OpenAI's program applies them."""
    folder = tmp_path_factory.mktemp("vocabulary")
    tokens = list(byte_letters().values())
    merges: list[tuple[str, str]] = []
    for _ in range(data.draw(st.integers(0, 12))):
        # Mostly of few tokens, so that merges meet.
        some = st.sampled_from(
            [*(letter for letter in "abĠ'ĊÃ" if letter in tokens), *tokens[256:]]
        )
        left, right = data.draw(some), data.draw(some)
        if left + right not in tokens:
            tokens.append(left + right)
            merges.append((left, right))
    tokens.append(END_OF_TEXT)
    ids = {token: number for number, token in enumerate(data.draw(st.permutations(tokens)))}
    (folder / "encoder.json").write_text(json.dumps(ids), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges), ""]
    (folder / "vocab.bpe").write_bytes("\n".join(lines).encode())
    raw, end = read_tokenizer(folder, len(ids))
    assert end == ids[END_OF_TEXT]
    ours = Tokenizer(raw, "drawn", len(ids), end)
    reference = PlainTokenizer(folder / "encoder.json", folder / "vocab.bpe")
    text = data.draw(st.text("ab '\né", max_size=60) | ANY_TEXT)
    assert ours.encode(text) == reference.encode(text)


def test_merges_without_a_version_line(tmp_path: Path) -> None:
    """Some copies of `vocab.bpe` lack the first line; the first merge must not be lost."""
    write_tokenizer_pair(tmp_path, "encoder.json", "vocab.bpe")
    with_line = read_tokenizer(tmp_path, VOCABULARY_SIZE)
    merges = (tmp_path / "vocab.bpe").read_bytes()
    (tmp_path / "vocab.bpe").write_bytes(merges.partition(b"\n")[2])
    assert read_tokenizer(tmp_path, VOCABULARY_SIZE) == with_line
