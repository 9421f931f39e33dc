"""One line that moves, on a terminal and nowhere else."""

import io

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


def test_a_file_or_a_pipe_gets_nothing() -> None:
    stream = io.StringIO()
    line = StatusLine(stream)
    line.show("one")
    line.clear()
    assert stream.getvalue() == ""
