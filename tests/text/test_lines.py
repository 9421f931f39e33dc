"""Text as an editor of lines holds it."""

from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.text.lines import as_lines, line_starts


def test_every_end_of_line_is_a_newline() -> None:
    assert as_lines("a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_what_an_editor_would_break_a_line_at_has_a_stand_in() -> None:
    assert as_lines("a\x0bb\x0cc\x85d\u2028e") == "a␋b␌c\ufffdd\ufffde"
    assert as_lines("half \ud83d") == "half \ufffd"


@given(st.text("ab\n\r\x0b\u2028\ud800😀", max_size=30))
def test_lines_and_their_starts_fit_what_an_editor_makes_of_the_text(text: str) -> None:
    lines = as_lines(text)
    assert lines.encode().decode() == lines
    split = lines.split("\n")
    assert len(split) == max(len(f"{lines}x".splitlines()), 1)
    assert [
        lines[start:][: len(line)] for start, line in zip(line_starts(lines), split, strict=True)
    ] == split
