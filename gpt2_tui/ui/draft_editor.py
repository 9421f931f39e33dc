"""The draft: a text editor that remembers whose words are whose."""

from collections import OrderedDict
from dataclasses import replace
from itertools import accumulate, pairwise

from rich.style import Style
from rich.text import Text
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult, Location

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
        # What was cut or copied last has its authors still where it is pasted.
        self._removed = self._copied = AuthoredText()
        self.cursor_blink = False
        self.move_cursor(self.document.end)
        self._wrap_if_bearable()

    def keep(self, kept: AuthoredText) -> None:
        """Put a continuation's text at the end of the draft."""
        end = self.document.end
        kept = _with_text(kept, _as_lines(kept.text))
        authored = _joined(self.authored, kept)
        self.history.checkpoint()
        self._remember(authored)
        self.insert(kept.text, end, maintain_selection_offset=False)
        self.history.checkpoint()
        self.move_cursor(self.document.end)
        self.scroll_cursor_visible()

    def become(self, whole: AuthoredText) -> None:
        """Put `whole` in place of the draft; one undo brings the draft back."""
        whole = _with_lines(whole)
        self.history.checkpoint()
        self._remember(whole)
        self.replace(whole.text, (0, 0), self.document.end)
        self.history.checkpoint()
        self.move_cursor(self.document.end)
        self.scroll_cursor_visible()

    def remember_copied(self, text: str, kept: AuthoredText) -> None:
        """Know `text`, copied from a pane and ending with what was `kept` there, once it is
        pasted."""
        before = AuthoredText.human(text[: len(text) - len(kept.text)])
        self._copied = _joined(before, _with_text(kept, text[len(before.text) :]))

    def edit(self, edit: Edit) -> EditResult:
        edit.text = _as_lines(edit.text)
        start, end = self._offset(edit.top), self._offset(edit.bottom)
        self._removed = _part(self.authored, start, end)
        # One letter is nobody's: it is more likely typed than pasted.
        is_paste = len(edit.text) > 1 and edit.text == self._copied.text
        new = self._copied if is_paste else AuthoredText.human(edit.text)
        edited = self.authored.replaced(start, end, new)
        result = super().edit(edit)
        self._follow(edited)
        return result

    def action_cut(self) -> None:
        before = self.authored
        super().action_cut()
        if self.authored is not before:
            self._copied = self._removed

    def action_copy(self) -> None:
        start, end = sorted(self._offset(place) for place in self.selection)
        if start < end:
            self._copied = _part(self.authored, start, end)
        super().action_copy()

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

    def _follow(self, edited: AuthoredText | None = None) -> None:
        """Take the text as it is now; `edited` is what one edit made of it."""
        text = self.text
        authored = self._remembered.get(text)
        if authored is None and edited is not None and edited.text == text:
            authored = edited
        if authored is None:
            authored = self.authored.edited_to(text)
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

    def _offset(self, place: Location) -> int:
        row, column = place
        return self._line_starts[min(row, len(self._line_starts) - 1)] + column

    def _wrap_if_bearable(self) -> None:
        """Wrapping one line of a megabyte takes seconds a key; such a line runs off the screen."""
        starts = self._line_starts
        longest = max((b - a for a, b in pairwise(starts)), default=0)
        longest = max(longest, len(self.authored.text) - starts[-1])
        bearable = longest <= _LONGEST_WRAPPED_LINE
        if self.soft_wrap != bearable:
            self.soft_wrap = bearable


def _joined(before: AuthoredText, after: AuthoredText) -> AuthoredText:
    end = len(before.text)
    return before.replaced(end, end, after)


def _part(whole: AuthoredText, start: int, end: int) -> AuthoredText:
    """The characters `start` to `end`; of a machine span that is not whole, an edited one."""
    return whole.replaced(end, len(whole.text), AuthoredText()).replaced(0, start, AuthoredText())


def _with_text(kept: AuthoredText, text: str) -> AuthoredText:
    """`kept` as the editor can hold it; where that is not what the model wrote, it is edited."""
    if text == kept.text:
        return kept
    return AuthoredText(text, (replace(kept.spans[0], end=len(text), origin=Origin.EDITED),))


def _with_lines(whole: AuthoredText) -> AuthoredText:
    """`whole` as the editor can hold it, each span for itself."""
    result = AuthoredText()
    for span in whole.spans:
        raw = whole.text[span.start : span.end]
        text = _as_lines(raw)
        changed = text != raw and span.origin is Origin.MACHINE
        origin = Origin.EDITED if changed else span.origin
        part = AuthoredText(text, (replace(span, start=0, end=len(text), origin=origin),))
        result = _joined(result, part)
    return result


def _as_lines(text: str) -> str:
    """`text` with newlines as the only ends of lines, and none of its characters lost."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.translate(_SHOWN_BREAKERS)


def _line_starts(text: str) -> list[int]:
    """Where each line of `text` begins, in characters."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]
