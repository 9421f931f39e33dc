"""Opening a draft: the plain file and its history are brought together, and what was found is told.

The plain file is the truth. Its history knows whose words are whose and, if the desk was killed
between the two, words that had not reached the file yet.
"""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gpt2_tui import locations, storage
from gpt2_tui.drafts.draft import Draft
from gpt2_tui.drafts.place import (
    Place,
    adopt_moved,
    find_same,
    has_history,
    real_path,
    take_free_place,
    take_place,
    take_sibling,
)
from gpt2_tui.drafts.plain_file import Contents, Form, PlainFile, is_protected, read_contents
from gpt2_tui.drafts.realigning import realigned
from gpt2_tui.drafts.store import DamagedStoreError, Store
from gpt2_tui.drafts.tree import Kind
from gpt2_tui.errors import PromptError, StorageError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.text.lines import as_lines

if TYPE_CHECKING:
    from gpt2_tui.labels.found import Found
    from gpt2_tui.settings import Settings

_NAMED, _UNNAMED = "draft", "untitled"
_UNNAMED_SUFFIX = ".txt"
_UNNAMED_STEM = re.compile(rf"{_UNNAMED}(-[0-9]+)?")
_SIGN_OF_A_LABEL = "gpt2-tui"
_NOT_CLOSED = "The desk was not closed last time; the draft is as it was at {}"
_NO_HISTORY = "the desk keeps no history of this"
_AUTHORS_UNKNOWN = "Whose words are whose cannot be told: all of it counts as yours now"
_BEHIND = "{} was behind: the desk was not closed last time. The draft is restored as it was at {}"


@dataclass
class OpenDraft:
    """A draft and where it is kept. `notes` are what the user should know of how it was opened;
    `is_unsaved` says that the file or the history is behind the draft; `settings` are those that
    a label names."""

    draft: Draft
    place: Place
    file: PlainFile
    is_named: bool
    notes: list[str] = field(default_factory=list)
    is_unsaved: bool = False
    settings: "Settings | None" = None


def open_file(path: Path) -> OpenDraft:
    """The draft in the file `path`, which need not be there yet. Raises PromptError.

    A labeled file is left as it is: what it holds becomes a new draft, unless it is one that the
    desk keeps the history of.
    """
    path = real_path(path)
    if not path.parent.is_dir():
        raise PromptError(f"there is no folder {path.parent}")
    contents = read_contents(path)
    place = take_place(path)
    if place is None:
        return _copy(path, contents, [], f"{path.name} is open in another desk")
    notes = []
    if contents is not None and _SIGN_OF_A_LABEL in contents.text and not _has_history(place):
        labeled, fault = _from_label(path)
        if labeled is not None:
            place.leave()
            return labeled
        notes += [] if fault is None else [fault]
    if contents is not None and contents.form is None:
        place.leave()
        return _copy(path, contents, notes, f"{path.name} has characters that the desk cannot keep")
    if contents is not None and is_protected(path):
        place.leave()
        return _copy(path, contents, notes, f"{path.name} may not be written")
    opened = _brought_together(place, contents, notes, is_named=True)
    if contents is None and not opened.notes:
        opened.notes.append(f"{path.name} is new; it is made with your first words")
    return opened


def open_labeled(found: "Found", name: str) -> OpenDraft | None:
    """A new draft of a labeled text, with its authors and settings; `name` says where it stands.
    None if the label is damaged."""
    from gpt2_tui.labels.restoring import restore
    from gpt2_tui.labels.verdict import Verdict

    restored = restore(found)
    if restored is None:
        return None
    place = take_free_place(locations.drafts_folder(), _UNNAMED, _UNNAMED_SUFFIX)
    opened = _new(place, Draft.beginning_with(restored.authored), None, is_named=False)
    opened.settings = restored.settings
    judgment = restored.judgment
    if judgment.verdict is Verdict.INTACT:
        opened.notes.append(f"A new draft from {name}, which is INTACT and stays as it is")
    else:
        opened.notes.append(
            f"A new draft from {name}, which is {judgment.verdict}: {judgment.detail}. Changed "
            "parts of what the model wrote count as edited; the file stays as it is"
        )
    return opened


def open_unnamed(text: str = "") -> OpenDraft:
    """A new draft that begins with `text`; with none, the one that was not finished last time."""
    folder = locations.drafts_folder()
    if not text:
        for path in sorted(_unnamed_in(folder), key=_changed, reverse=True):
            place = take_place(path)
            contents = None if place is None else _readable(path)
            if place is not None and contents is not None:
                return _brought_together(place, contents, [], is_named=False)
            if place is not None:
                place.leave()
    place = take_free_place(folder, _UNNAMED, _UNNAMED_SUFFIX)
    opened = _new(
        place, Draft.beginning_with(AuthoredText.human(as_lines(text))), None, is_named=False
    )
    opened.notes += [] if place.fault is None else [f"{place.fault}; {_NO_HISTORY}"]
    return opened


def stem_of_finished(text: str) -> str:
    """The name, without its suffix, that an unnamed draft gets when it is left; never one by which
    it would be taken for an unfinished one."""
    stem = storage.stem_from(text, _NAMED)
    return f"{_NAMED}-{stem}" if _UNNAMED_STEM.fullmatch(stem) else stem


def _unnamed_in(folder: Path) -> Iterator[Path]:
    for path in folder.glob(f"{_UNNAMED}*{_UNNAMED_SUFFIX}"):
        if _UNNAMED_STEM.fullmatch(path.stem):
            yield path


def _from_label(path: Path) -> tuple[OpenDraft | None, str | None]:
    """A draft of the first labeled text of a file, or what is wrong with its label; neither if it
    has none."""
    from gpt2_tui.labels.reading import read_labels

    try:
        data, _ = storage.read(path)
    except (FileNotFoundError, StorageError):
        return None, None
    reading = read_labels(data)
    if not reading.samples:
        return None, None
    opened = open_labeled(reading.samples[0], path.name)
    if opened is None:
        return None, f"the label in {path.name} is damaged; the file is opened as it stands"
    if len(reading.samples) > 1:
        opened.notes.append(f"It is the first of the {len(reading.samples)} samples of the file")
    if reading.rest:
        opened.notes.append(f"{reading.rest} bytes outside of the labeled text are left out")
    return opened, None


def _has_history(place: Place) -> bool:
    try:
        return place.store is not None and place.store.mark() is not None
    except StorageError:
        return True  # it is there, and is seen to when the draft is opened


def _brought_together(
    place: Place, contents: Contents | None, notes: list[str], *, is_named: bool
) -> OpenDraft:
    """The draft of a place that is held, of its file and its history. `notes` tell what is wrong
    with the file."""
    if place.fault is not None:
        notes = [*notes, f"{place.fault}; {_NO_HISTORY}"]
    try:
        opened = None if place.store is None else _stored(place, place.store, contents, is_named)
    except DamagedStoreError:
        opened = None
        notes = [*notes, _set_aside(place)]
    except StorageError as error:
        # It is there, but cannot be read now: a new history must not be written over it.
        opened, place.store = None, None
        notes = [*notes, f"{error}; {_NO_HISTORY}"]
    if opened is None:
        return _without_history(place, contents, notes, is_named=is_named, was_known=bool(notes))
    opened.notes[:0] = notes
    return opened


def _stored(
    place: Place, store: Store, contents: Contents | None, is_named: bool
) -> OpenDraft | None:
    """A draft that has a history, if it has: also where its file is not what that says."""
    mark = store.mark()
    if mark is None and contents is not None and contents.text:
        mark = store.mark() if adopt_moved(place, contents.digest) else None
    if mark is None:
        return None
    digest = None if contents is None else contents.digest
    file = _plain_file(place.path, contents)
    if contents is not None and digest == mark.digest:
        opened = OpenDraft(store.load(contents.text), place, file, is_named)
        if not mark.closed:
            opened.notes.append(_NOT_CLOSED.format(_moment(mark.time)))
            opened.is_unsaved = True
        return opened
    opened = OpenDraft(store.load(None), place, file, is_named, is_unsaved=True)
    if digest == mark.file_digest:
        if not mark.closed or opened.draft.authored.text:
            opened.notes.append(_BEHIND.format(place.path.name, _moment(mark.time)))
    else:
        text = "" if contents is None else contents.text
        what = "is gone" if contents is None else "was changed by another program"
        opened.draft.become(realigned(opened.draft.authored, text), Kind.OUTSIDE)
        opened.notes.append(f"{place.path.name} {what}; what the desk had is in the history")
    return opened


def _copy(path: Path, contents: Contents | None, notes: list[str], why: str) -> OpenDraft:
    """A draft of a file that must be left alone goes into a sibling of it, or to the other drafts
    where its folder takes none."""
    beside = os.access(path.parent, os.W_OK)
    place = (
        take_sibling(path)
        if beside
        else take_free_place(locations.drafts_folder(), path.stem, path.suffix)
    )
    was_known = bool(notes) or has_history(path)
    opened = _without_history(place, contents, notes, is_named=True, was_known=was_known)
    opened.file = PlainFile(place.path, opened.file.form, None)
    opened.notes.append(f"{why}; this is a copy, {place.path.name if beside else place.path}")
    return opened


def _new(place: Place, draft: Draft, contents: Contents | None, *, is_named: bool) -> OpenDraft:
    return OpenDraft(draft, place, _plain_file(place.path, contents), is_named)


def _plain_file(path: Path, contents: Contents | None) -> PlainFile:
    form = Form() if contents is None or contents.form is None else contents.form
    return PlainFile(path, form, contents)


def _without_history(
    place: Place, contents: Contents | None, notes: list[str], *, is_named: bool, was_known: bool
) -> OpenDraft:
    """A draft that begins with a text whose authors are known if a draft of the same text is. If
    they are not, although a history or a label may have told them, that is said."""
    text = "" if contents is None else contents.text
    known = find_same(contents) if contents is not None and text else None
    authored = AuthoredText.human(text) if known is None else known.authored
    opened = _new(place, Draft.beginning_with(authored), contents, is_named=is_named)
    is_lost = was_known and text and known is None
    opened.notes = [*notes, _AUTHORS_UNKNOWN] if is_lost else [*notes]
    return opened


def _set_aside(place: Place) -> str:
    store = place.store
    try:
        aside = None if store is None else store.set_aside()
    except StorageError as error:
        place.store = None
        return f"the history of {place.path.name} is damaged: {error}"
    return f"the history of {place.path.name} is damaged; it was set aside as {aside}"


def _readable(path: Path) -> Contents | None:
    try:
        contents = read_contents(path)
    except PromptError:
        return None
    return None if contents is None or contents.form is None else contents


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
