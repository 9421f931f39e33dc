"""The draft: a text editor that remembers whose words are whose."""

from collections import OrderedDict
from dataclasses import replace
from itertools import accumulate, pairwise

from rich.style import Style
from rich.text import Text
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from gpt2_tui.labels.authorship import AuthoredText, Origin
from gpt2_tui.text.visible import visible

_REMEMBERED_CHARACTERS = 8_000_000
_LONGEST_WRAPPED_LINE = 20_000

# Not by colour alone: a screen without colour, and an eye without it, must see the difference.
_STYLES = {
    Origin.MACHINE: Style(italic=True, underline=True),
    Origin.EDITED: Style(italic=True, underline2=True),
}


_PLACEHOLDER = (
    "Write an opening here and press Ctrl+G: the model goes on from its end.\n"
    "With nothing written, it begins by itself."
)

# TextArea takes each of these for the end of a line and writes a newline in its place.
_LINE_BREAKERS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_SHOWN_BREAKERS = str.maketrans({character: visible(character) for character in _LINE_BREAKERS})


class DraftEditor(TextArea):
    """A TextArea over an AuthoredText, `authored`, that every edit keeps up to date."""

    def __init__(self, text: str) -> None:
        text = _as_lines(text)
        super().__init__(text, id="draft", soft_wrap=True, placeholder=_PLACEHOLDER)
        self.authored = AuthoredText.human(text)
        self._line_starts = _line_starts(text)
        # What the text was before: undo and redo go back to a text, and to its authors with it.
        self._remembered: OrderedDict[str, AuthoredText] = OrderedDict()
        self.cursor_blink = False
        self.move_cursor(self.document.end)
        self._wrap_if_bearable()

    def keep(self, kept: AuthoredText) -> None:
        """Put a continuation's text at the end of the draft."""
        end = self.document.end
        before = self.authored
        if (text := _as_lines(kept.text)) != kept.text:
            spans = tuple(replace(span, origin=Origin.EDITED) for span in kept.spans)
            kept = AuthoredText(text, spans)
        authored = before.replaced(len(before.text), len(before.text), kept)
        self.history.checkpoint()
        self._remember(authored)
        self.insert(kept.text, end, maintain_selection_offset=False)
        self.history.checkpoint()
        self.move_cursor(self.document.end)
        self.scroll_cursor_visible()

    def edit(self, edit: Edit) -> EditResult:
        edit.text = _as_lines(edit.text)
        result = super().edit(edit)
        self._follow()
        return result

    def undo(self) -> None:
        super().undo()
        self._follow()

    def redo(self) -> None:
        super().redo()
        self._follow()

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn: control characters visible, machine text styled."""
        raw = self.document.get_line(line_index)
        line = Text(visible(raw), end="", no_wrap=True)
        start = self._line_starts[line_index] if line_index < len(self._line_starts) else 0
        for span in self.authored.spans:
            style = _STYLES.get(span.origin)
            if style is not None and span.start < start + len(raw) and span.end > start:
                line.stylize(style, max(span.start - start, 0), span.end - start)
        return line

    def _follow(self) -> None:
        text = self.text
        known = self._remembered.get(text)
        authored = known if known is not None else self.authored.edited_to(text)
        self._remember(self.authored)
        self._remember(authored)
        self.authored = authored
        self._line_starts = _line_starts(text)
        self._wrap_if_bearable()

    def _remember(self, authored: AuthoredText) -> None:
        if not authored.spans:
            return
        self._remembered[authored.text] = authored
        self._remembered.move_to_end(authored.text)
        total = sum(len(text) for text in self._remembered)
        while total > _REMEMBERED_CHARACTERS and len(self._remembered) > 1:
            oldest, _ = self._remembered.popitem(last=False)
            total -= len(oldest)

    def _wrap_if_bearable(self) -> None:
        """Wrapping one line of a megabyte takes seconds a key; such a line runs off the screen."""
        starts = self._line_starts
        longest = max((b - a for a, b in pairwise(starts)), default=0)
        longest = max(longest, len(self.authored.text) - starts[-1])
        bearable = longest <= _LONGEST_WRAPPED_LINE
        if self.soft_wrap != bearable:
            self.soft_wrap = bearable


def _as_lines(text: str) -> str:
    """`text` with newlines as the only ends of lines, and none of its characters lost."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.translate(_SHOWN_BREAKERS)


def _line_starts(text: str) -> list[int]:
    """Where each line of `text` begins, in characters."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]
