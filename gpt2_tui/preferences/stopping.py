"""What ends a continuation at the desk, as the settings file holds it: the table `[stopping]`."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from gpt2_tui.errors import SettingsError
from gpt2_tui.preferences.options import checked
from gpt2_tui.settings import FINISH_SENTENCE, Stopping
from gpt2_tui.text.visible import one_line

TABLE = "stopping"


def read_table(table: object, faults: list[str]) -> Stopping:
    """What `table` says; a line in `faults` for each thing that is wrong in it."""
    if not isinstance(table, dict):
        faults.append(f"[{TABLE}] must be a table; the defaults are used")
        return Stopping()
    rest = dict(table)
    good: dict[str, Any] = {}
    for name, check in _CHECKS.items():
        key = _key(name)
        if key not in rest:
            continue
        try:
            good[name] = check(key, rest.pop(key))
        except SettingsError as error:
            faults.append(f"[{TABLE}] {error}; the default is used")
    faults.extend(f"[{TABLE}] there is no setting {one_line(name):.60}" for name in rest)
    return Stopping(**good)


def as_table(stopping: Stopping) -> dict[str, object]:
    """What differs from the defaults."""
    values = {each.name: getattr(stopping, each.name) for each in fields(Stopping)}
    return {
        _key(name): list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value != getattr(Stopping(), name)
    }


def _key(name: str) -> str:
    return name.replace("_", "-")


def _stop_texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise SettingsError(f"{key} must be a list of texts in quotes, none of them empty")
    return tuple(value)


def _finish_sentence(_key: str, value: object) -> int:
    return int(checked(FINISH_SENTENCE, value))


def _yes_or_no(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{key} must be true or false")
    return value


_CHECKS: dict[str, Callable[[str, object], object]] = {
    "stop": _stop_texts,
    "finish_sentence": _finish_sentence,
    "keep_going": _yes_or_no,
    "loop_alarm": _yes_or_no,
}
