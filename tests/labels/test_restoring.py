"""A labeled text has its authors again, and what a label calls machine's is never a person's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.labels.authorship import AuthoredText, Origin
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record import label_draft, make_sample
from gpt2_tui.labels.restoring import Restored, restore
from gpt2_tui.settings import Sampling, Settings
from tests.labels.samples import NOON, continuation, sample


def draft() -> AuthoredText:
    """Human, machine, human, another machine's that was edited."""
    first = continuation(" He slept.", "It rained.", settings=Settings(seed=3))
    text = AuthoredText.human("It rained.")
    text = text.replaced(10, 10, AuthoredText.kept(first))
    text = text.replaced(20, 20, AuthoredText.human(" And é then"))
    second = continuation(" the boat came in", text.text, settings=Settings(seed=4), lane=2)
    end = len(text.text)
    text = text.replaced(end, end, AuthoredText.kept(second))
    return text.replaced(end + 5, end + 9, AuthoredText.human("ship"))


def parts(authored: AuthoredText) -> list[tuple[str, str]]:
    return [(authored.text[span.start : span.end], span.origin.value) for span in authored.spans]


def restored(data: bytes) -> Restored:
    found = restore(read_labels(data).samples[0])
    assert found is not None
    return found


@pytest.mark.parametrize("file_format", list(Format))
def test_an_intact_draft_is_as_it_was(file_format: Format) -> None:
    before = draft()
    made = label_draft(before, NOON)
    again = restored(render(made, file_format))
    assert parts(again.authored) == parts(before)
    assert again.settings == Settings(seed=4)
    # The label of what was restored is the same label: spans, tokens, settings and all.
    assert label_draft(again.authored, NOON).record == made.record


def test_the_settings_are_those_of_the_sample() -> None:
    wanted = Settings(Sampling(0.5, 0, 0.9), length=40, seed=9, stop=("end",), keep_going=True)
    again = restored(render(sample(" slept", "He", wanted), Format.TEXT))
    assert again.settings == wanted
    assert parts(again.authored) == [("He", "human"), (" slept", "machine")]


def test_a_text_that_began_with_the_space_before_it_is_labeled_so_again() -> None:
    made = continuation("slept.", "He ", after_space=True)
    before = make_sample(AuthoredText.human("He "), made, NOON)
    again = restored(render(before, Format.MARKDOWN))
    # Without it, a replay of the new label would draw the first token from all there are.
    assert label_draft(again.authored, NOON).record == before.record


def test_bytes_that_are_no_characters_count_as_edited() -> None:
    again = restored(render(sample(b" \xff slept", "He"), Format.MARKDOWN))
    assert parts(again.authored) == [("He", "human"), (" � slept", "edited")]


def test_lines_that_an_editor_cannot_hold_count_as_edited() -> None:
    again = restored(render(sample(" a\r\nb", "He"), Format.JSON_LINES))
    assert parts(again.authored) == [("He", "human"), (" a\nb", "edited")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("It rained", "It poured", ["human", "machine", "human", "edited"]),
        (" He slept.", " He woke up.", ["human", "edited", "human", "edited"]),
        (" And é then", " And then", ["human", "machine", "human", "edited"]),
        (" He slept. And", " He ran. Or", ["human", "edited", "edited"]),
    ],
)
def test_a_changed_span_is_never_more_human_than_it_was(
    old: str, new: str, expected: list[str]
) -> None:
    data = render(label_draft(draft(), NOON), Format.MARKDOWN)
    again = restored(data.replace(old.encode(), new.encode()))
    assert [origin for _, origin in parts(again.authored)] == expected
    assert again.authored.text == draft().text.replace(old, new)


def test_what_was_put_in_between_two_spans_is_not_human() -> None:
    data = render(label_draft(draft(), NOON), Format.MARKDOWN)
    again = restored(data.replace(b"slept. And", b"slept. Well. And"))
    assert (" Well.", "edited") in parts(again.authored)


@given(st.integers(0), st.binary(max_size=12), st.integers(0, 12))
def test_no_change_makes_machine_text_human(place: int, new: bytes, cut: int) -> None:
    before = draft()
    body = before.text.encode()
    place %= len(body) + 1
    data = render(label_draft(before, NOON), Format.TEXT)
    changed = body[:place] + new + body[place + cut :]
    found = read_labels(data.replace(body, changed)).samples[0]
    if found.body != changed:
        return  # what was put in reads as something else
    again = restore(found)
    assert again is not None
    human = "".join(text for text, origin in parts(again.authored) if origin == Origin.HUMAN)
    if changed != body:
        assert "slept" not in human
        assert "boat" not in human
        assert "came in" not in human
    assert sum(len(span) for span in again.authored.spans) == len(again.authored.text)


def test_a_damaged_label_restores_nothing() -> None:
    data = render(sample(" slept", "He"), Format.MARKDOWN)
    for bad in (data.replace(b'"seed":7', b'"seed":8'), data.replace(b'"schema"', b'"scheme"')):
        assert restore(read_labels(bad).samples[0]) is None
