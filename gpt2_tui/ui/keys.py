"""The keys of the desk, in one table: bindings, footer, help screen and palette come from it."""

from dataclasses import dataclass

from textual.binding import Binding

from gpt2_tui.settings import MOST_PANES


@dataclass(frozen=True)
class Key:
    """A key, the action it runs, its word in the footer and its sentence in help and palette.

    One that does not come first leaves the key to the focused widget, if that has a use for it.
    """

    keys: str
    action: str
    word: str
    sentence: str
    in_footer: bool = True
    comes_first: bool = True

    @property
    def binding(self) -> Binding:
        return Binding(
            self.keys,
            self.action,
            self.word,
            show=self.in_footer,
            priority=self.comes_first,
            id=self.action,
            tooltip=self.sentence,
        )


DESK_KEYS = (
    Key("ctrl+g", "generate", "Generate", "Write continuations of the draft, side by side"),
    Key("escape", "stop", "Stop", "Stop writing; what was written stays", comes_first=False),
    Key("ctrl+r", "retry", "Retry", "Write again with the next seed", in_footer=False),
    Key("ctrl+s", "save_all", "Save", "Save every finished pane, each under its label"),
    Key("f2", "settings", "Settings", "Go to the settings; arrows, digits, the wheel change them"),
    Key(
        "f3",
        "save_draft",
        "Save draft",
        "Save the draft now, and a copy with its label if a part is synthetic",
        in_footer=False,
    ),
    Key(
        "f6",
        "history",
        "History",
        "All that the draft has been: go back, sideways, compare",
        in_footer=False,
    ),
    Key(
        "f4",
        "inspect",
        "Look inside",
        "Every token's probability, rank and rivals, of a pane or the draft",
        in_footer=False,
    ),
    Key(
        "ctrl+t",
        "compare",
        "Compare",
        "Same luck, one setting different: up to twelve rows side by side",
        in_footer=False,
    ),
    Key(
        "f5",
        "sight",
        "In sight",
        "What the model sees of the draft, and where tokens end",
        in_footer=False,
    ),
    Key(
        "f8",
        "models",
        "Models",
        "The models on this machine: use another, choose the device, fetch one",
        in_footer=False,
    ),
    Key("f1", "help", "Help", "Show all keys and what the desk does"),
    Key(
        "ctrl+q",
        "app.quit",
        "Quit",
        "Leave; the draft is saved",
    ),
)

KEEP_KEYS = tuple(
    Key(
        f"alt+{number}",
        f"keep({number})",
        f"Keep {number}",
        f"Put the text of pane {number} at the end of the draft",
        in_footer=number == 1,
    )
    for number in range(1, min(MOST_PANES, 9) + 1)
)

PANE_KEYS_HELP = (
    ("Tab, Shift+Tab", "Go from the draft to the settings, to each pane, and back"),
    ("Enter, K", "In a pane: keep its text in the draft"),
    ("S", "In a pane: save it under its label"),
    ("C, T", "In a pane: copy its text with its label, or the text alone"),
    ("I", "In a pane: look inside its text"),
    ("Ctrl+Z, Ctrl+Y", "In the draft: undo, redo, without end; nothing is ever lost"),
    ("Ctrl+P", "Find any action by name, and the themes"),
)
