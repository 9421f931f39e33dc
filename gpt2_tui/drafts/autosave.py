"""The thread that saves a draft while it is written: neither a slow disk nor a stalled screen
holds up the other.

The screen hands over what changed and is never made to wait. Half a second later it is on the
disk: first in the history, then in the plain file.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui.drafts.changes import Changes
from gpt2_tui.drafts.opening import OpenDraft, stem_of_finished
from gpt2_tui.drafts.place import rename, take_sibling
from gpt2_tui.drafts.plain_file import Contents, FileChangedError, PlainFile
from gpt2_tui.drafts.realigning import realigned
from gpt2_tui.drafts.store import DamagedStoreError
from gpt2_tui.errors import StorageError
from gpt2_tui.labels.authorship import AuthoredText

_SECONDS_TO_GATHER = 0.4
_SECONDS_TO_RETRY = 2.0
_SECONDS_BETWEEN_LOOKS = 2.0


@dataclass(frozen=True)
class Saved:
    """All that was handed over is on the disk, in the file `path`. `note` is for the user."""

    path: Path
    note: str | None = None


@dataclass(frozen=True)
class NotSaved:
    """It could not be saved, for a reason that was not told yet. It is tried again."""

    reason: str


@dataclass(frozen=True)
class ChangedOutside:
    """Another program changed the file while all of the draft, `before`, was in it. `authored` is
    its new text with the authors that are known."""

    contents: Contents
    before: AuthoredText
    authored: AuthoredText


Report = Saved | NotSaved | ChangedOutside


class Autosave:
    """Saves one open draft. `tell` is called on the saving thread; all else is for the screen's."""

    def __init__(self, opened: OpenDraft, tell: Callable[[Report], None]) -> None:
        self._place = opened.place
        self._file = opened.file
        self._is_named = opened.is_named
        self._tell = tell
        # Should a history have to be begun anew, all of it is at hand.
        self._all = opened.draft.take_changes(everything=True)
        self._waiting: Changes | None = None
        self._not_stored: Changes | None = None
        self._is_saving = False
        self._has_begun = False
        self._closed = False
        self._has_left = False
        self._attempts = 0
        self._fault: StorageError | None = None
        self._change = threading.Condition()
        self._hurry = threading.Event()
        self._thread = threading.Thread(target=self._work, name="autosave", daemon=True)

    @property
    def path(self) -> Path:
        """The file that the draft goes into; it is another one once that had to be left alone."""
        return self._place.path

    @property
    def has_begun(self) -> bool:
        """Whether there was anything to save."""
        return self._has_begun

    @property
    def is_saved(self) -> bool:
        """Whether all that was handed over is on the disk."""
        return self._waiting is None and not self._is_saving

    def start(self) -> None:
        """Begin to save what is handed over, and to look whether the file changes."""
        self._thread.start()

    def hand_over(self, changes: Changes) -> None:
        """Have the changes saved soon; returns at once."""
        with self._change:
            self._has_begun = True
            self._closed = False
            self._wait_with(changes)
            self._change.notify_all()

    def take_over(self, change: ChangedOutside) -> bool:
        """Agree with what another program did to the file, unless there is more to save now."""
        with self._change:
            if self.is_saved:
                self._file.take_over(change.contents)
            return self.is_saved

    def flush(self, seconds: float, *, closed: bool = False) -> None:
        """Wait until all is on the disk; `closed` says that the desk is left in order.

        Raises StorageError if it cannot be saved, or not within `seconds`.
        """
        with self._change:
            before = self._attempts
            self._closed = closed
            self._hurry.set()
            done = self._change.wait_for(
                lambda: self.is_saved or (self._attempts > before and self._fault is not None),
                seconds,
            )
            if not done:
                raise StorageError(f"{self.path} is not saved: the disk does not answer")
            if not self.is_saved and self._fault is not None:
                raise self._fault

    def finish(self, text: str) -> Path:
        """After the last flush: give an unnamed draft's file a name from its `text`, and let others
        have it. The path of the file. Raises StorageError if it cannot be named."""
        if not self._is_named and text.strip():
            self._place.path = rename(self._place, stem_of_finished(text))
        self.leave()
        return self.path

    def leave(self) -> None:
        """Let others have it, as it is; nothing is saved or told from then on."""
        with self._change:
            self._has_left = True
            self._change.notify_all()
        self._place.leave()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            changes, closed = taken
            note: str | None = None
            fault: StorageError | None = None
            try:
                note = self._save(changes, closed)
            except StorageError as error:
                fault = error
            except Exception as error:  # noqa: BLE001 - a thread that ended would save nothing more
                fault = StorageError(f"cannot save the draft: {type(error).__name__}: {error}")
            report = Saved(self.path, note) if fault is None else NotSaved(str(fault))
            self._end_attempt(changes, fault, report)
            if fault is not None:
                self._hurry.wait(_SECONDS_TO_RETRY)

    def _take(self) -> tuple[Changes, bool] | None:
        """Wait until there is something to save, and a little for what follows it; None once the
        draft is left."""
        while True:
            with self._change:
                is_waiting = self._change.wait_for(
                    lambda: self._waiting is not None or self._has_left, _SECONDS_BETWEEN_LOOKS
                )
                if self._has_left:
                    return None
            if not is_waiting:
                self._look()
                continue
            self._hurry.wait(_SECONDS_TO_GATHER)
            with self._change:
                self._hurry.clear()
                if self._waiting is not None:
                    changes, self._waiting = self._waiting, None
                    self._is_saving = True
                    return changes, self._closed

    def _look(self) -> None:
        contents = self._file.look()
        if contents is not None:
            before = self._all.head.authored
            authored = realigned(before, contents.text)
            self._tell(ChangedOutside(contents, before, authored))

    def _end_attempt(self, changes: Changes, fault: StorageError | None, report: Report) -> None:
        with self._change:
            is_news = fault is None or str(fault) != str(self._fault)
            self._attempts += 1
            self._is_saving = False
            self._fault = fault
            if fault is not None:
                later, self._waiting = self._waiting, changes
                if later is not None:
                    self._wait_with(later)
            self._change.notify_all()
        if is_news:
            self._tell(report)

    def _wait_with(self, changes: Changes) -> None:
        waiting = self._waiting
        self._waiting = changes if waiting is None else waiting.followed_by(changes)

    def _save(self, changes: Changes, closed: bool) -> str | None:
        """Save into history and file, and say what the user should know. Raises StorageError when
        either did not take it; the other has it then."""
        self._all = self._all.followed_by(changes)
        fault = note = None
        try:
            note = self._store(changes, closed)
        except StorageError as error:
            fault = error
        text = changes.head.authored.text
        try:
            self._file.write(text)
        except FileChangedError as change:
            self._move_to_sibling()
            self._store(changes, closed)
            self._file.write(text)
            note = f"{change}; your draft goes on in {self.path.name}"
        if fault is not None:
            raise fault
        return note

    def _store(self, changes: Changes, closed: bool) -> str | None:
        store = self._place.store
        if store is None:
            return None
        pending = changes if self._not_stored is None else self._not_stored.followed_by(changes)
        self._not_stored = pending
        note = None
        digest = self._file.digest_with(changes.head.authored.text)
        for is_last in (False, True):
            if not store.path.exists():
                store.close()
                pending = self._all
            try:
                store.write(pending, self.path, digest, self._file.digest, closed=closed)
                break
            except DamagedStoreError:
                if is_last:
                    raise
                aside = store.set_aside()
                note = f"the history was damaged; it is written anew, the old one is {aside}"
        self._not_stored = None
        return note

    def _move_to_sibling(self) -> None:
        place = take_sibling(self.path)
        self._place.leave()
        self._place, self._file = place, PlainFile(place.path, self._file.form, None)
