"""Rows follow from the step alone; every block comes once before any comes again."""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from export.training.corpus import CorpusError
from export.training.data import Batches, blocks_by_source, held_out_rows, prepare
from export.training.recipe import Recipe, Source

RECIPE = replace(
    Recipe(),
    window=8,
    short_window=4,
    blocks_per_step=4,
    sources=(Source("one", 0.7, 1), Source("two", 0.3, 1)),
)
SOURCES = [np.arange(100, dtype=np.uint16), np.arange(1000, 1200, dtype=np.uint16)]
END = 5000
"""The id of <|endoftext|>, which the sources above are without."""


def test_blocks_are_shared_out_by_the_mixture() -> None:
    assert blocks_by_source(RECIPE) == {"one": 3, "two": 1}
    assert blocks_by_source(Recipe()) == {"childrens": 6, "fiction": 5, "nonfiction": 1}


def test_a_resumed_run_sees_the_same_rows() -> None:
    whole = Batches(SOURCES, RECIPE, END)
    rows = [whole.rows(step, 8) for step in range(30)]
    for step in (17, 3, 29):
        assert np.array_equal(Batches(SOURCES, RECIPE, END).rows(step, 8), rows[step])


def test_rows_are_running_text_with_one_token_more() -> None:
    rows = Batches(SOURCES, RECIPE, END).rows(0, 8)
    assert rows.shape == (4, 9)
    assert np.all(np.diff(rows) == 1)
    assert np.sum(rows[:, 0] < 1000) == 3


def test_short_rows_are_from_different_places_and_cover_the_same_text() -> None:
    batches = Batches(SOURCES, RECIPE, END)
    short = batches.rows(5, 4)
    assert short.shape == (8, 5)
    assert np.all(short[1::2, 0] != short[0::2, -1])
    # One round of source "two": see the next test.
    in_round = [
        {int(id_) for step in range(23) for row in batches.rows(step, window) for id_ in row[1:]}
        for window in (4, 8)
    ]
    assert {i for i in in_round[0] if i >= 1000} == {i for i in in_round[1] if i >= 1000}


def test_a_round_takes_every_block_once() -> None:
    batches = Batches(SOURCES, RECIPE, END)
    # Source "two" gives one block a step and has (199 // 8) - 1 = 23 of them.
    starts = [int(batches.rows(step, 8)[-1, 0]) for step in range(46)]
    for one_round in (starts[:23], starts[23:]):
        assert len(set(one_round)) == 23
        assert np.all(np.diff(sorted(one_round)) == 8)
    assert starts[:23] != starts[23:]


@pytest.mark.parametrize("window", [4, 8])
def test_where_a_document_begins_every_second_row_begins_with_it(window: int) -> None:
    documents = [np.where(source % 10 == 0, END, source) for source in SOURCES]
    batches, plain = Batches(documents, RECIPE, END), Batches(SOURCES, RECIPE, END)
    begun = 0
    for step in range(20):
        # Source "one" gives three blocks a step, "two" one; a block is one or two rows.
        blocks = [step * 3, step * 3 + 1, step * 3 + 2, step]
        numbers = [block for block in blocks for _ in range(0, 8, window)]
        rows = zip(numbers, batches.rows(step, window), plain.rows(step, window), strict=True)
        for number, row, unmoved in rows:
            begins = unmoved[unmoved % 10 == 0]
            if number % 2 == 0 and len(begins):
                begun += int(unmoved[0] != begins[0])
                unmoved = np.arange(begins[0], begins[0] + window + 1)
            assert row.tolist() == [END if id_ % 10 == 0 else id_ for id_ in unmoved]
    assert begun > 20


def test_too_little_text_is_refused() -> None:
    with pytest.raises(CorpusError, match="one: too little text"):
        Batches([SOURCES[0][:10], SOURCES[1]], RECIPE, END).rows(0, 8)


def test_held_out_rows_are_spread_without_overlap() -> None:
    rows = held_out_rows(SOURCES[0], 4, window=8)
    assert rows[:, 0].tolist() == [0, 24, 48, 72]
    assert len(held_out_rows(SOURCES[0], 99, window=8)) == 12


def test_a_recipe_survives_being_written() -> None:
    assert Recipe.from_dict(asdict(RECIPE)) == RECIPE


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"width": 100}, "head size"),
        ({"short_window": 300}, "window"),
        ({"vocabulary": 70_000}, "16-bit"),
    ],
)
def test_impossible_recipes_are_refused(wrong: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(Recipe(), **wrong)  # type: ignore[arg-type]


def test_tokens_are_made_once_for_each_corpus(corpus: Path, tmp_path: Path) -> None:
    recipe = replace(Recipe(), vocabulary=300)
    said: list[str] = []
    prepare(corpus, tmp_path, recipe, said.append)
    assert said[0] == "reading the corpus"
    said.clear()
    first = prepare(corpus, tmp_path, recipe, said.append)
    assert said == []

    other = Path(shutil.copytree(corpus, tmp_path / "other"))
    manifest = other / "MANIFEST.jsonl"
    manifest.write_text(manifest.read_text().replace("Nobody", "Somebody"))
    second = prepare(other, tmp_path, recipe, said.append)
    assert said[0] == "reading the corpus"
    assert str(first.facts).replace("Nobody", "Somebody") == str(second.facts)
