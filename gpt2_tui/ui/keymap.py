"""Which key does what, as a user changed it: checked against what terminals can send."""

import re
from collections.abc import Mapping

from textual.binding import Binding
from textual.widgets import TextArea

from gpt2_tui.text.visible import quoted
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS

_DEFAULTS = {key.name: key.keys for key in (*DESK_KEYS, *KEEP_KEYS)}
_LEFT_TO_WIDGETS = frozenset(key.name for key in DESK_KEYS if not key.comes_first)
_OF_THE_DRAFT = frozenset(binding.key for binding in Binding.make_bindings(TextArea.BINDINGS))
_ORDER = ("ctrl", "alt", "shift")
_FUNCTION_KEY = re.compile(r"f([1-9]|1[0-9]|2[0-4])")
_NAMED = frozenset(
    ["insert", "home", "end", "pageup", "pagedown", "up", "down", "left", "right", "space"]
)
# What a terminal sends for these is the code of another key.
_SENT_AS = {
    "ctrl+i": "Tab",
    "ctrl+m": "Enter",
    "ctrl+j": "Enter",
    "ctrl+h": "Backspace",
}
_NEEDED = {
    "ctrl+p": "it opens the palette",
    "ctrl+c": "it copies",
    "ctrl+x": "it cuts",
    "ctrl+v": "it pastes",
    "ctrl+z": "it undoes",
    "ctrl+y": "it redoes",
    "escape": "it leaves every screen",
    "ctrl+s": "it stores the settings on their screen",
    "ctrl+r": "it brings a default back on the settings screen",
    "f9": "it ends a pull on the models screen",
}


def changed_keys(wanted: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The keys that differ from the table, and why each other wish cannot be met; both by action.

    A key that another action has can be taken once that has another.
    """
    faults: dict[str, str] = {}
    good: dict[str, str] = {}
    for name, text in wanted.items():
        key = _normal(text)
        fault = _fault(name, key, text)
        if fault is not None:
            faults[name] = fault
        elif key != _DEFAULTS[name]:
            good[name] = key
    while clash := _clash(good):
        one, other = clash
        key = good.get(one, _DEFAULTS[one])
        for name in clash:
            if good.pop(name, None) is not None:
                faults[name] = f"{one} and {other} cannot both have {key}"
    return good, faults


def _clash(changed: Mapping[str, str]) -> tuple[str, str] | None:
    """Two actions that have the same key."""
    holders: dict[str, str] = {}
    for name, key in {**_DEFAULTS, **changed}.items():
        if key in holders:
            return holders[key], name
        holders[key] = name
    return None


def _normal(text: str) -> str:
    """A key as Textual names it: small letters, modifiers in order."""
    *modifiers, key = text.strip().lower().split("+")
    return "+".join([*sorted(modifiers, key=_rank), {"esc": "escape"}.get(key, key)])


def _rank(modifier: str) -> int:
    return _ORDER.index(modifier) if modifier in _ORDER else len(_ORDER)


def _fault(name: str, key: str, text: str) -> str | None:
    """Why the action of that name cannot have that key; None if it can."""
    shown, action = quoted(text), quoted(name)
    if name not in _DEFAULTS:
        return f"there is no action {action}"
    if key == _DEFAULTS[name]:
        return None
    if key in _SENT_AS:
        return f"{action}: terminals send {_SENT_AS[key]} for {shown}"
    if key in _NEEDED:
        return f"{action}: {shown} is not free, {_NEEDED[key]}"
    if name in _LEFT_TO_WIDGETS and key in _OF_THE_DRAFT:
        return f"{action}: {shown} is needed for writing and moving"
    return _kind_fault(action, shown, key)


def _kind_fault(action: str, shown: str, key: str) -> str | None:
    """Why a key of this kind cannot be had."""
    *modifiers, base = key.split("+")
    is_key = all(each in _ORDER for each in modifiers) and len(set(modifiers)) == len(modifiers)
    if is_key and (_FUNCTION_KEY.fullmatch(base) or key == "escape"):
        return None
    if is_key and base in _NAMED:
        fits = bool({"ctrl", "alt"}.intersection(modifiers)) or base == "insert"
        return None if fits else f"{action}: {shown} is needed for writing and moving"
    if is_key and len(base) == 1 and base.isascii() and base.isalnum():
        return _character_fault(action, shown, modifiers, base)
    return f"{action}: {shown} is not a key; write it like ctrl+g, alt+1 or f9"


def _character_fault(action: str, shown: str, modifiers: list[str], base: str) -> str | None:
    if modifiers == ["alt"]:
        return None
    if modifiers == ["ctrl"]:
        return f"{action}: terminals cannot send {shown}" if base.isdigit() else None
    if not modifiers or modifiers == ["shift"]:
        return f"{action}: {shown} alone is needed for writing"
    return f"{action}: most terminals cannot send {shown}"
