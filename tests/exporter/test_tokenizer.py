"""The tokenizer of a checkpoint: three forms in, one out."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from export.tokenizer import read_tokenizer
from gpt2_tui.errors import ModelError
from tests.exporter.checkpoints import (
    END_OF_TEXT,
    VOCABULARY_SIZE,
    write_tokenizer_json,
    write_tokenizer_pair,
)
from tests.exporter.make_golden_ids import GPT2_FILES


def load(raw: bytes) -> Tokenizer:
    return Tokenizer.from_str(raw.decode())


@pytest.mark.parametrize(
    "pair", [None, ("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe")]
)
def test_every_form_gives_the_same_tokens(tmp_path: Path, pair: tuple[str, str] | None) -> None:
    if pair:
        write_tokenizer_pair(tmp_path, *pair)
    else:
        write_tokenizer_json(tmp_path)
    raw, end = read_tokenizer(tmp_path, VOCABULARY_SIZE)
    assert end == VOCABULARY_SIZE - 1
    tokenizer = load(raw)
    assert tokenizer.encode("the andé").tokens == ["t", "he", "Ġand", "Ã", "©"]
    assert tokenizer.encode(END_OF_TEXT).ids == [end]


def test_windows_line_ends_in_merges(tmp_path: Path) -> None:
    write_tokenizer_pair(tmp_path, "vocab.json", "merges.txt")
    merges = tmp_path / "merges.txt"
    merges.write_bytes(merges.read_bytes().replace(b"\n", b"\r\n"))
    raw, _ = read_tokenizer(tmp_path, VOCABULARY_SIZE)
    assert load(raw).encode("the").tokens == ["t", "he"]


def test_truncation_and_padding_are_taken_out(tmp_path: Path) -> None:
    write_tokenizer_json(tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=5)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    result = load(read_tokenizer(tmp_path, VOCABULARY_SIZE)[0])
    assert len(result.encode("q" * 50).ids) == 50
    assert len(result.encode("q").ids) == 1


def refused(folder: Path, words: str, vocabulary: int = VOCABULARY_SIZE) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        read_tokenizer(folder, vocabulary)
    assert "\n" not in str(caught.value)


def change_json(folder: Path, **changes: Any) -> None:
    write_tokenizer_json(folder)
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes))


def test_no_tokenizer(tmp_path: Path) -> None:
    refused(tmp_path, r"has no tokenizer: neither tokenizer\.json nor vocab\.json")


def test_ids_that_are_no_place_in_the_vocabulary(tmp_path: Path) -> None:
    # The tokenizers library would reserve memory for 4 thousand million tokens and abort.
    model = {"type": "BPE", "vocab": {"a": 4294967295}, "merges": []}
    change_json(tmp_path, model=model)
    refused(tmp_path, "the id 4294967295, the model has 297")
    change_json(tmp_path, added_tokens=[{"id": 4294967295, "content": "x"}])
    refused(tmp_path, "token 'x' the id 4294967295")


def test_another_vocabulary(tmp_path: Path) -> None:
    write_tokenizer_json(tmp_path)
    refused(tmp_path, r"has 297 tokens, the model 298", VOCABULARY_SIZE + 1)


def test_no_end_of_text(tmp_path: Path) -> None:
    write_tokenizer_pair(tmp_path, "vocab.json", "merges.txt")
    path = tmp_path / "vocab.json"
    path.write_text(path.read_text().replace(END_OF_TEXT, "<|stop|>"))
    refused(tmp_path, r"has no token <\|endoftext\|>")


def test_a_panic_of_the_library_is_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    change_json(tmp_path, normalizer={"type": "Precompiled", "precompiled_charsmap": "AAAA"})
    refused(tmp_path, r"tokenizer\.json is damaged or not a tokenizer")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": None}, "is no byte-pair tokenizer"),
        ({"model": {"type": "WordLevel", "vocab": {"a": 0}}}, "is no byte-pair tokenizer"),
        ({"model": {"type": "BPE", "vocab": [], "merges": []}}, "has no vocabulary"),
        ({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "b"]]}}, "is damaged"),
        ({"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}, "the id -1"),
        ({"model": {"type": "BPE", "vocab": {"a": "0"}, "merges": []}}, "the id '0'"),
        ({"added_tokens": "x"}, "has damaged added_tokens"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "does not give text back unchanged"),
        ({"normalizer": {"type": "Lowercase"}}, "does not give text back unchanged"),
    ],
)
def test_damaged_or_foreign(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    change_json(tmp_path, **changes)
    refused(tmp_path, words)


@pytest.mark.parametrize("raw", [b"", b"[1, 2", b"\x80", b"[]"])
def test_a_file_that_is_no_json(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "tokenizer.json").write_bytes(raw)
    refused(tmp_path, r"tokenizer\.json (is not proper JSON|does not hold a JSON object)")


@pytest.mark.parametrize("line", [b"one", b"one two three", b" two", b"one "])
def test_merges_that_are_no_pairs(tmp_path: Path, line: bytes) -> None:
    write_tokenizer_pair(tmp_path, "vocab.json", "merges.txt")
    with (tmp_path / "merges.txt").open("ab") as file:
        file.write(line)
    refused(tmp_path, "which is no pair of tokens")


def test_merges_that_are_not_utf8_or_missing(tmp_path: Path) -> None:
    write_tokenizer_pair(tmp_path, "vocab.json", "merges.txt")
    (tmp_path / "merges.txt").write_bytes(b"\xff")
    refused(tmp_path, r"merges\.txt is not UTF-8")
    (tmp_path / "merges.txt").unlink()
    refused(tmp_path, r"has no merges\.txt")


def test_tokenizer_json_comes_first(tmp_path: Path) -> None:
    shutil.copy(GPT2_FILES / "encoder.json", tmp_path)
    write_tokenizer_json(tmp_path)
    assert read_tokenizer(tmp_path, VOCABULARY_SIZE)[1] == VOCABULARY_SIZE - 1
