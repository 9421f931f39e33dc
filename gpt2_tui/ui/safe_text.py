"""Text from a model, a file or a user on its way to the screen: never markup, never control codes.

Two layers hold. What is shown goes through `content`, which replaces what would act on a terminal
by stand-ins and takes no markup. And the app runs every line that it draws through
`ControlCodeFilter`, for text that reached the screen by another way.
"""

from rich.segment import Segment as RichSegment
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter

from gpt2_tui.text.visible import STAND_INS, one_line, visible

_NOTHING_ACTS = dict.fromkeys([*STAND_INS, ord("\n"), ord("\t")])


def content(text: str) -> Content:
    """`text` as plain content, several lines."""
    return Content(visible(text))


def line_content(text: str) -> Content:
    """`text` as plain content of one line."""
    return Content(one_line(text))


class ControlCodeFilter(LineFilter):
    """Deletes from every drawn line whatever would act on the terminal."""

    def apply(self, segments: list[RichSegment], background: Color) -> list[RichSegment]:  # noqa: ARG002
        return [
            segment
            if segment.control or segment.text.isprintable()
            else RichSegment(segment.text.translate(_NOTHING_ACTS), segment.style)
            for segment in segments
        ]
