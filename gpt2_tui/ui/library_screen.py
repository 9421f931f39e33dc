"""The saved samples and drafts: found, looked at, opened, replayed, deleted and brought back."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from gpt2_tui.drafts.opening import OpenDraft, open_file, open_labeled
from gpt2_tui.errors import PromptError, SettingsError, StorageError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.plain_words import recorded_caption
from gpt2_tui.labels.verdict import NO_LABEL, Verdict
from gpt2_tui.library.entry import Entry
from gpt2_tui.locations import data_folder
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.authored_text import made_visible
from gpt2_tui.ui.keys import key_name, same_key
from gpt2_tui.ui.librarian import Failed, Found, Indexing, Librarian, Moved, Opened
from gpt2_tui.ui.library_preview import LibraryPreview, authored
from gpt2_tui.ui.library_row import row_of
from gpt2_tui.ui.library_search import LibrarySearch
from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.safe_text import line_content

if TYPE_CHECKING:
    from gpt2_tui.labels import found as labels
    from gpt2_tui.settings import Settings

_NOTHING_SAVED = (
    "Nothing is saved yet. At the desk, S in a pane saves it, {save_all} saves all panes, each "
    "under its label; drafts save themselves."
)
_NOTHING_FITS = "Nothing fits. Fewer words find more; Esc in the line above takes them away."
_EMPTY_BIN = "The bin is empty. X shows what is there again."


class Desk(Protocol):
    """What the desk does with a text of the library."""

    @property
    def draft_path(self) -> Path: ...
    async def open_draft(self, opened: OpenDraft) -> None: ...
    async def replay(self, found: "labels.Found", name: str) -> None: ...
    def use_settings(self, settings: "Settings") -> None: ...
    def remember_copied(self, text: str, kept: AuthoredText) -> None: ...


class LibraryScreen(Overlay[None]):
    """Files are read and moved by the librarian's thread; what is done with a text is the desk's
    affair."""

    CSS_PATH = "library_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,o", "open", "Open", tooltip="Open it as the draft"),
        Binding("u", "use_settings", "Settings", tooltip="Set the desk to its settings"),
        Binding("r", "replay", "Replay", tooltip="Generate it again in a pane, and compare"),
        Binding("c", "copy(True)", "Copy", tooltip="Copy the text with its label"),
        Binding("t", "copy(False)", "Copy text", show=False, tooltip="Copy the text alone"),
        Binding("d,delete", "delete", "Delete", tooltip="Into the bin, or out of it"),
        Binding("ctrl+z", "undo", "Undo", show=False, tooltip="Bring back what was deleted last"),
        Binding("x", "show_bin", "Bin", tooltip="Show the bin, or what is not in it"),
        Binding("slash,f", "search", "Find", key_display="/", tooltip="Go to the search line"),
        Binding("down", "to_list", "To the list", show=False),
        Binding("pageup", "scroll_text(-1)", "Up", show=False, priority=True),
        Binding("pagedown", "scroll_text(1)", "Down", show=False, priority=True),
        Binding("escape", "back", "Back", tooltip="Back to the desk"),
        same_key("library", "back", "Back", show=False),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._librarian = Librarian(self.post_message)
        self._version = 0
        self._entries: list[Entry] = []
        self._opened: Opened | None = None
        self._deleted: list[Moved] = []
        self._moving: set[Path] = set()
        self._note = ""

    def compose(self) -> ComposeResult:
        yield Static(line_content(" Library: looking…"), id="library-head")
        yield LibrarySearch()
        yield OptionList(id="library-list")
        yield Static(id="library-empty")
        yield LibraryPreview()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self._list.focus()
        self._librarian.start()
        self._find()

    def on_unmount(self) -> None:
        self._librarian.close()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#library-list", OptionList)

    @property
    def _search(self) -> LibrarySearch:
        return self.query_one(LibrarySearch)

    @property
    def _preview(self) -> LibraryPreview:
        return self.query_one(LibraryPreview)

    @property
    def _entry(self) -> Entry | None:
        """What is highlighted."""
        place = self._list.highlighted
        return None if place is None or place >= len(self._entries) else self._entries[place]

    # Looking for texts

    def action_search(self) -> None:
        self._search.words.focus()

    def action_show_bin(self) -> None:
        self._search.turn_to_bin()

    @on(LibrarySearch.Submitted)
    def action_to_list(self) -> None:
        self._list.focus()

    @on(LibrarySearch.Changed)
    def _find(self) -> None:
        try:
            query = self._search.sought
        except SettingsError as error:
            self._show_head(str(error))
            return
        self._version += 1
        self._librarian.find(query, self._version)

    @on(Indexing)
    def _indexing(self, message: Indexing) -> None:
        self._show_head(f"reading {message.done}/{message.total} new files")

    @on(Found)
    def _found(self, message: Found) -> None:
        if message.version != self._version:
            return
        if message.note and message.note != self._note:
            self.say(message.note)
        self._note = message.note
        self._search.show_models(message.models)
        before, place = self._entry, self._list.highlighted
        self._entries = message.entries
        self._moving.intersection_update(entry.path for entry in message.entries)
        self._list.clear_options()
        self._list.add_options([Option(row_of(entry)) for entry in message.entries])
        self.set_class(not message.entries, "-empty")
        shown, total = len(message.entries), message.total
        texts = f"{total} text{'s'[: total != 1]}"
        parts = [texts if shown == total else f"the latest {shown} of {texts}"]
        if message.in_bin:
            parts.append(f"{message.in_bin} in the bin")
        self._show_head(" · ".join(parts))
        if not message.entries:
            self._show_nothing()
            return
        same = [number for number, each in enumerate(self._entries) if each == before]
        self._list.highlighted = same[0] if same else min(place or 0, shown - 1)

    def _show_head(self, told: str) -> None:
        head = f" Library: {told} · {data_folder()}"
        self.query_one("#library-head", Static).update(line_content(head))

    def _show_nothing(self) -> None:
        nothing_saved = _NOTHING_SAVED.format(save_all=key_name(self, "save-all"))
        nothing = _EMPTY_BIN if self._search.is_in_bin else nothing_saved
        told = _NOTHING_FITS if self._search.has_words else nothing
        self.query_one("#library-empty", Static).update(line_content(told))
        self._opened = None
        self._preview.clear()

    # Showing one

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        entry = self._entry
        if entry is not None and (self._opened is None or self._opened.entry != entry):
            self._opened = None
            self._librarian.open(entry)

    @on(Opened)
    def _was_opened(self, message: Opened) -> None:
        if message.entry == self._entry:
            self._opened = message
            self._preview.show(message)

    def action_scroll_text(self, pages: int) -> None:
        self._preview.scroll_text(pages)

    # Using one

    @on(OptionList.OptionSelected)
    async def _selected(self) -> None:
        await self.action_open()

    async def action_open(self) -> None:
        """Open it as the draft: a labeled text as a new one, a draft as itself."""
        opened = self._ready()
        if opened is None or opened.shown is None:
            return
        entry = opened.entry
        if entry.in_bin:
            self.say("It is in the bin; D brings it back")
            return
        if entry.path == self._desk.draft_path:
            self.say("It is the draft that is open")
            return
        try:
            draft = _draft_of(opened)
            if draft is None:
                self.complain(f"It cannot be opened by itself: {opened.shown.judgment.detail}")
                return
            await self._desk.open_draft(draft)
        except (PromptError, StorageError) as error:
            self.complain(str(error))
        else:
            self.dismiss()

    def action_use_settings(self) -> None:
        opened = self._ready()
        if opened is None:
            return
        if opened.restored is None or opened.restored.settings is None:
            self.say("Its label names no settings")
        else:
            self._desk.use_settings(opened.restored.settings)

    def action_copy(self, labeled: bool) -> None:
        opened = self._ready()
        if opened is None or opened.shown is None:
            return
        kept = made_visible(authored(opened))
        record = opened.shown.record
        if labeled and record is None:
            self.say("It has no label to copy; T copies the text alone")
            return
        text = kept.text
        if labeled and record is not None:
            verdict = opened.shown.judgment.verdict
            changed = "" if verdict is Verdict.INTACT else f" · {verdict}"
            text = f"[{one_line(recorded_caption(record))}{changed}]\n\n{text}"
        self.app.copy_to_clipboard(text)
        self._desk.remember_copied(text, kept)
        if labeled:
            self.say("Copied with its label; T copies the text alone")
        elif kept.synthetic_share:
            self.say("Copied without its label; say yourself that it is synthetic")
        else:
            self.say("Copied")

    async def action_replay(self) -> None:
        """Generate it again in a pane of the desk."""
        opened = self._ready()
        if opened is None or opened.shown is None:
            return
        found = opened.shown.found
        if found is None:
            self.say(f"CANNOT be replayed: {NO_LABEL}")
        elif found.record is None:
            self.say(f"CANNOT be replayed: its label is damaged: {found.fault}")
        else:
            await self._desk.replay(found, opened.entry.title)
            self.dismiss()

    def _ready(self) -> Opened | None:
        """What is highlighted, if it could be read; nothing once the screen is left, as by a key
        that was pressed twice."""
        if not self.is_active:
            return None
        opened = self._opened
        if opened is None:
            self.say("there is nothing to do that with" if self._entry is None else "one moment")
        elif opened.shown is None:
            self.say(opened.fault)
            return None
        return opened

    # Deleting and bringing back

    def action_delete(self) -> None:
        """Into the bin, or out of it."""
        entry = self._entry
        if entry is None:
            self.say("there is nothing to delete")
        elif entry.path in self._moving:
            return  # the key was pressed twice
        elif entry.in_bin:
            self._bring_back(entry)
        elif entry.path == self._desk.draft_path:
            self.say("It is the draft that is open; open another one first")
        else:
            self._moving.add(entry.path)
            self._librarian.put_in_bin(entry)

    def action_undo(self) -> None:
        waiting = [each for each in self._deleted if each.path not in self._moving]
        if not waiting:
            self.say("nothing was deleted here; X shows the bin")
        else:
            last = waiting[-1]
            self._bring_back(replace(last.entry, path=last.path, in_bin=True))

    def _bring_back(self, entry: Entry) -> None:
        self._moving.add(entry.path)
        self._librarian.bring_back(entry)

    @on(Moved)
    def _moved(self, message: Moved) -> None:
        entry = message.entry
        if entry.in_bin:
            self._moving.discard(message.path)
            self._deleted = [each for each in self._deleted if each.path != entry.path]
            self.say(f"{message.path.name} is back")
        else:
            self._deleted.append(message)
            others = f", with {entry.samples - 1} more of its file" if entry.samples > 1 else ""
            self.say(f"{entry.path.name} is in the bin{others}; Ctrl+Z brings it back")
        self._find()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self._moving.clear()
        self.complain(message.reason)

    # Leaving

    def action_back(self) -> None:
        """Out of the search first, then out of the screen."""
        words = self._search.words
        if words.has_focus and words.value:
            words.value = ""
        elif words.has_focus:
            self._list.focus()
        else:
            self.dismiss()


def _draft_of(opened: Opened) -> OpenDraft | None:
    """A draft of what is shown: of a file of several samples that one, not the first; None if its
    label is damaged. Raises PromptError or StorageError."""
    if opened.entry.samples == 1 or opened.shown is None or opened.shown.found is None:
        return open_file(opened.entry.path)
    return open_labeled(opened.shown.found, opened.entry.title)
