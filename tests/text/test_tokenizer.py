"""Text to token ids and token ids to bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.errors import ModelError
from gpt2_tui.loading import LoadedModel
from gpt2_tui.text.tokenizer import END_OF_TEXT, Tokenizer, byte_of_character
from tests.exporter.checkpoints import VOCABULARY_SIZE, vocabulary, write_tokenizer_json

LAST = VOCABULARY_SIZE - 1


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer_json(folder)
    return Tokenizer.from_file(folder / "tokenizer.json", VOCABULARY_SIZE, LAST)


@pytest.fixture
def description(tmp_path: Path) -> dict[str, Any]:
    """A good tokenizer.json, to be spoilt."""
    write_tokenizer_json(tmp_path)
    value: dict[str, Any] = json.loads((tmp_path / "tokenizer.json").read_bytes())
    return value


def load(description: Any) -> Tokenizer:
    return Tokenizer(json.dumps(description).encode(), "that file", VOCABULARY_SIZE, LAST)


def test_every_byte_has_a_character_and_a_token_of_its_own(tokenizer: Tokenizer) -> None:
    table = byte_of_character()
    assert sorted(table.values()) == list(range(256))
    assert (table["!"], table["Ġ"], table["Ċ"], table["ÿ"]) == (0x21, 0x20, 0x0A, 0xFF)
    for character, byte in table.items():
        assert tokenizer.bytes_of(vocabulary()[character]) == bytes([byte])


def test_a_token_of_several_characters_gives_its_bytes(tokenizer: Tokenizer) -> None:
    assert tokenizer.bytes_of(vocabulary()["Ġthe"]) == b" the"
    assert tokenizer.bytes_of(LAST) == b"<|endoftext|>"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_comes_back_from_its_tokens(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text.encode()
    assert b"".join(tokenizer.bytes_of(token) for token in ids) == text.encode()


@given(st.lists(st.integers(0, LAST), max_size=20))
def test_any_tokens_have_bytes_also_those_that_are_no_text(
    tokenizer: Tokenizer, ids: list[int]
) -> None:
    assert tokenizer.decode(ids) == b"".join(tokenizer.bytes_of(token) for token in ids)


def test_a_typed_end_of_text_is_text_unless_it_is_asked_to_be_the_token(
    tokenizer: Tokenizer,
) -> None:
    typed = f"one{END_OF_TEXT}two"
    assert LAST not in tokenizer.encode(typed)
    assert tokenizer.decode(tokenizer.encode(typed)) == typed.encode()
    special = tokenizer.encode(typed, special=True)
    assert special == [*tokenizer.encode("one"), LAST, *tokenizer.encode("two")]
    assert tokenizer.encode(END_OF_TEXT * 2, special=True) == [LAST, LAST]


def test_no_text_is_no_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("") == tokenizer.encode("", special=True) == []


def test_half_a_character_that_a_terminal_sent_is_encoded_as_a_question_mark(
    tokenizer: Tokenizer,
) -> None:
    assert tokenizer.decode(tokenizer.encode("a\ud83db")) == b"a?b"


def test_a_megabyte_is_encoded_whole(tokenizer: Tokenizer) -> None:
    text = "\x1b[2J [@click=app.quit] [/] \u202e the cat\n" * 25_000
    assert tokenizer.decode(tokenizer.encode(text)) == text.encode()


def test_a_prompt_is_never_cut_or_padded(description: dict[str, Any]) -> None:
    truncation = {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}
    padding = {
        "strategy": {"Fixed": 64},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "!",
    }
    altered = load(description | {"truncation": truncation, "padding": padding})
    text = "a prompt of more than three tokens"
    assert altered.decode(altered.encode(text)) == text.encode()


def test_a_file_that_asks_for_chance_gives_the_same_tokens_each_time(
    tokenizer: Tokenizer, description: dict[str, Any]
) -> None:
    description["model"]["dropout"] = 0.5
    chancy = load(description)
    text = "the cat and the hat " * 8
    assert [chancy.encode(text) for _ in range(50)] == [tokenizer.encode(text)] * 50


def test_a_tokenizer_of_another_kind_is_refused(description: dict[str, Any]) -> None:
    vocab = description["model"]["vocab"]
    description["model"] = {"type": "WordLevel", "vocab": vocab, "unk_token": "!"}
    with pytest.raises(ModelError, match="byte-level BPE"):
        load(description)


def test_its_digest_is_that_of_the_file(model_folder: Path, loaded_model: LoadedModel) -> None:
    manifest = json.loads((model_folder / "model.json").read_bytes())
    assert loaded_model.tokenizer.sha256 == manifest["files"]["tokenizer.json"]["sha256"]


GARBAGE = {
    "empty": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"model": "\xff"}',
    "a list": b"[]",
    "a number": b"12",
    "null": b"null",
    "deeply nested": b"[" * 100_000,
    "nothing in it": b"{}",
    "model of no kind": b'{"version": "1.0", "model": {"type": "Magic"}}',
    "vocabulary of texts": b'{"model": {"type": "BPE", "vocab": {"a": "b"}, "merges": []}}',
    "merge of unknown tokens": b'{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["x y"]}}',
    "unigram without scores": b'{"model": {"type": "Unigram", "vocab": [], "unk_id": 5}}',
    # With these two the library panics: no Exception, and words on descriptor 2.
    "prefix longer than a token": b'{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2},'
    b' "merges": ["a b"], "continuing_subword_prefix": "###"}}',
    "damaged normalizer": b'{"model": {"type": "BPE", "vocab": {}, "merges": []},'
    b' "normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}',
    "bad pattern": b'{"model": {"type": "BPE", "vocab": {}, "merges": []}, "pre_tokenizer":'
    b' {"type": "Split", "pattern": {"Regex": "(("}, "behavior": "Isolated", "invert": false}}',
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_damaged_file_is_one_line_of_error_and_nothing_on_the_screen(
    data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelError, match="that file") as caught:
        Tokenizer(data, "that file", VOCABULARY_SIZE, LAST)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("length", range(100, 4000, 650))
def test_a_file_that_was_cut_is_refused(
    description: dict[str, Any], length: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelError, match="that file"):
        Tokenizer(json.dumps(description).encode()[:length], "that file", VOCABULARY_SIZE, LAST)
    assert capfd.readouterr() == ("", "")


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(
    description: dict[str, Any],
) -> None:
    data = json.dumps(description).encode()
    with pytest.raises(ModelError, match="do not belong together"):
        Tokenizer(data, "that file", VOCABULARY_SIZE - 20, 0)


def test_a_tokenizer_that_lacks_bytes_is_refused(description: dict[str, Any]) -> None:
    del description["model"]["vocab"]["ÿ"]
    with pytest.raises(ModelError, match="byte-level"):
        load(description)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.json"):
        Tokenizer.from_file(tmp_path / "gone.json", VOCABULARY_SIZE, LAST)
