"""Taking a continuation into a draft unit by unit, at a place that moves with the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.drafts.draft import Draft
from gpt2_tui.drafts.marker import Marker
from gpt2_tui.drafts.taking import Taking
from gpt2_tui.labels.authorship import AuthoredText, Origin
from gpt2_tui.text.sentences import Unit, units
from tests.labels.samples import continuation

human = AuthoredText.human
TEXT = " He came. She went."
MIDDLE = len("Begin")


def draft_of(text: str) -> Draft:
    return Draft.beginning_with(human(text))


def taking_at(draft: Draft, at: int) -> Taking:
    return Taking(draft, at, draft.keep)


def spans(draft: Draft) -> list[tuple[str, Origin]]:
    authored = draft.authored
    return [(authored.text[each.start : each.end], each.origin) for each in authored.spans]


@pytest.mark.parametrize("unit", list(Unit))
@given(written=st.text(max_size=40), at=st.integers(0, 9))
def test_all_units_one_by_one_are_all_of_the_text(unit: Unit, written: str, at: int) -> None:
    draft, made = draft_of("Begin end"), continuation(written)
    taking = taking_at(draft, at)
    taken = []
    while part := taking.take(made, unit):
        taken.append(part)
    assert "".join(taken) == made.text
    assert draft.authored.text == "Begin end"[:at] + made.text + "Begin end"[at:]
    assert len(taken) == len(units(made.text, unit)) or unit is Unit.SENTENCE


@given(
    steps=st.lists(st.sampled_from([*Unit, "undo", "redo"]), max_size=12),
    at=st.integers(0, 9),
)
def test_each_take_is_one_undo_and_what_is_taken_follows_it(steps: list[str], at: int) -> None:
    draft, made = draft_of("Begin end"), continuation(TEXT)
    taking = taking_at(draft, at)
    for step in steps:
        before, taken = draft.authored, taking.taken(made)
        if step == "undo":
            draft.undo()
        elif step == "redo":
            draft.redo()
        elif taking.take(made, Unit(step)):
            draft.undo()
            assert (draft.authored, taking.taken(made)) == (before, taken)
            draft.redo()
        # The draft holds what is taken, at the place, and nothing else of it.
        text = TEXT[: taking.taken(made)]
        assert draft.authored.text == "Begin end"[:at] + text + "Begin end"[at:]


def test_what_was_typed_meanwhile_moves_the_place() -> None:
    draft, made = draft_of("Begin end"), continuation(TEXT)
    taking = taking_at(draft, MIDDLE)
    draft.replace(0, 0, human("So. "))
    assert taking.take(made, Unit.WORD) == " He"
    draft.replace(len(draft.authored.text), len(draft.authored.text), human("!"))
    assert taking.take(made, Unit.SENTENCE) == " came."
    assert spans(draft) == [
        ("So. Begin", Origin.HUMAN),
        (" He came.", Origin.MACHINE),
        (" end!", Origin.HUMAN),
    ]


def test_words_typed_between_two_takes_stand_between_them() -> None:
    draft, made = draft_of("Begin"), continuation(TEXT)
    taking = taking_at(draft, MIDDLE)
    taking.take(made, Unit.SENTENCE)
    end = len(draft.authored.text)
    draft.replace(end, end, human(" Yes."))
    taking.take(made, Unit.ALL)
    assert spans(draft) == [
        ("Begin", Origin.HUMAN),
        (" He came.", Origin.MACHINE),
        (" Yes.", Origin.HUMAN),
        (" She went.", Origin.MACHINE),
    ]


def test_inside_another_text_of_the_machine_that_one_is_edited() -> None:
    draft = draft_of("Begin")
    draft.keep(AuthoredText.kept(continuation(" the end")))
    taking_at(draft, len("Begin the")).take(continuation(TEXT, "Begin the"), Unit.WORD)
    assert spans(draft) == [
        ("Begin", Origin.HUMAN),
        (" the", Origin.EDITED),
        (" He", Origin.MACHINE),
        (" end", Origin.EDITED),
    ]
    draft.undo()
    assert spans(draft) == [("Begin", Origin.HUMAN), (" the end", Origin.MACHINE)]


def test_a_take_that_another_branch_left_behind_is_taken_there_alone() -> None:
    draft, made = draft_of("Begin"), continuation(TEXT)
    taking = taking_at(draft, MIDDLE)
    taking.take(made, Unit.WORD)
    node = draft.tree.current
    draft.undo()
    draft.replace(MIDDLE, MIDDLE, human("!"))
    assert taking.taken(made) == 0
    draft.go_to(node)
    assert taking.taken(made) == len(" He")
    assert taking.take(made, Unit.WORD) == " came."
    assert draft.authored.text == "Begin He came."


@given(
    text=st.text(max_size=20),
    start=st.integers(0, 20),
    end=st.integers(0, 20),
    new=st.text(max_size=5),
    at=st.integers(0, 20),
)
def test_a_marker_keeps_the_text_behind_it(
    text: str, start: int, end: int, new: str, at: int
) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    at = min(at, len(text))
    marker = Marker(at)
    marker.follow(start, end, len(new))
    changed = text[:start] + new + text[end:]
    if at < start:
        assert changed[: marker.at] == text[:at]
    else:
        assert changed[marker.at :] == text[max(at, end) :]
