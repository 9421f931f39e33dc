"""Keys that a user may want: which are taken, which are refused and why."""

import importlib
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding
from textual.dom import DOMNode

import gpt2_tui.ui
from gpt2_tui.ui.keymap import changed_keys
from gpt2_tui.ui.keys import DESK_KEYS, KEEP_KEYS, spelled

DEFAULTS = {key.name: key.keys for key in (*DESK_KEYS, *KEEP_KEYS)}


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        ("f12", "f12"),
        ("Ctrl+E", "ctrl+e"),
        ("alt+x", "alt+x"),
        ("shift+ctrl+f5", "ctrl+shift+f5"),
        ("ctrl+up", "ctrl+up"),
        ("alt+space", "alt+space"),
        ("insert", "insert"),
    ],
)
def test_a_key_that_terminals_send_is_taken(wanted: str, key: str) -> None:
    assert changed_keys({"generate": wanted}) == ({"generate": key}, {})


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("g", "g alone is needed for writing"),
        ("shift+g", "shift+g alone is needed for writing"),
        ("up", "up is needed for writing and moving"),
        ("ctrl+i", "terminals send Tab for ctrl+i"),
        ("ctrl+m", "terminals send Enter for ctrl+m"),
        ("ctrl+1", "terminals cannot send ctrl+1"),
        ("ctrl+shift+g", "most terminals cannot send ctrl+shift+g"),
        ("ctrl+z", "ctrl+z is not free, it undoes"),
        ("ctrl+p", "ctrl+p is not free, it opens the palette"),
        ("escape", "escape is not free, it leaves every screen"),
        ("enter", "enter is not a key; write it like ctrl+g, alt+1 or f9"),
        ("tab", "tab is not a key"),
        ("f25", "f25 is not a key"),
        ("hyper+g", "hyper+g is not a key"),
        ("ctrl+ctrl+g", "ctrl+ctrl+g is not a key"),
        ("", " is not a key"),
        ("ctrl+g,f9", "ctrl+g,f9 is not a key"),
        ("\x1b[2J", "␛[2J is not a key"),
    ],
)
def test_an_impossible_key_is_refused_with_the_reason(wanted: str, why: str) -> None:
    good, faults = changed_keys({"generate": wanted})
    assert good == {}
    assert faults["generate"].startswith("generate: ")
    assert why in faults["generate"]


def keys_of_the_screens() -> set[str]:
    """The keys that screens and widgets use themselves, beside those of the desk's table."""
    for module in pkgutil.iter_modules(gpt2_tui.ui.__path__):
        importlib.import_module(f"gpt2_tui.ui.{module.name}")
    waiting: list[type[DOMNode]] = [DOMNode]
    found: set[str] = set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("gpt2_tui.ui."):
            bindings = Binding.make_bindings(kind.__dict__.get("BINDINGS", []))
            found |= {binding.key for binding in bindings if binding.id is None}
    return found


def test_no_action_takes_a_key_that_a_screen_uses_itself() -> None:
    keys = keys_of_the_screens()
    assert {"escape", "ctrl+s", "ctrl+r", "f9"} <= keys
    for key in keys:
        holder = next((name for name, default in DEFAULTS.items() if default == key), None)
        for name in DEFAULTS.keys() - {holder}:
            wanted = {name: key} if holder is None else {name: key, holder: "f12"}
            assert name not in changed_keys(wanted)[0], f"{name} would take {key}"


def test_stop_leaves_a_key_that_the_draft_uses_to_the_draft() -> None:
    good, faults = changed_keys({"stop": "ctrl+e", "generate": "ctrl+e"})
    assert good == {"generate": "ctrl+e"}
    assert faults == {"stop": "stop: ctrl+e is needed for writing and moving"}


def test_an_unknown_action_is_named() -> None:
    assert changed_keys({"fly": "f12"}) == ({}, {"fly": "there is no action fly"})


def test_a_key_that_another_action_has_is_refused() -> None:
    good, faults = changed_keys({"generate": "f6"})
    assert good == {}
    assert faults == {"generate": "generate and history cannot both have f6"}


def test_two_actions_that_want_the_same_key_have_neither() -> None:
    good, faults = changed_keys({"generate": "f12", "history": "f12", "help": "f11"})
    assert good == {"help": "f11"}
    assert faults.keys() == {"generate", "history"}


def test_two_actions_can_change_places() -> None:
    wanted = {"generate": "f6", "history": "ctrl+g"}
    assert changed_keys(wanted) == (wanted, {})


@given(
    st.dictionaries(
        st.sampled_from(sorted(DEFAULTS)),
        st.sampled_from([*DEFAULTS.values(), "f12", "alt+x", "ctrl+e", "q", "ctrl+i"]),
    )
)
def test_no_two_actions_ever_have_one_key(wanted: dict[str, str]) -> None:
    good, faults = changed_keys(wanted)
    keys = list({**DEFAULTS, **good}.values())
    assert len(keys) == len(set(keys))
    for name, key in wanted.items():
        assert name in good or name in faults or key == DEFAULTS[name]


def test_keys_are_spelled_as_people_write_them() -> None:
    spellings = [spelled(key) for key in ("ctrl+g", "alt+1", "escape", "f9", "ctrl+pageup")]
    assert spellings == ["Ctrl+G", "Alt+1", "Esc", "F9", "Ctrl+Pageup"]
