"""Text that grows at its end, drawn row by row.

A `Static` lays out and draws all its text again with every piece. Here a piece breaks only the last
row anew, and rows that were drawn are kept. To tell the scrollbar how much text there is lays the
whole screen out anew, so that waits until somebody scrolls or the text has ended.
"""

import math
import time
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from gpt2_tui.text.visible import visible
from gpt2_tui.ui.wrapping import row_starts

_TAB = "    "
_END_OF_FAINT = "▸"


@dataclass(frozen=True)
class _Row:
    """The characters `start` to `end` of line number `line`."""

    line: int
    start: int
    end: int


_SECONDS_BETWEEN_LAYOUTS = 1.0


class StreamedText(ScrollView, can_focus=False):
    """Shows the end of the text, unless somebody scrolls back to read."""

    # Room for the scrollbar is always kept: when it comes, no row is broken anew.
    DEFAULT_CSS = """
    StreamedText {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines = [""]
        self._rows = [_Row(0, 0, 0)]
        self._strips: dict[int, Strip] = {}
        self._wrapped_at = 0
        self._faint_to = (0, 0)
        self._follows = True
        self._laid_out = -math.inf
        self._drawn_from = 0

    @property
    def text(self) -> str:
        """All that is shown, in whole lines."""
        return "\n".join(self._lines)

    def show(self, text: str, faint: int) -> None:
        """Show `text` in place of all that was there; its first `faint` characters faintly, with a
        mark behind them that is seen without colour too."""
        self._lines, self._rows = [""], [_Row(0, 0, 0)]
        self._strips.clear()
        self._faint_to = (0, 0)
        if faint:
            self.append(text[:faint])
            self._faint_to = (len(self._lines) - 1, len(self._lines[-1]))
            self.append(_END_OF_FAINT)
        self.append(text[faint:])
        self.refresh()
        self.settle()

    def append(self, text: str) -> None:
        """Show more text: any text, whose control codes are shown as stand-ins."""
        if not text:
            return
        first, *more = visible(text).replace("\t", _TAB).split("\n")
        changed = len(self._rows) - 1
        self._lines[-1] += first
        self._break_last_line(self._rows.pop())
        for line in more:
            self._lines.append(line)
            self._break_last_line(_Row(len(self._lines) - 1, 0, 0))
        self._redraw(changed)

    def _break_last_line(self, row: _Row) -> None:
        """Put the rows of the last line, from where `row` begins, behind all others."""
        text = self._lines[row.line]
        width = max(self._wrapped_at, 1)
        starts = [row.start + start for start in row_starts(text[row.start :], width)]
        ends = [*starts[1:], len(text)]
        self._rows += [_Row(row.line, *ends) for ends in zip(starts, ends, strict=True)]

    def _redraw(self, changed: int) -> None:
        """Draw the rows from number `changed` on."""
        for number in range(changed, len(self._rows)):
            self._strips.pop(number, None)
        if self._drawn_from != self._top:
            self.refresh()
        else:
            count = len(self._rows) - changed
            self.refresh(Region(0, changed - self._top, self.size.width, count))
        late = time.monotonic() - self._laid_out > _SECONDS_BETWEEN_LAYOUTS
        if late and not self._follows:
            self.settle()

    def settle(self, *, at_once: bool = False) -> None:
        """Let the scrollbar know how much text there is; `at_once` for who scrolls from there."""
        self._laid_out = time.monotonic()
        if len(self._rows) != self.virtual_size.height:
            follows = self._follows
            self.virtual_size = Size(self._wrapped_at, len(self._rows))
            if follows:
                self.scroll_end(animate=False, x_axis=False, immediate=at_once, force=at_once)

    @property
    def _top(self) -> int:
        """The number of the row at the top."""
        if self._follows:
            return max(len(self._rows) - self.size.height, 0)
        return self.scroll_offset.y

    def on_resize(self, _event: events.Resize) -> None:
        width = self.scrollable_content_region.width
        if width == self._wrapped_at:
            return
        self._wrapped_at = width
        self._rows = []
        self._strips.clear()
        for line in range(len(self._lines)):
            self._break_last_line(_Row(line, 0, 0))
        self._redraw(0)
        self.settle()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Who scrolls back to read is left there, until they are at the end again."""
        super().watch_scroll_y(old_value, new_value)
        if new_value >= self.max_scroll_y:
            self._follows = True
        elif new_value < old_value:
            self._follows = False

    def render_line(self, y: int) -> Strip:
        """The row that is `y` rows below the top."""
        if y == 0:
            self._drawn_from = self._top
        number = self._top + y
        style = self.rich_style
        if number >= len(self._rows):
            return Strip.blank(self.size.width, style)
        if self.text_selection is not None:
            return self._strip(self._rows[number], style)
        if number not in self._strips:
            self._strips[number] = self._strip(self._rows[number], style)
        return self._strips[number]

    def _strip(self, row: _Row, style: Style) -> Strip:
        text = self._lines[row.line][row.start : row.end].rstrip()
        line, column = self._faint_to
        faint = len(text) if row.line < line else column - row.start if row.line == line else 0
        faint = min(max(faint, 0), len(text))
        parts = [Segment(text[:faint], style + Style(dim=True)), Segment(text[faint:], style)]
        selected = None if self.text_selection is None else self.text_selection.get_span(row.line)
        if selected is not None:
            start = min(max(selected[0] - row.start, 0), len(text))
            end = (
                len(text) if selected[1] == -1 else min(max(selected[1] - row.start, 0), len(text))
            )
            marked = style + self.screen.get_component_rich_style("screen--selection")
            parts = [
                Segment(text[:start], style),
                Segment(text[start:end], marked),
                Segment(text[end:], style),
            ]
        strip = Strip(part for part in parts if part.text)
        return strip.extend_cell_length(self.size.width, style).apply_offsets(row.start, row.line)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002
        self._strips.clear()
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, as it was written and not as it is broken into rows."""
        return selection.extract(self.text), "\n"

    def on_mouse_scroll_up(self) -> None:
        self.settle(at_once=True)

    def scroll_rows(self, rows: int) -> None:
        self.settle(at_once=True)
        # By force, since the scrollbar comes only with the next layout.
        self.scroll_relative(y=rows, animate=False, force=True)

    def scroll_pages(self, pages: int) -> None:
        self.settle(at_once=True)
        self.scroll_relative(y=pages * self.size.height, animate=False, force=True)
