"""One line on a terminal that says what is going on."""

import os
from itertools import accumulate
from typing import TextIO
from unicodedata import east_asian_width

from gpt2_tui.text.visible import one_line

_USUAL_COLUMNS = 80
_CLEAR = "\r\x1b[K"


class StatusLine:
    """Written over as the work goes on, and gone at its end. Nothing where nobody sees it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = ""

    def show(self, text: str) -> None:
        """`text` in the place of what stood there."""
        if self._stream.isatty() and text != self._shown:
            self._shown = text
            self._stream.write(f"{_CLEAR}{_cut(one_line(text), _columns(self._stream))}")
            self._stream.flush()

    def clear(self) -> None:
        """Leave the line to others."""
        if self._shown:
            self._shown = ""
            self._stream.write(_CLEAR)
            self._stream.flush()


def _columns(stream: TextIO) -> int:
    try:
        # Some terminals do not know their size, and say 0.
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_COLUMNS
    except OSError:
        return _USUAL_COLUMNS


def _cut(text: str, columns: int) -> str:
    """As much of `text` as fits: what goes on in the next line could not be written over."""
    ends = accumulate(2 if east_asian_width(each) in "WF" else 1 for each in text)
    return text[: sum(end <= columns for end in ends)]
