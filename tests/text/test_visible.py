"""Characters that act on a terminal never reach one."""

import sys
import unicodedata

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.text.visible import one_line, quoted, visible

ATTACKS = {
    "clipboard": "\x1b]52;c;aGFjaw==\x07",
    "title": "\x1b]0;hacked\x1b\\",
    "C1 control sequence": "\x9b2J",
    "C1 string": "\x9d0;hacked\x9c",
    "alternate screen": "\x1b[?1049h",
    "overwritten line": "all is well\rall is lost",
    "backspaces": "safe\b\b\b\bevil",
    "bidirectional override": "\u202eevil\u202c",
    "isolates": "\u2066evil\u2069",
    "line separator": "one\u2028two",
    "lone surrogate": "\ud83d",
    "delete": "\x7f",
    "form feed and vertical tab": "\x0c\x0b",
    "next line": "\x85",
    "null": "\x00",
}
BIDIRECTIONAL = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
MARKS = {"\u200e", "\u200f", "\u061c"}


def acts_on_a_terminal(character: str) -> bool:
    """By Unicode's own tables; newline and tab are meant to act."""
    if character in "\n\t":
        return False
    return (
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(character) in BIDIRECTIONAL
        or character in MARKS
    )


def test_of_all_characters_those_that_act_are_replaced_and_no_other_is_touched() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        shown = visible(character)
        assert len(shown) == 1
        assert not acts_on_a_terminal(shown), hex(code)
        assert (shown != character) == acts_on_a_terminal(character), hex(code)


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_terminal_shows_an_attack_as_plain_characters(text: str) -> None:
    screen = pyte.Screen(80, 4)
    stream = pyte.Stream(screen)
    stream.feed(f"before {visible(text)} after")
    line = f"before {visible(text)} after"
    assert screen.display[0].rstrip() == line
    assert (screen.title, screen.icon_name) == ("", "")
    assert screen.cursor.y == 0
    assert visible(text) != text


@given(st.text())
def test_every_character_keeps_its_place(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert visible(shown) == shown


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    shown = one_line(text)
    assert len(shown) == len(text)
    assert len(shown.splitlines()) <= 1
    assert "\t" not in shown


def test_what_somebody_gave_is_quoted_as_far_as_a_message_has_room() -> None:
    assert quoted("a\x1b\nb") == "a␛␤b"
    assert quoted("x" * 60) == "x" * 60
    assert quoted("x" * 10**6) == "x" * 60 + "…"


def test_stand_ins_show_which_control_it_was() -> None:
    assert visible("\x00\x07\x1b\x7f") == "␀␇␛␡"
    assert visible("line\n\ttab") == "line\n\ttab"
    assert one_line("line\n\ttab") == "line␤␉tab"


@pytest.mark.parametrize("text", ["[@click=app.quit]", "[/]", "naïve – 日本 😀", ""])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == one_line(text) == text
