"""Works are told apart by the manifest, and held back whole."""

import json
import lzma
from pathlib import Path

import pytest

from export.training.corpus import (
    CorpusError,
    Work,
    choose_held_out,
    read_manifest,
    read_split,
    split_documents,
    works_documents,
)
from export.training.recipe import Source


def work(title: str, documents: int, size: int) -> Work:
    return Work(title, "Somebody", "tales.txt", f"here/{title}", documents, size)


def test_documents_are_split_at_lines_with_the_boundary() -> None:
    text = b"One.\nStill one.\n<|endoftext|>\nTwo, with <|endoftext|> inside.\n"
    assert split_documents(text) == [b"One.\nStill one.", b"Two, with <|endoftext|> inside."]


def test_documents_are_dealt_to_works_in_order() -> None:
    works = [work("A", 2, 5), work("B", 1, 3)]
    dealt = list(works_documents([b"ab", b"cd", b"efg"], works))
    assert dealt == [(works[0], [b"ab", b"cd"]), (works[1], [b"efg"])]


@pytest.mark.parametrize("works", [[work("A", 1, 2)], [work("A", 1, 2), work("B", 1, 9)]])
def test_a_manifest_of_another_text_is_refused(works: list[Work]) -> None:
    with pytest.raises(CorpusError):
        list(works_documents([b"ab", b"cd"], works))


def test_the_choice_of_held_out_works_is_fixed_and_fair() -> None:
    works = [work(f"Tale {number}", 1, 200_000) for number in range(20)]
    too_short = work("Short", 1, 500)
    twice = [work("Twice", 1, 200_000), work("TWICE", 1, 200_001)]
    everything = [*works, too_short, *twice]
    chosen = choose_held_out(everything, 4, seed=1)
    assert len(chosen) == 4
    assert chosen == choose_held_out(everything[::-1], 4, seed=1)
    assert chosen != choose_held_out(everything, 4, seed=2)
    assert choose_held_out(everything, 99, seed=1) == set(works)


def test_a_source_is_read_and_split_by_whole_works(tmp_path: Path) -> None:
    texts = {"A": ["a" * 60_000, "b" * 60_000], "B": ["short"], "C": ["c" * 150_000]}
    rows = [
        {
            "title": title,
            "author": None,
            "file": "tales.txt",
            "source_repo": "here",
            "path": title,
            "documents": len(documents),
            "bytes": len("\n".join(documents)),
        }
        for title, documents in texts.items()
    ]
    (tmp_path / "MANIFEST.jsonl").write_text("\n".join(map(json.dumps, rows)))
    text = "\n<|endoftext|>\n".join(part for parts in texts.values() for part in parts) + "\n"
    (tmp_path / "tales.txt.xz").write_bytes(lzma.compress(text.encode()))
    split = read_split(tmp_path, Source("tales", 1.0, 1), read_manifest(tmp_path), seed=0)
    (held_out,) = split.held_out_works
    assert split.held_out == texts[held_out.title]
    assert list(split.held_out_books()) == [(held_out, "\n".join(texts[held_out.title]))]
    assert [work.title for work in split.works] == [t for t in texts if t != held_out.title]
    assert split.training == [part for w in split.works for part in texts[w.title]]


def test_a_corpus_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="MANIFEST"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"title": "A"}', "row 1: no field 'author'"),
        ("[]", "row 1: "),
        ("not JSON", "row 1: "),
    ],
)
def test_a_row_that_is_no_work_is_refused(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "MANIFEST.jsonl").write_text(row)
    with pytest.raises(CorpusError, match=said):
        read_manifest(tmp_path)


@pytest.mark.parametrize(("data", "said"), [(None, "is missing"), (b"\xfd7zXZ", "is damaged")])
def test_a_text_that_cannot_be_read_is_refused(
    tmp_path: Path, data: bytes | None, said: str
) -> None:
    if data is not None:
        (tmp_path / "tales.txt.xz").write_bytes(data)
    with pytest.raises(CorpusError, match=said):
        read_split(tmp_path, Source("tales", 1.0, 1), [work("A", 1, 2)], seed=0)
