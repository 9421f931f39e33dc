"""One line on a terminal that says what is going on."""

from typing import TextIO

from gpt2_tui.text.visible import one_line

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
            self._stream.write(f"{_CLEAR}{one_line(text)}")
            self._stream.flush()

    def clear(self) -> None:
        """Leave the line to others."""
        if self._shown:
            self._shown = ""
            self._stream.write(_CLEAR)
            self._stream.flush()
