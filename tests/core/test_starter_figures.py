"""How the starter is measured: on texts whose figures can be told by hand or by a slow program."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.marked_page import renewed, table
from docs.starter_figures import verbatim
from docs.starter_figures.books import BOUNDARY, Book, Bytes
from docs.starter_figures.texts import human_texts
from docs.starter_figures.training import measured_on_the_way
from docs.starter_figures.variety import distinct, repeated, words_of
from docs.starter_figures.verbatim import Match, distribution, longest_matches
from gpt2_tui.engine.runtime import Device
from gpt2_tui.loading import load_model


def corpus(*documents: str) -> list[Bytes]:
    return [np.frombuffer(BOUNDARY.join(text.encode() for text in documents), np.uint8)]


def longest_by_trying(text: str, documents: list[str]) -> str:
    pieces = (text[i:j] for i in range(len(text)) for j in range(len(text), i, -1))
    return max((p for p in pieces if any(p in each for each in documents)), key=len, default="")


@given(
    st.lists(st.text("ab ", max_size=60), min_size=1, max_size=4),
    st.lists(st.text("ab ", max_size=200), min_size=1, max_size=3),
)
def test_the_longest_match_is_the_one_that_trying_everything_finds(
    texts: list[str], documents: list[str]
) -> None:
    found = [match.text for match in longest_matches(texts, corpus(*documents))]
    assert found == [longest_by_trying(text, documents) for text in texts]


def test_a_match_may_lie_across_two_pieces_that_are_searched_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verbatim, "_CHUNK", 16)
    passage = "and the green boat came in with nobody at the oars"
    document = f"It was late, {passage}. Nobody spoke."
    (match,) = longest_matches([f"One day {passage}!"], corpus("Else.", document))
    assert match == Match(f" {passage}", 11)


def test_no_match_reaches_across_documents_or_texts() -> None:
    found = longest_matches(["one two", "three four"], corpus("one", " two", "o three"))
    assert [match.text for match in found] == [" two", "three"]


def test_words_of_a_match_are_whole_and_half_a_character_is_left_out() -> None:
    (match,) = longest_matches(["the naïve cattle"], corpus("the naìve cat"))
    assert match == Match("the na", 1)


def test_the_distribution_is_of_values_that_occur() -> None:
    matches = [Match("x" * size, size // 5) for size in range(1, 101)]
    assert distribution(matches) == {
        "texts": 100,
        "characters": {"median": 50, "95th": 95, "largest": 100},
        "words": {"median": 10, "95th": 19, "largest": 20},
    }


def test_distinct_and_repeated_n_grams_by_hand() -> None:
    texts = [words_of("The cat's hat, the CAT'S hat."), words_of("A hat.")]
    assert texts[0] == ["the", "cat's", "hat"] * 2
    assert distinct(texts, 1) == 4 / 8
    assert distinct(texts, 2) == 4 / 6
    assert repeated(texts, 2) == pytest.approx((2 / 5 + 0) / 2)
    assert repeated(texts, 4) == 0
    assert distinct([], 1) == 0


def test_human_texts_are_as_long_as_asked_and_begin_with_lines() -> None:
    tokenizer = load_model(None, Device.CPU).tokenizer
    books = [
        Book("fiction", name, "".join(f"{name} said {n} words to it.\n" for n in range(900)))
        for name in ("Alice", "Bertram")
    ]
    lengths = [5, 80, 200, 7, 33]
    texts = list(human_texts(books, tokenizer, lengths))
    assert [len(each.ids) for each in texts] == lengths
    assert [each.text.split()[0] for each in texts] == ["Alice"] * 3 + ["Bertram"] * 2
    assert len({each.text for each in texts}) == len(texts)
    with pytest.raises(ValueError, match="Alice has no 200 tokens"):
        list(human_texts([Book("fiction", "Alice", "Too short.\n")], tokenizer, [200]))


def test_what_a_run_went_back_behind_does_not_count() -> None:
    rows = [(100, 2.0), (200, 1.9), (300, 1.7), (200, 1.8), (300, 1.75), (400, 1.6)]
    log = "\n".join(
        f'{{"tokens": {tokens}, "bits_per_byte": {{"mixture": {bits}}}}}' for tokens, bits in rows
    )
    assert measured_on_the_way(log, 300) == [(100, 2.0), (200, 1.8), (300, 1.75)]
    assert measured_on_the_way('{"tokens": 10, "loss": 3}', 300) == []


def test_a_marked_page_is_renewed_between_its_marks_alone() -> None:
    page = "Before.\n<!-- here -->\nold\n<!-- end -->\nAfter."
    part = table(["a", "b"], [["1", "2"]])
    new = renewed(page, {"here": part})
    assert new == f"Before.\n<!-- here -->\n{part}\n<!-- end -->\nAfter."
    assert renewed(new, {"here": part}) == new
    with pytest.raises(ValueError, match="no place for there"):
        renewed(page, {"there": part})
