"""The help screen: what the desk is for, and every key."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from gpt2_tui.settings import LENGTH, PANES, SEED, TEMPERATURE, TOP_K, TOP_P
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS, PANE_KEYS_HELP, key_name, same_key
from gpt2_tui.ui.overlay import Overlay

_ABOUT = (
    "Write an opening in the draft. The model goes on from the cursor, in several panes with luck "
    "of their own. Everything in a pane is synthetic: a language model wrote it, it can be false, "
    "and its label says how it was made. Keep what you like; the draft remembers which words are "
    "the model's (italic, underlined). An opening that you pick from the list below an empty draft "
    "was written by no model, and counts as your own words."
)
_CHANGES = (
    "Changed settings count for the next generation; each pane shows its own. Delete in a setting "
    "brings its default back; a seed is then new each time again. The line at the top "
    "shows how many tokens before the cursor the model sees, of how many it can: `window 256/512, "
    "90 cut` means that it no longer sees the first 90."
)
_WIDEST_NAME = max(len(name) for name, _ in PANE_KEYS_HELP)


class HelpScreen(ModalScreen[None], Overlay[None]):
    """Closed by Escape, q or the key that opened it."""

    CSS_PATH = "help_screen.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close"),
        same_key("help", "dismiss", "Close", show=False),
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Help"
            box.border_subtitle = "Esc closes"
            yield Static(Content(_ABOUT), classes="help-text")
            yield Static(self._keys(), classes="help-text")
            yield Static(self._settings(), classes="help-text")
            yield Static(Content(_CHANGES), classes="help-text")

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def _keys(self) -> Table:
        rows = [(key_name(self, key.name), key.sentence) for key in DESK_KEYS]
        first, last = (key_name(self, key.name) for key in (KEEP_KEYS[0], KEEP_KEYS[-1]))
        rows.append((f"{first} … {last}", "Keep the text of that pane in the draft"))
        return _table([*rows, *PANE_KEYS_HELP])

    def _settings(self) -> Table:
        fields = (TEMPERATURE, TOP_K, TOP_P, LENGTH, SEED, PANES)
        return _table([(field.label, f"{field.help} ({field.range_text})") for field in fields])


def _table(rows: list[tuple[str, str]]) -> Table:
    """Two columns; a long sentence wraps inside its own."""
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=_WIDEST_NAME)
    table.add_column()
    for name, sentence in rows:
        table.add_row(Text(name, style="bold", no_wrap=True), Text(sentence))
    return table
