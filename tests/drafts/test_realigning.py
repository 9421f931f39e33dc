"""Whose words are whose in a text that another program changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.drafts.realigning import realigned
from gpt2_tui.labels.authorship import AuthoredText
from tests.labels.samples import continuation

MACHINE = " He slept on the floor."
STORY = (
    AuthoredText.human("It rained.")
    .spliced(10, 10, AuthoredText.kept(continuation(MACHINE)))
    .spliced(10 + len(MACHINE), 10 + len(MACHINE), AuthoredText.human(" The end."))
)


def origins(text: AuthoredText) -> list[tuple[str, str]]:
    return [(text.text[span.start : span.end], span.origin.value) for span in text.spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STORY.text, [("It rained.", "human"), (MACHINE, "machine"), (" The end.", "human")]),
        (
            "So: it rained. He slept on the floor. The very end.",
            [("So: it rained.", "human"), (MACHINE, "machine"), (" The very end.", "human")],
        ),
        (
            "It rained. He slept on the wet floor. The end.",
            [
                ("It rained.", "human"),
                (" He slept on the wet floor.", "edited"),
                (" The end.", "human"),
            ],
        ),
        ("It rained. The end.", [("It rained. The end.", "human")]),
        (
            "He came. It rained. The end. He slept on the floor.",
            [("He came. It rained. The end.", "human"), (MACHINE, "machine")],
        ),
        ("", []),
    ],
    ids=["same", "around", "inside", "taken out", "moved", "emptied"],
)
def test_what_is_the_same_keeps_its_author(text: str, expected: list[tuple[str, str]]) -> None:
    assert origins(realigned(STORY, text)) == expected


@given(st.text("Ithe rand.\n", max_size=60), st.text("Ithe rand.\n", max_size=60))
def test_the_text_is_always_the_new_one(before: str, after: str) -> None:
    old = AuthoredText.human(before)
    old = old.spliced(len(before) // 2, len(before) // 2, AuthoredText.kept(continuation(MACHINE)))
    new = realigned(old, after + MACHINE)
    assert new.text == after + MACHINE
    assert sum(len(span) for span in new.spans) == len(new.text)


def test_a_long_text_is_compared_in_bounded_time() -> None:
    words = [f"word{n} the\n" for n in range(50_000)]
    old = AuthoredText.human("".join(words))
    new = realigned(old, "".join(reversed(words)))
    assert new.text == "".join(reversed(words))
