"""The draft that the desk has open, and its saving. No widget is touched here."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from gpt2_tui.drafts.autosave import Autosave, ChangedOutside, Report
from gpt2_tui.drafts.opening import OpenDraft
from gpt2_tui.drafts.tree import Kind
from gpt2_tui.errors import StorageError
from gpt2_tui.ui import keeping, messages

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation

_SECONDS_TO_SAVE = 5.0
_UNNAMED = "draft"


class Document:
    """Whatever changes `draft` must be followed by `changed`, on the screen's thread."""

    def __init__(self, opened: OpenDraft, post: Callable[[Message], object]) -> None:
        self._post = post
        self._open(opened)

    def _open(self, opened: OpenDraft) -> None:
        self.draft = opened.draft
        self.notes = opened.notes
        self.settings = opened.settings
        self._is_named = opened.is_named
        self._autosave = Autosave(opened, self._tell)
        self._is_given_up = False
        if opened.is_unsaved:
            self.changed()

    @property
    def path(self) -> Path:
        """The file that the draft is saved in."""
        return self._autosave.path

    @property
    def title(self) -> str:
        """The name of its file, with a mark while that is behind."""
        name = self._autosave.path.name if self._is_named else _UNNAMED
        return name if self._autosave.is_saved else f"{name} ●"

    def changed(self) -> None:
        """Have all that changed saved soon."""
        self._autosave.hand_over(self.draft.take_changes())

    def start_saving(self) -> None:
        self._autosave.start()

    def take_over(self, change: ChangedOutside) -> bool:
        """Take over the text that another program wrote; not if there is newer text here."""
        if self.draft.authored != change.before or not self._autosave.take_over(change):
            return False
        self.draft.become(change.authored, Kind.OUTSIDE)
        self.changed()
        return True

    def begin_generation(self) -> int:
        """Note that something will be written here; the number of the node."""
        node = self.draft.begin_generation()
        self.changed()
        return node

    def add_continuation(self, node: int, continuation: "Continuation") -> None:
        self.draft.add_continuation(node, continuation)
        self.changed()

    def save_labeled(self, *, signed: bool) -> Callable[[], str]:
        """What saves the draft, and a labeled copy if a part of it is synthetic, on any thread."""
        self.changed()
        authored = self.draft.authored

        def save() -> str:
            self._autosave.flush(_SECONDS_TO_SAVE)
            said = f"The draft is saved: {self._autosave.path}"
            if authored.synthetic_share == 0:
                return said
            return f"{said}. {keeping.save_labeled_draft(authored, signed=signed)}"

        return save

    def give_up(self) -> None:
        """Leave next time even if it cannot be saved, unless it can be meanwhile."""
        self._is_given_up = True

    def saved(self) -> None:
        """It can be saved, after all."""
        self._is_given_up = False

    def leave(self) -> str | None:
        """Save what is not saved; what to say of it. Raises StorageError unless it was given up."""
        try:
            return self._close()
        except StorageError as error:
            if not self._is_given_up:
                raise
            self._autosave.leave()
            return str(error) if self._autosave.is_saved else f"the draft was not saved: {error}"

    def _close(self) -> str | None:
        authored = self.draft.authored
        if not self._autosave.has_begun:
            self._autosave.leave()
            return None
        self.changed()
        self._autosave.flush(_SECONDS_TO_SAVE, closed=True)
        path = self._autosave.finish(authored.text)
        if not authored.text.strip():
            return None
        share = authored.synthetic_percent
        labeled = f"; {share} % of it is synthetic" if share else ""
        return f"The draft is saved: {path}{labeled}"

    def change_to(self, opened: OpenDraft) -> str | None:
        """Leave the draft for another one; what to say of it. Raises StorageError if it cannot be
        saved; then it stays open."""
        try:
            farewell = self._close()
        except StorageError:
            opened.place.leave()
            raise
        self._open(opened)
        return farewell

    def _tell(self, report: Report) -> None:
        self._post(messages.DraftSaving(report))
