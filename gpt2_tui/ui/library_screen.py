"""The saved samples and drafts: found, looked at, opened, replayed, deleted and brought back."""

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Input, OptionList, Select, Static
from textual.widgets.option_list import Option

from gpt2_tui.drafts.opening import OpenDraft, open_file, open_labeled
from gpt2_tui.errors import PromptError, SettingsError, StorageError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.plain_words import label_lines, recorded_caption, verdict_line
from gpt2_tui.labels.signing import known_signers
from gpt2_tui.labels.verdict import Verdict
from gpt2_tui.library.entry import Entry, Kind
from gpt2_tui.library.query import Query, parse
from gpt2_tui.locations import data_folder
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.authored_text import made_visible, styled
from gpt2_tui.ui.librarian import Failed, Found, Indexing, Librarian, Moved, Opened
from gpt2_tui.ui.library_row import row_of
from gpt2_tui.ui.messages import RunEnded
from gpt2_tui.ui.replaying import ReplayEnded, ReplayGoesOn, Replaying
from gpt2_tui.ui.safe_text import content, line_content
from gpt2_tui.ui.speaking_screen import SpeakingScreen
from gpt2_tui.ui.writer import Writer

if TYPE_CHECKING:
    from gpt2_tui.settings import Settings

_LONGEST_PREVIEW = 20_000
_PLACEHOLDER = "words, also model:gpt2 temperature:0.8 top-k:40 top-p:0.9 seed:7"
_KINDS = {
    "all texts": (None, False),
    "samples": (Kind.SAMPLE, False),
    "drafts": (Kind.DRAFT, False),
    "bin": (None, True),
}
_ANY_KIND = next(iter(_KINDS))
_ANY_MODEL = ""
_NOTHING_SAVED = (
    "Nothing is saved yet. At the desk, S in a pane saves it, Ctrl+S saves all panes, each under "
    "its label; drafts save themselves."
)
_NOTHING_FITS = "Nothing fits. Fewer words find more; Esc in the line above takes them away."
_EMPTY_BIN = "The bin is empty. X shows what is there again."


class Desk(Protocol):
    """What the desk does with a text of the library."""

    @property
    def draft_path(self) -> Path: ...
    async def open_draft(self, opened: OpenDraft) -> None: ...
    def use_settings(self, settings: "Settings") -> None: ...
    def remember_copied(self, text: str, kept: AuthoredText) -> None: ...


class LibraryScreen(SpeakingScreen):
    """Escape stops a replay, then returns. Files are read and moved by the librarian's thread,
    texts are replayed by the writer's."""

    CSS_PATH = "library_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,o", "open", "Open", tooltip="Open it as the draft"),
        Binding("u", "use_settings", "Settings", tooltip="Set the desk to its settings"),
        Binding("r", "replay", "Replay", tooltip="Generate it again from its label and compare"),
        Binding("c", "copy(True)", "Copy", tooltip="Copy the text with its label"),
        Binding("t", "copy(False)", "Copy text", show=False, tooltip="Copy the text alone"),
        Binding("d,delete", "delete", "Delete", tooltip="Into the bin, or out of it"),
        Binding("ctrl+z", "undo", "Undo", show=False, tooltip="Bring back what was deleted last"),
        Binding("x", "show_bin", "Bin", tooltip="Show the bin, or what is not in it"),
        Binding("slash,f", "search", "Find", key_display="/", tooltip="Go to the search line"),
        Binding("down", "to_list", "To the list", show=False),
        Binding("pageup", "scroll_text(-1)", "Up", show=False, priority=True),
        Binding("pagedown", "scroll_text(1)", "Down", show=False, priority=True),
        Binding("escape,f7", "back", "Back", tooltip="Stop the replay; then back to the desk"),
    ]

    def __init__(self, desk: Desk, writer: Writer) -> None:
        super().__init__()
        self._desk = desk
        self._writer = writer
        self._librarian = Librarian(self.post_message)
        self._version = 0
        self._entries: list[Entry] = []
        self._opened: Opened | None = None
        self._wanted = ""
        self._deleted: list[Moved] = []
        self._runs = count()
        self._replaying: Replaying | None = None
        self._note = ""

    def compose(self) -> ComposeResult:
        yield Static(line_content(" Library: looking…"), id="library-head")
        with Horizontal(id="library-search"):
            yield Input(placeholder=_PLACEHOLDER, compact=True, id="library-words")
            yield Select(
                [(name, name) for name in _KINDS],
                value=_ANY_KIND,
                allow_blank=False,
                compact=True,
                id="library-kind",
            )
            yield Select(
                [("all models", _ANY_MODEL)],
                value=_ANY_MODEL,
                allow_blank=False,
                compact=True,
                id="library-model",
            )
        yield OptionList(id="library-list")
        yield Static(id="library-empty")
        with VerticalScroll(id="library-detail", can_focus=False):
            yield Static(id="library-label")
            yield Static(id="library-replay")
            yield Static(id="library-text")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self._list.focus()
        self._librarian.start()
        self._find()

    def on_unmount(self) -> None:
        self._stop_replay()
        self._librarian.close()

    @property
    def _list(self) -> OptionList:
        return self.query_one("#library-list", OptionList)

    @property
    def _words(self) -> Input:
        return self.query_one("#library-words", Input)

    @property
    def _entry(self) -> Entry | None:
        """What is highlighted."""
        place = self._list.highlighted
        return None if place is None or place >= len(self._entries) else self._entries[place]

    # Looking for texts

    def action_search(self) -> None:
        self._words.focus()

    def action_show_bin(self) -> None:
        kind = self.query_one("#library-kind", Select)
        kind.value = _ANY_KIND if kind.value == "bin" else "bin"

    @on(Input.Changed, "#library-words")
    @on(Select.Changed)
    def _query_changed(self) -> None:
        self._find()

    @on(Input.Submitted, "#library-words")
    def action_to_list(self) -> None:
        self._list.focus()

    def _find(self) -> None:
        kind, in_bin = _KINDS[str(self.query_one("#library-kind", Select).value)]
        model = str(self.query_one("#library-model", Select).value)
        try:
            query = parse(self._words.value, Query(kind=kind, model=model, in_bin=in_bin))
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
        self._show_models(message.models)
        before, place = self._entry, self._list.highlighted
        self._entries = message.entries
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

    def _show_models(self, models: list[str]) -> None:
        select = self.query_one("#library-model", Select)
        chosen = select.value
        names = [(line_content(name), name) for name in models]
        options = [(line_content("all models"), _ANY_MODEL), *names]
        with self.prevent(Select.Changed):
            select.set_options(options)
            if chosen in [value for _, value in options]:
                select.value = chosen

    def _show_nothing(self) -> None:
        is_bin = self.query_one("#library-kind", Select).value == "bin"
        is_search = bool(self._words.value.strip())
        nothing = _EMPTY_BIN if is_bin else _NOTHING_SAVED
        told = _NOTHING_FITS if is_search else nothing
        self.query_one("#library-empty", Static).update(line_content(told))
        self._opened = None
        for name in ("label", "replay", "text"):
            self.query_one(f"#library-{name}", Static).update("")

    # Showing one

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        entry = self._entry
        if entry is not None and (self._opened is None or self._opened.entry != entry):
            self._stop_replay()
            self._opened = None
            self._librarian.open(entry)

    @on(Opened)
    def _was_opened(self, message: Opened) -> None:
        if message.entry != self._entry:
            return
        self._opened = message
        self.query_one("#library-replay").remove_class("-shown")
        lines = [message.entry.title]
        text = Text(message.fault)
        shown = message.shown
        if shown is not None:
            lines.append(verdict_line(shown.judgment))
            lines += label_lines(shown.judgment, known_signers())
            if shown.outside:
                lines.append(f"{shown.outside} bytes stand outside of the labeled text")
            authored = self._authored(message)
            if shown.found is None and authored.synthetic_share:
                lines.append(
                    f"SYNTHETIC IN PART: {authored.synthetic_percent} %, as its history knows"
                )
            text = styled(authored.part(0, _LONGEST_PREVIEW))
            if len(authored.text) > _LONGEST_PREVIEW:
                text.append("… (Enter opens all of it)")
        label = content("\n".join(map(one_line, lines)))
        self.query_one("#library-label", Static).update(label)
        self.query_one("#library-text", Static).update(text)
        self.query_one("#library-detail").scroll_home(animate=False)

    def _authored(self, opened: Opened) -> AuthoredText:
        """The text with its authors; without any that are known, it is only shown."""
        if opened.authored is not None:
            return opened.authored
        return AuthoredText.human("" if opened.shown is None else opened.shown.text)

    def action_scroll_text(self, pages: int) -> None:
        detail = self.query_one("#library-detail")
        detail.scroll_relative(y=pages * max(detail.size.height - 1, 1), animate=False)

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
            draft = None
            if opened.shown.found is not None and entry.samples > 1:
                draft = open_labeled(opened.shown.found, entry.title)
            await self._desk.open_draft(open_file(entry.path) if draft is None else draft)
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
        authored = made_visible(self._authored(opened))
        record = opened.shown.record
        if labeled and record is None:
            self.say("It has no label to copy; T copies the text alone")
            return
        text = authored.text
        if labeled and record is not None:
            verdict = opened.shown.judgment.verdict
            changed = "" if verdict is Verdict.INTACT else f" · {verdict}"
            text = f"[{one_line(recorded_caption(record))}{changed}]\n\n{text}"
        self.app.copy_to_clipboard(text)
        self._desk.remember_copied(text, authored)
        if labeled:
            self.say("Copied with its label; T copies the text alone")
        elif authored.synthetic_share:
            self.say("Copied without its label; say yourself that it is synthetic")
        else:
            self.say("Copied")

    def _ready(self) -> Opened | None:
        """What is highlighted, if it could be read."""
        opened = self._opened
        if opened is None:
            self.say("there is nothing to do that with" if self._entry is None else "one moment")
        elif opened.shown is None:
            self.say(opened.fault)
            return None
        return opened

    # Replaying one

    def action_replay(self) -> None:
        opened = self._ready()
        if opened is None or opened.shown is None:
            return
        if opened.shown.found is None:
            self._show_replay("CANNOT: it has no label")
            return
        self._stop_replay()
        self._replaying = Replaying(next(self._runs), opened.shown.found, self.post_message)
        self._show_replay("replaying… Esc stops")
        self._writer.queue(self._replaying)

    @on(ReplayGoesOn)
    def _replay_goes_on(self, message: ReplayGoesOn) -> None:
        if self._is_current(message.run):
            self._show_replay(f"replaying… {message.tokens} tokens are the same; Esc stops")

    @on(ReplayEnded)
    def _replay_ended(self, message: ReplayEnded) -> None:
        if not self._is_current(message.run):
            return
        result = message.result
        self._replaying = None
        if result is None:
            self._show_replay("The replay was stopped")
        else:
            told = f": {result.told}" if result.told else ""
            self._show_replay(f"{result.outcome}{told}")

    @on(RunEnded)
    def _run_ended(self, message: RunEnded) -> None:
        """The replay broke off: its model is not there, or the engine failed."""
        if self._is_current(message.run):
            self._replaying = None
            self._show_replay(f"CANNOT: {message.fault or 'it broke off'}")

    def _is_current(self, run: int) -> bool:
        return self._replaying is not None and self._replaying.run == run

    def _stop_replay(self) -> None:
        if self._replaying is not None:
            self._replaying.stop.set()
            self._replaying = None

    def _show_replay(self, told: str) -> None:
        line = self.query_one("#library-replay", Static)
        line.update(line_content(f"Replay: {told}"))
        line.add_class("-shown")

    # Deleting and bringing back

    def action_delete(self) -> None:
        """Into the bin, or out of it."""
        entry = self._entry
        if entry is None:
            self.say("there is nothing to delete")
        elif entry.in_bin:
            self._librarian.bring_back(entry, entry.path, entry.kind)
        elif entry.path == self._desk.draft_path:
            self.say("It is the draft that is open; open another one first")
        else:
            self._librarian.put_in_bin(entry)

    def action_undo(self) -> None:
        if not self._deleted:
            self.say("nothing was deleted here; X shows the bin")
        else:
            last = self._deleted.pop()
            moved = replace(last.entry, in_bin=True)
            self._librarian.bring_back(moved, last.path, last.entry.kind)

    @on(Moved)
    def _moved(self, message: Moved) -> None:
        entry = message.entry
        if entry.in_bin:
            self._deleted = [each for each in self._deleted if each.path != entry.path]
            self.say(f"{message.path.name} is back")
        else:
            self._deleted.append(message)
            others = f", with {entry.samples - 1} more of its file" if entry.samples > 1 else ""
            self.say(f"{entry.path.name} is in the bin{others}; Ctrl+Z brings it back")
        self._find()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self.complain(message.reason)

    # Leaving

    def action_back(self) -> None:
        """Out of what is going on, one at a time: the replay, the search, the screen."""
        if self._replaying is not None:
            self._stop_replay()
            self._show_replay("The replay was stopped")
        elif self._words.has_focus and self._words.value:
            self._words.value = ""
        elif self._words.has_focus:
            self._list.focus()
        else:
            self.dismiss()
