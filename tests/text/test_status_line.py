"""One line that moves, on a terminal and nowhere else."""

import io
import os
import termios

import pytest

from gpt2_tui.text.status_line import StatusLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_each_line_stands_in_the_place_of_the_one_before_and_the_last_one_goes() -> None:
    terminal = Terminal()
    line = StatusLine(terminal)
    for text in ("one", "two", "two"):
        line.show(text)
    line.clear()
    line.clear()
    assert terminal.getvalue() == "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K"


def test_a_text_cannot_act_on_the_terminal() -> None:
    terminal = Terminal()
    StatusLine(terminal).show("a\nb\x1b[2J")
    assert terminal.getvalue().removeprefix("\r\x1b[K").isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0123456789", "0123456789"),
        ("0123456789a", "0123456789"),
        ("模型模型模型", "模型模型模"),
        ("a模型模型模型", "a模型模型"),
    ],
)
def test_a_line_too_long_for_the_terminal_is_cut_before_it_wraps(text: str, shown: str) -> None:
    reader, writer = os.openpty()
    with os.fdopen(reader, "rb", buffering=0) as written, os.fdopen(writer, "w") as terminal:
        termios.tcsetwinsize(terminal, (24, 10))
        line = StatusLine(terminal)
        line.show(text)
        assert written.read(100).decode() == f"\r\x1b[K{shown}"


def test_a_file_or_a_pipe_gets_nothing() -> None:
    stream = io.StringIO()
    line = StatusLine(stream)
    line.show("one")
    line.clear()
    assert stream.getvalue() == ""
