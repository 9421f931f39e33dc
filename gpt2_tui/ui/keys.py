"""The keys of the desk, in one table: bindings, footer, help screen and palette come from it.

A user may change them. So a text that names one asks `key_name` for it, and a screen that answers
to a key of the desk takes its binding from `same_key`.
"""

from dataclasses import dataclass
from typing import Protocol, cast

from textual.binding import Binding
from textual.dom import DOMNode

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
    def name(self) -> str:
        """What the settings file calls it: `save-all`, `keep-1`, `quit`."""
        action = self.action.removeprefix("app.").removesuffix(")")
        return action.replace("_", "-").replace("(", "-")

    @property
    def binding(self) -> Binding:
        return Binding(
            self.keys,
            self.action,
            self.word,
            show=self.in_footer,
            priority=self.comes_first,
            id=self.name,
            tooltip=self.sentence,
        )


DESK_KEYS = (
    Key("ctrl+g", "generate", "Generate", "Write continuations of the draft, side by side"),
    Key("escape", "stop", "Stop", "Stop writing; what was written stays", comes_first=False),
    Key("ctrl+r", "retry", "Retry", "Write again with the next seed", in_footer=False),
    Key("ctrl+s", "save_all", "Save", "Save every finished pane, each under its label"),
    Key(
        "f2",
        "settings",
        "Settings",
        "Go to the settings; arrows, digits, the wheel change one, Delete resets it",
    ),
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
        "ctrl+o",
        "models",
        "Models",
        "The models on this machine: use another, choose the device, fetch one",
        in_footer=False,
    ),
    Key(
        "f7",
        "library",
        "Library",
        "Saved samples and drafts: search, open, reuse settings, replay, delete",
        in_footer=False,
    ),
    Key(
        "f9",
        "app.presets",
        "Presets",
        "Choose how tokens are drawn by name, or name the present settings",
        in_footer=False,
    ),
    Key(
        "ctrl+n",
        "take_sentence",
        "Take a sentence",
        "Put the next sentence of the pane that you took from last in the draft",
        in_footer=False,
    ),
    Key(
        "f8",
        "app.preferences",
        "Stored settings",
        "What the desk begins with, its theme and its keys",
        in_footer=False,
    ),
    Key(
        "ctrl+b",
        "app.stopping",
        "Stopping",
        "Stop texts, end at a sentence, loop alarm",
        in_footer=False,
    ),
    Key(
        "ctrl+l",
        "ghost",
        "Ghost text",
        "Offer a few words after a pause in typing, or no more",
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
        f"Put the text of pane {number} in the draft, where it was written for",
        in_footer=number == 1,
    )
    for number in range(1, min(MOST_PANES, 9) + 1)
)

PANE_KEYS_HELP = (
    ("Tab, Shift+Tab", "Go from the draft to the settings, to each pane, and back"),
    ("Enter, K", "In a pane: keep its text, or what is left of it, in the draft"),
    ("W, E, L", "In a pane: take its next word, sentence, line; each is one undo"),
    ("G", "In a pane that went in a circle: write on from before the loop"),
    ("Tab, Right", "Where ghost text is: take it; Ctrl+Right takes a word"),
    ("S", "In a pane: save it under its label"),
    ("C, T", "In a pane: copy its text with its label, or the text alone"),
    ("I", "In a pane: look inside its text"),
    ("Ctrl+Z, Ctrl+Y", "In the draft: undo, redo, without end; nothing is ever lost"),
    ("Ctrl+P", "Find any action by name, and the themes"),
)

_KEYS = {key.name: key for key in (*DESK_KEYS, *KEEP_KEYS)}
_SPELLED = {"escape": "Esc", "ctrl": "Ctrl", "alt": "Alt", "shift": "Shift"}


class HasKeys(Protocol):
    """The app, as far as it knows which keys the user changed."""

    @property
    def changed_keys(self) -> dict[str, str]:
        """Names of actions, with their keys."""


def same_key(name: str, action: str, word: str, *, tooltip: str = "", show: bool = True) -> Binding:
    """A binding of another screen to the key of the desk that has this name, however changed.

    It comes before the focused widget, as it does at the desk.
    """
    key = _KEYS[name]
    return Binding(
        key.keys, action, word, show=show, priority=key.comes_first, tooltip=tooltip, id=key.name
    )


def key_name(node: DOMNode, name: str) -> str:
    """How the key of an action is spelled in a sentence: `Ctrl+G`."""
    return spelled(cast(HasKeys, node.app).changed_keys.get(name, _KEYS[name].keys))


def spelled(key: str) -> str:
    """`ctrl+g` as people write it."""
    return "+".join(_SPELLED.get(part, part.capitalize()) for part in key.split("+"))
