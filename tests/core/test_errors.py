"""What libraries say is wrong, as one line of ours."""

from gpt2_tui.errors import first_line


def test_the_first_line_that_says_something_is_taken() -> None:
    assert first_line(RuntimeError("\n  no such node \nand more\n")) == "no such node"


def test_a_fault_without_a_word_is_named_by_its_kind() -> None:
    assert first_line(MemoryError()) == "MemoryError"


def test_a_line_without_end_is_cut() -> None:
    line = first_line(ValueError("token " + "x" * 10**6))
    assert line.startswith("token xxx")
    assert line.endswith("…")
    assert len(line) < 400
