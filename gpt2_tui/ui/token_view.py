"""A text as its tokens: running text in which each token can be styled, pointed at and clicked."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gpt2_tui.text.visible import one_line

_BOUNDARY = "│"
_NO_CHARACTER = "◌"
_JOINER = "\u200d"
"""It would draw the next token into the one that it ends."""
_LINE_END = one_line("\n")

Classes = Callable[[int], Sequence[str]]
"""The component classes that style the token of a number: one at least; the first gives the
background."""


@dataclass
class _Line:
    """One row: (token, text) from left to right; a token of None is no token of the text."""

    parts: list[tuple[int | None, str]] = field(default_factory=list)
    width: int = 0

    def add(self, token: int | None, text: str) -> None:
        self.parts.append((token, text))
        self.width += cell_len(text)


class TokenView(ScrollView, can_focus=True):
    """Shows `pieces`, one a token, with a cursor on one of them. Each is drawn as `classes_of` says
    at that time; who changes what that says calls `refresh`.

    Words are kept whole where they fit. A line end is drawn as a sign at the end of its row, a
    token that completes no character as a dotted circle.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "token--cursor",
        "token--beside",
        "token--impossible",
        "token--plain",
        "token--class-0",
        "token--class-1",
        "token--class-2",
        "token--class-3",
        "token--class-4",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Back", show=False),
        Binding("right", "move(1)", "On", show=False),
        Binding("up", "move_row(-1)", "Up", show=False),
        Binding("down", "move_row(1)", "Down", show=False),
        Binding("pageup", "move_page(-1)", "Page up", show=False),
        Binding("pagedown", "move_page(1)", "Page down", show=False),
        Binding("home", "go_to(0)", "First", show=False),
        Binding("end", "go_to(-1)", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]

    cursor: reactive[int] = reactive(0)
    boundaries: reactive[bool] = reactive(False)

    @dataclass
    class Moved(Message):
        """The cursor is on another token."""

        token: int

    @dataclass
    class Chosen(Message):
        """Enter was pressed, or the token under the cursor was clicked."""

        token: int

    def __init__(self, classes_of: Classes) -> None:
        super().__init__()
        self._classes_of = classes_of
        self._pieces: tuple[str, ...] = ()
        self._before = ""
        self._dividers: dict[int, str] = {}
        self._lines: list[_Line] = []
        self._rows: dict[int, int] = {}

    def show(
        self, pieces: Sequence[str], before: str = "", dividers: dict[int, str] | None = None
    ) -> None:
        """Show `pieces` after the text `before`, which belongs to no token; `dividers` are lines
        of their own before the token that they are filed under."""
        self._pieces, self._before, self._dividers = tuple(pieces), before, dividers or {}
        self._lay_out()

    @property
    def count(self) -> int:
        return len(self._pieces)

    def go_to(self, token: int) -> None:
        """Put the cursor on `token`, and bring it into sight."""
        self.cursor = token
        row = self._rows.get(token, 0)
        self.scroll_to_region(Region(0, row, 1, 1), animate=False)

    def validate_cursor(self, cursor: int) -> int:
        return min(max(cursor, 0), max(self.count - 1, 0))

    def watch_cursor(self, cursor: int) -> None:
        self.refresh()
        self.post_message(self.Moved(cursor))

    def watch_boundaries(self) -> None:
        self._lay_out()

    def on_resize(self, _event: events.Resize) -> None:
        self._lay_out()

    # Moving

    def action_move(self, tokens: int) -> None:
        self.go_to(self.cursor + tokens)

    def action_go_to(self, token: int) -> None:
        self.go_to(token if token >= 0 else self.count + token)

    def action_move_page(self, pages: int) -> None:
        self.action_move_row(pages * max(self.size.height - 1, 1))

    def action_move_row(self, rows: int) -> None:
        """To the token above or below, or as far as there is one."""
        if not self.count:
            return
        here = self._rows[self.cursor]
        column = self._column(here, self.cursor)
        step = 1 if rows > 0 else -1
        target = min(max(here + rows, 0), len(self._lines) - 1)
        while 0 <= target < len(self._lines):
            found = self._token_at(target, column)
            if found is not None:
                self.go_to(found)
                return
            target += step

    def action_choose(self) -> None:
        if self.count:
            self.post_message(self.Chosen(self.cursor))

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None:
            return
        row = place.y + self.scroll_offset.y
        if row < len(self._lines):
            token = self._token_at(row, place.x, exactly=True)
            if token is not None:
                again = token == self.cursor
                self.go_to(token)
                if again:
                    self.action_choose()

    def _column(self, row: int, token: int) -> int:
        column = 0
        for part, text in self._lines[row].parts:
            if part == token:
                break
            column += cell_len(text)
        return column

    def _token_at(self, row: int, column: int, *, exactly: bool = False) -> int | None:
        """The token of a row that is drawn at `column`, or, unless `exactly`, the last before."""
        left = 0
        found = None
        for part, text in self._lines[row].parts:
            left += cell_len(text)
            found = part if part is not None else found
            if column < left:
                return part if exactly else found
        return None if exactly else found

    # Drawing

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width < 1:
            return
        self._lines = _lines(
            self._before, [self._shown(piece) for piece in self._pieces], self._dividers, width
        )
        self._rows = {}
        for row, line in enumerate(self._lines):
            for token, _ in line.parts:
                if token is not None:
                    self._rows.setdefault(token, row)
        self.virtual_size = Size(width, len(self._lines))
        self.cursor = self.validate_cursor(self.cursor)
        self.refresh()

    def _shown(self, piece: str) -> str:
        text = one_line(piece).rstrip(_JOINER)
        if cell_len(text) == 0:
            text = _NO_CHARACTER + text
        return text + _BOUNDARY if self.boundaries else text

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        row = y + self.scroll_offset.y
        base = self.rich_style
        if row >= len(self._lines):
            return Strip.blank(width, base)
        segments = [Segment(text, self._style_of(token)) for token, text in self._lines[row].parts]
        return Strip(segments).adjust_cell_length(width, base)

    def _style_of(self, token: int | None) -> Style:
        first, *others = ["token--beside"] if token is None else self._classes_of(token)
        if token is not None and token == self.cursor:
            others.append("token--cursor")
        return Style.combine(
            [
                self.get_component_rich_style(first),
                *(self.get_component_rich_style(name, partial=True) for name in others),
            ]
        )


class _Layout:
    """Puts words into rows of at most `width` columns; a word that fits into one row is in one."""

    def __init__(self, width: int) -> None:
        self.lines = [_Line()]
        self._width = width
        self._word: list[tuple[int | None, str]] = []

    def add(self, token: int | None, text: str) -> None:
        """Add a token's text; one that begins with a space begins a word.

        One that a terminal would join with the token before, as the halves of a flag, is set apart.
        """
        if token is not None and self._would_join(text):
            text = _NO_CHARACTER + text
        if text[:1] in (" ", _LINE_END):
            self.end_word()
        self._word.append((token, text))
        if _LINE_END in text:
            self.end_word()
            self._new_line()

    def _would_join(self, text: str) -> bool:
        parts = self._word or self.lines[-1].parts
        if not parts:
            return False
        before = parts[-1][1]
        return cell_len(before + text) != cell_len(before) + cell_len(text)

    def divide(self, text: str) -> None:
        """Put `text` on a row of its own."""
        self.end_word()
        if self.lines[-1].width:
            self._new_line()
        self._put(None, text)
        self._new_line()

    def end_word(self) -> None:
        """Put the word that was begun."""
        size = sum(cell_len(text) for _, text in self._word)
        left = self._width - self.lines[-1].width
        if left < size <= self._width:
            self._new_line()
        for token, text in self._word:
            self._put(token, text)
        self._word = []

    def _put(self, token: int | None, text: str) -> None:
        for part in chop_cells(text, self._width):
            if self.lines[-1].width and self.lines[-1].width + cell_len(part) > self._width:
                self._new_line()
            self.lines[-1].add(token, part)

    def _new_line(self) -> None:
        self.lines.append(_Line())


def _lines(before: str, pieces: Sequence[str], dividers: dict[int, str], width: int) -> list[_Line]:
    """The rows of the text `before` and of the pieces, with the dividers between them."""
    layout = _Layout(width)
    for word in _words(before):
        layout.add(None, word)
    for token, text in enumerate(pieces):
        if token in dividers:
            layout.divide(one_line(dividers[token]))
        layout.add(token, text)
    layout.end_word()
    return layout.lines


def _words(text: str) -> list[str]:
    """Cut before each space and behind each line end."""
    return re.findall(f"[^{_LINE_END}]?[^ {_LINE_END}]*{_LINE_END}?", one_line(text))
