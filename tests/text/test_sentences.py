"""Words, lines and sentences: joined they are the text, and a sentence is what a reader means."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpt2_tui.text.sentences import Unit, sentence_ends, undecided, units

PROSE = st.text(alphabet="aB .!?…\"'”)\n\t1\u00a0é", max_size=60) | st.text(max_size=40)


@pytest.mark.parametrize("unit", list(Unit))
@given(text=PROSE)
def test_the_units_of_a_text_are_the_text(unit: Unit, text: str) -> None:
    found = units(text, unit)
    assert "".join(found) == text
    assert all(found)


@pytest.mark.parametrize("unit", [Unit.WORD, Unit.SENTENCE])
@given(text=PROSE)
def test_a_unit_holds_more_than_white_space_but_for_the_last(unit: Unit, text: str) -> None:
    assert all(each.strip() for each in units(text, unit)[:-1])


@given(text=PROSE)
def test_what_is_taken_unit_by_unit_is_the_same_as_all_units_at_once(text: str) -> None:
    for unit in (Unit.LINE, Unit.WORD):
        found = units(text, unit)
        assert units(text[len(found[0]) :] if found else "", unit) == found[1:]


@given(text=PROSE, more=PROSE)
@example(text="Yes.", more=" no")
@example(text="So...", more=". Then")
def test_before_the_undecided_place_nothing_that_follows_matters(text: str, more: str) -> None:
    place = undecided(text)
    assert [end for end in sentence_ends(text) if end < place] == [
        end for end in sentence_ends(text + more) if end < place
    ]


@pytest.mark.parametrize(
    "sentences",
    [
        ["He went.", " She stayed."],
        ["Mr. and Mrs. Smith saw Dr. J. S. Watson.", " He bowed."],
        ["It is No. 5, vol. 2.", " She said no.", " Then she left."],
        ['"Go!" she said.', ' "Now!"', " He went."],
        ["“Go!”", " She went.", " “Why?”", " He wept."],
        ["Well... yes, he did.", " So...", " Then he slept."],
        ["What?!", " (He knew.)", " No."],
        ["It was I.", " Nobody else."],
        ["CHAPTER I", "\n\nIt was late.", "\n\n“Yes,” he said"],
        ["At 3.15 he left.", " The end"],
        ["A line\nthat goes on.", "\nAnother."],
    ],
    ids=lambda sentences: sentences[0],
)
def test_sentences_are_those_of_a_reader(sentences: list[str]) -> None:
    assert units("".join(sentences), Unit.SENTENCE) == sentences


def test_lines_and_words_have_the_white_space_before_them() -> None:
    text = " one two\n\nthree\n"
    assert units(text, Unit.LINE) == [" one two", "\n\nthree", "\n"]
    assert units(text, Unit.WORD) == [" one", " two", "\n\nthree", "\n"]
    assert units("", Unit.ALL) == []
    assert units(text, Unit.ALL) == [text]
