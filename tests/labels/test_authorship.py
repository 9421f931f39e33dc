"""Every character of a text has one origin, whatever is done to the text."""

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.continuations import Continuation
from gpt2_tui.labels.authorship import AuthoredText, Origin, Span
from tests.labels.samples import continuation, edited_to

MADE = [continuation(text) for text in ("uvw", "xyz", "zzzz", "ü😀")]
Marked = list[tuple[str, Origin, Continuation | None]]
"""A text as characters, each with its origin: the slow way to keep books."""

pieces = st.one_of(
    st.text("abz😀", max_size=4).map(AuthoredText.human),
    st.sampled_from(MADE).map(AuthoredText.kept),
)
edits = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.5), pieces), max_size=10)


def marked(authored: AuthoredText) -> Marked:
    return [
        (character, span.origin, span.continuation)
        for span in authored.spans
        for character in authored.text[span.start : span.end]
    ]


def replaced_slowly(old: Marked, start: int, end: int, new: Marked) -> Marked:
    """The rules of an edit, for every run of characters of one origin."""
    if start == end and not new:
        return old
    torn: Continuation | None = None
    result = list(old)
    for _, run in groupby(range(len(old)), key=lambda n: (old[n][1], id(old[n][2]))):
        places = list(run)
        first, last = places[0], places[-1]
        cut_into = any(start <= place < end for place in places)
        split = first < start <= end <= last
        if old[first][1] is not Origin.HUMAN and (cut_into or split):
            for place in places:
                result[place] = (old[place][0], Origin.EDITED, old[place][2])
            if split:
                torn = old[first][2]
    if torn is not None:
        new = [(mark[0], Origin.EDITED, torn) if mark[1] is Origin.HUMAN else mark for mark in new]
    return [*result[:start], *new, *result[end:]]


def check_cover(authored: AuthoredText) -> None:
    """No gap, no overlap, none empty, like neighbours joined."""
    places = [0, *(span.end for span in authored.spans)]
    assert [span.start for span in authored.spans] == places[:-1]
    assert places[-1] == len(authored.text)
    assert all(span.start < span.end for span in authored.spans)
    for one, other in pairwise(authored.spans):
        assert (one.origin, id(one.continuation)) != (other.origin, id(other.continuation))


def after(changes: list[tuple[float, float, AuthoredText]]) -> AuthoredText:
    text = AuthoredText()
    for where, share, new in changes:
        start = round(where * len(text.text))
        end = min(start + round(share * len(text.text)), len(text.text))
        text = text.replaced(start, end, new)
    return text


@given(edits)
def test_after_any_edits_the_spans_are_those_of_slow_bookkeeping(
    changes: list[tuple[float, float, AuthoredText]],
) -> None:
    text = AuthoredText()
    slow: Marked = []
    for where, share, new in changes:
        start = round(where * len(text.text))
        end = min(start + round(share * len(text.text)), len(text.text))
        text = text.replaced(start, end, new)
        slow = replaced_slowly(slow, start, end, marked(new))
        check_cover(text)
        assert text.text == "".join(character for character, _, _ in slow)
        assert marked(text) == slow
    human = sum(origin is Origin.HUMAN for _, origin, _ in slow)
    assert text.synthetic_share == pytest.approx(1 - human / len(slow) if slow else 0)


@given(changes=edits, typed=st.text("abz😀", max_size=12))
def test_whatever_is_typed_the_text_is_what_was_typed(
    changes: list[tuple[float, float, AuthoredText]], typed: str
) -> None:
    before = after(changes)
    edited = edited_to(before, typed)
    assert edited.text == typed
    check_cover(edited)
    new = {id(span.continuation) for span in edited.spans}
    assert new <= {id(None)} | {id(span.continuation) for span in before.spans}


@given(edits)
def test_an_edit_that_changes_nothing_changes_nothing(
    changes: list[tuple[float, float, AuthoredText]],
) -> None:
    text = after(changes)
    assert edited_to(text, text.text) == text
    for place in range(len(text.text) + 1):
        assert text.replaced(place, place, AuthoredText()) == text


def story() -> AuthoredText:
    """Eight human characters, then six of the machine."""
    start = AuthoredText.human("It rained")
    return start.replaced(9, 9, AuthoredText.kept(RAIN))


RAIN = continuation(" a lot")


def origins(text: AuthoredText) -> list[tuple[str, str]]:
    return [(text.text[span.start : span.end], span.origin.value) for span in text.spans]


def test_what_is_kept_is_the_machines() -> None:
    assert origins(story()) == [("It rained", "human"), (" a lot", "machine")]
    assert story().spans[1].continuation is RAIN
    assert story().synthetic_share == 6 / 15


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("It rained a lot!", [("It rained", "human"), (" a lot", "machine"), ("!", "human")]),
        ("It rained, a lot", [("It rained,", "human"), (" a lot", "machine")]),
        ("It snowed a lot", [("It snowed", "human"), (" a lot", "machine")]),
        ("It rained a bit lot", [("It rained", "human"), (" a bit lot", "edited")]),
        ("It rained a pot", [("It rained", "human"), (" a pot", "edited")]),
        ("It rained a", [("It rained", "human"), (" a", "edited")]),
        ("It rai a lot", [("It rai", "human"), (" a lot", "machine")]),
        ("It was a lot", [("It was", "human"), (" a lot", "machine")]),
        ("It rained", [("It rained", "human")]),
        ("", []),
    ],
)
def test_typing_changes_the_origin_of_what_it_reaches_into_alone(
    typed: str, expected: list[tuple[str, str]]
) -> None:
    assert origins(edited_to(story(), typed)) == expected


def test_an_edit_across_two_spans_marks_both() -> None:
    other = continuation("and how")
    text = story().replaced(15, 15, AuthoredText.kept(other))
    cut = text.replaced(13, 18, AuthoredText.human("-"))
    assert origins(cut) == [
        ("It rained", "human"),
        (" a l", "edited"),
        ("-", "human"),
        (" how", "edited"),
    ]
    assert [span.continuation for span in cut.spans] == [None, RAIN, None, other]


def test_machine_text_put_inside_machine_text_stays_what_it_is() -> None:
    inner = continuation("X")
    text = AuthoredText.kept(RAIN).replaced(3, 3, AuthoredText.kept(inner))
    assert origins(text) == [(" a ", "edited"), ("X", "machine"), ("lot", "edited")]


def test_bytes_that_are_no_characters_make_what_is_kept_edited() -> None:
    broken = AuthoredText.kept(continuation(b"half \xe2\x82"))
    assert broken.text == "half \ufffd"
    assert broken.spans[0].origin is Origin.EDITED
    whole = AuthoredText.kept(continuation("a real \ufffd"))
    assert whole.spans[0].origin is Origin.MACHINE


def test_no_text_has_no_spans_and_no_share() -> None:
    for empty in (AuthoredText(), AuthoredText.human(""), AuthoredText.kept(continuation(""))):
        assert (empty.spans, empty.synthetic_share) == ((), 0)


def test_a_long_text_is_compared_without_looking_at_every_character_by_hand() -> None:
    long = AuthoredText("x" * 2_000_000, (Span(0, 2_000_000, Origin.HUMAN),))
    edited = edited_to(long, "x" * 1_000_000 + "y" + "x" * 1_000_000)
    assert edited.text[1_000_000] == "y"
    assert len(edited.spans) == 1


places = st.tuples(st.floats(0, 1), st.floats(0, 1))


def stretch(text: AuthoredText, shares: tuple[float, float]) -> tuple[int, int]:
    start, end = sorted(round(share * len(text.text)) for share in shares)
    return start, end


@given(changes=edits, shares=places, new=pieces)
def test_what_is_taken_out_and_put_back_is_as_it_was(
    changes: list[tuple[float, float, AuthoredText]],
    shares: tuple[float, float],
    new: AuthoredText,
) -> None:
    text = after(changes)
    start, end = stretch(text, shares)
    part = text.part(start, end)
    check_cover(part)
    assert marked(part) == marked(text)[start:end]
    spliced = text.spliced(start, end, new)
    check_cover(spliced)
    assert marked(spliced) == [*marked(text)[:start], *marked(new), *marked(text)[end:]]
    assert spliced.spliced(start, start + len(new.text), part) == text


@given(changes=edits, shares=places, new=pieces)
def test_an_edit_changes_nothing_out_of_its_reach(
    changes: list[tuple[float, float, AuthoredText]],
    shares: tuple[float, float],
    new: AuthoredText,
) -> None:
    text = after(changes)
    start, end = stretch(text, shares)
    first, last = text.reach(start, end)
    edited = text.replaced(start, end, new)
    tail = len(text.text) - last
    assert first <= start <= end <= last
    assert marked(edited)[:first] == marked(text)[:first]
    assert marked(edited)[len(edited.text) - tail :] == marked(text)[last:]
