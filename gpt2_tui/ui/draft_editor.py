"""The draft on the screen: a text editor that shows whose words are whose."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events, on
from textual.document._history import EditHistory
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult, Location

from gpt2_tui.drafts.draft import Draft
from gpt2_tui.labels.authorship import AuthoredText, Origin, common_ends
from gpt2_tui.text.lines import as_lines, line_starts
from gpt2_tui.ui.authored_text import joined, styled
from gpt2_tui.ui.keys import key_name
from gpt2_tui.ui.messages import GhostWritten
from gpt2_tui.ui.settling import settle

if TYPE_CHECKING:
    from gpt2_tui.ui.ghost import Ghost

_LONGEST_WRAPPED_LINE = 20_000

_PLACEHOLDER = (
    "Write an opening here and press {generate}: the model goes on from its end.\n"
    "With nothing written, it begins by itself."
)


class _Checkpoints(EditHistory):
    """In place of TextArea's own history, which is short and forgets: the draft has the real one,
    and needs to know only where one edit ends and the next begins."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(max_checkpoints=0, checkpoint_timer=0, checkpoint_max_characters=0)
        self._draft = draft

    def record(self, edit: Edit) -> None:
        pass

    def checkpoint(self) -> None:
        self._draft.seal()


class DraftEditor(TextArea):
    """A TextArea over a Draft, to which every edit is done too; `on_change` is called at once
    after each, before anything is drawn."""

    class Shown(Message):
        """The draft was changed by another way than an edit."""

    def __init__(self, draft: Draft, on_change: Callable[[], None]) -> None:
        text = draft.authored.text
        super().__init__(text, id="draft", soft_wrap=True)
        self.draft = draft
        self.history = _Checkpoints(draft)
        self.ghost: Ghost | None = None
        self._on_change = on_change
        self._line_starts = line_starts(text)
        # What was cut or copied last has its authors still where it is pasted.
        self._removed = self._copied = AuthoredText()
        self.cursor_blink = False
        self.move_cursor(self._place(draft.cursor))
        self._wrap_if_bearable()

    def on_mount(self) -> None:
        self.show_keys()

    def open(self, draft: Draft) -> None:
        """Show another draft from now on."""
        self.drop_ghost()
        text = draft.authored.text
        self.draft = draft
        self.history = _Checkpoints(draft)
        self._line_starts = line_starts(text)
        self.load_text(text)
        self.move_cursor(self._place(draft.cursor))
        self._wrap_if_bearable()

    async def settle(self) -> None:
        """Wait until the keys pressed so far are in the draft: a key of the desk overtakes them."""
        await settle(self)

    def show_keys(self) -> None:
        """Name the keys as they are now."""
        self.placeholder = _PLACEHOLDER.format(generate=key_name(self, "generate"))

    @property
    def authored(self) -> AuthoredText:
        return self.draft.authored

    @property
    def cursor(self) -> int:
        """The cursor as a number of characters."""
        return self._offset(self.cursor_location)

    @property
    def before_cursor(self) -> AuthoredText:
        """What a generation at the cursor goes on from."""
        return self.authored.part(0, self.cursor)

    def keep(self, kept: AuthoredText, at: int) -> None:
        """Put what is kept of a continuation at a place of the draft."""
        self.draft.keep(_with_lines(kept), at)
        self.show_draft()

    def show_draft(self) -> None:
        """Show the draft as it is, after it was changed by another way than an edit here."""
        old, new = self.text, self.authored.text
        start, tail = common_ends(old, new)
        edit = Edit(
            new[start : len(new) - tail],
            self._place(start),
            self._place(len(old) - tail),
            maintain_selection_offset=False,
        )
        self._line_starts = line_starts(new)
        # Where only authors changed it is an empty edit, which draws all lines anew.
        super().edit(edit)
        self._changed()
        self.move_cursor(self._place(self.draft.cursor))
        self.scroll_cursor_visible()
        self.post_message(self.Shown())

    def become(self, before: AuthoredText, after: AuthoredText) -> None:
        """Put these in place of the draft, the cursor between them; one undo brings it back."""
        before = _with_lines(before)
        self.draft.become(joined(before, _with_lines(after)))
        self.draft.cursor = len(before.text)
        self.show_draft()

    def note_cursor(self) -> None:
        """Tell the draft where the cursor is."""
        self.draft.cursor = self.cursor

    def remember_copied(self, text: str, kept: AuthoredText) -> None:
        """Know `text`, copied from a pane and ending with what was `kept` there, once it is
        pasted."""
        before = AuthoredText.human(text[: len(text) - len(kept.text)])
        self._copied = joined(before, _with_text(kept, text[len(before.text) :]))

    def drop_ghost(self) -> None:
        """Offer nothing for now."""
        if self.ghost is not None:
            self.ghost.drop()

    @on(TextArea.Changed)
    def _typed(self) -> None:
        if self.ghost is not None:
            self.ghost.typed()

    @on(TextArea.SelectionChanged)
    def _moved(self) -> None:
        if self.ghost is not None:
            self.ghost.moved()

    @on(GhostWritten)
    def _ghost_written(self, message: GhostWritten) -> None:
        if self.ghost is not None:
            self.ghost.show(message)

    async def on_key(self, event: events.Key) -> None:
        """Where there is ghost text, a key takes it or drops it.

        Textual would hand a key like Backspace on to the app, and letters that were typed after it
        would be there first; so the editor's own keys are done here.
        """
        if self.ghost is not None and self.ghost.take_with(event.key):
            event.stop()
            event.prevent_default()
        elif not event.is_printable:
            active = self.screen.active_bindings.get(event.key)
            if active is not None and active.node is self:
                event.stop()
                event.prevent_default()
                await self.run_action(active.binding.action)

    def edit(self, edit: Edit) -> EditResult:
        edit.text = as_lines(edit.text)
        start, end = self._offset(edit.top), self._offset(edit.bottom)
        self._removed = _part(self.authored, start, end)
        # One letter is nobody's: it is more likely typed than pasted.
        is_paste = len(edit.text) > 1 and edit.text == self._copied.text
        new = self._copied if is_paste else AuthoredText.human(edit.text)
        self.draft.replace(start, end, new)
        self._line_starts = line_starts(self.authored.text)
        result = super().edit(edit)
        self._changed()
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
        if self.draft.undo():
            self.show_draft()

    def redo(self) -> None:
        if self.draft.redo():
            self.show_draft()

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn: control characters visible, machine text styled."""
        start = self._line_starts[line_index] if line_index < len(self._line_starts) else 0
        length = len(self.document.get_line(line_index))
        line = styled(self.authored.part(start, start + length))
        line.no_wrap = True
        return line

    def _changed(self) -> None:
        self._on_change()
        self._wrap_if_bearable()

    def _place(self, offset: int) -> Location:
        row = bisect_right(self._line_starts, offset) - 1
        return row, offset - self._line_starts[row]

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
        text = as_lines(raw)
        changed = text != raw and span.origin is Origin.MACHINE
        origin = Origin.EDITED if changed else span.origin
        part = AuthoredText(text, (replace(span, start=0, end=len(text), origin=origin),))
        result = joined(result, part)
    return result
