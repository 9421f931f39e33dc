"""The settings file: TOML that a user may write by hand, and that the settings screen writes.

It holds only what was set. Whatever is wrong in it is told, with the default in its place; a file
with anything wrong is never written over. Comments and order stay when the screen changes it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gpt2_tui import locations, storage
from gpt2_tui.errors import SettingsError, StorageError
from gpt2_tui.preferences import stopping
from gpt2_tui.preferences.options import Option, Value, checked, key_in_file
from gpt2_tui.preferences.presets import Preset, check_name
from gpt2_tui.preferences.schema import OPTIONS, SAMPLING_OPTIONS, Preferences
from gpt2_tui.settings import Sampling, TopPRule
from gpt2_tui.text.visible import one_line, quoted

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_LARGEST_FILE = 1 << 20
_KEYS, _PRESETS = "keys", "presets"
_HEADING = "Settings of gpt2-tui. What is not set here has its default."


@dataclass(frozen=True)
class Stored:
    """What the file at `path` says. Each of `faults` is one line that names file and field."""

    path: Path
    preferences: Preferences = field(default_factory=Preferences)
    faults: tuple[str, ...] = ()


def read(path: Path | None = None) -> Stored:
    """The stored settings; the defaults where there is no file. Nothing is raised."""
    path = locations.settings_file() if path is None else path
    try:
        text = _text(path)
        values = tomllib.loads(text)
    except StorageError as error:
        return Stored(path, faults=(f"{error}; the defaults are used",))
    except (ValueError, RecursionError) as error:
        why = one_line(str(error)) if isinstance(error, tomllib.TOMLDecodeError) else "broken"
        return Stored(path, faults=(f"{path} is not TOML ({why}); the defaults are used",))
    faults: list[str] = []
    preferences = _preferences(values, faults)
    return Stored(path, preferences, tuple(f"{path}: {fault}" for fault in faults))


def save(path: Path, before: Preferences, after: Preferences, *, beside: bool = False) -> Path:
    """Write what differs between `before` and `after` into the file: where it was written.

    All else that stands in the file, comments too, stays. If anything is wrong in it, or with
    `beside`, all of `after` goes into a new file next to it. Raises StorageError.
    """
    import tomlkit

    if beside or read(path).faults:
        document = _new_document()
        _change(document, Preferences(), after)
        data = tomlkit.dumps(document).encode()
        return storage.write_new(path.parent, path.stem, path.suffix, data)
    text = _text(path)
    document = tomlkit.parse(text) if text else _new_document()
    _change(document, before, after)
    storage.replace(path, tomlkit.dumps(document).encode())
    return path


def _text(path: Path) -> str:
    """What stands in the file; nothing if there is none. Raises StorageError or ValueError."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise StorageError(f"cannot read {path}: {storage.reason(error)}") from error
    if len(data) > _LARGEST_FILE:
        raise StorageError(f"{path} is too large for a settings file")
    return data.decode("utf-8-sig")


def _preferences(values: Mapping[str, Any], faults: list[str]) -> Preferences:
    rest = dict(values)
    good = _options(rest, OPTIONS, faults, "")
    keys = dict(_texts(rest.pop(_KEYS, {}), faults))
    presets = tuple(_presets(rest.pop(_PRESETS, {}), faults))
    ends = stopping.read_table(rest.pop(stopping.TABLE, {}), faults)
    faults.extend(_unknown(rest, ""))
    others = Preferences(keys=MappingProxyType(keys), presets=presets, stopping=ends)
    return others.with_values(good)


def _options(
    rest: dict[str, Any], options: tuple[Option, ...], faults: list[str], where: str
) -> dict[str, Value]:
    """Take the values of `options` out of `rest`: those that are right, by the options' names."""
    good = {}
    for option in options:
        key = key_in_file(option)
        if key not in rest:
            continue
        try:
            good[option.name] = checked(option, rest.pop(key))
        except SettingsError as error:
            faults.append(f"{where}{error}; the default is used")
    return good


def _texts(table: object, faults: list[str]) -> Iterator[tuple[str, str]]:
    if not isinstance(table, dict):
        faults.append(f"[{_KEYS}] must be a table; no key is changed")
        return
    for name, value in table.items():
        if isinstance(value, str):
            yield name, value
        else:
            faults.append(f"[{_KEYS}] {quoted(name)} must be a key's name in quotes")


def _presets(table: object, faults: list[str]) -> Iterator[Preset]:
    if not isinstance(table, dict):
        faults.append(f"[{_PRESETS}] must be a table; there are no presets of your own")
        return
    for name, value in table.items():
        where = f"[{_PRESETS}.{quoted(name)}] "
        try:
            check_name(name)
        except SettingsError as error:
            faults.append(f"{where}{error}")
            continue
        if not isinstance(value, dict):
            faults.append(f"{where}must be a table with temperature, top-k, top-p, top-p-rule")
            continue
        rest = dict(value)
        good = _options(rest, SAMPLING_OPTIONS, faults, where)
        faults.extend(_unknown(rest, where))
        yield Preset(name.strip(), Preferences().with_values(good).sampling, is_own=True)


def _unknown(rest: Mapping[str, object], where: str) -> list[str]:
    return [f"{where}there is no setting {quoted(name)}" for name in rest]


def _new_document() -> "TOMLDocument":
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(_HEADING))
    return document


def _change(document: "TOMLDocument", before: Preferences, after: Preferences) -> None:
    """Make the document that says `before` say `after`. What has its default is left out."""
    old = {key_in_file(each): before.value(each) for each in OPTIONS}
    default = {key_in_file(each): each.default for each in OPTIONS}
    for option in OPTIONS:
        key, value = key_in_file(option), after.value(option)
        if value != old[key]:
            _put(document, key, None if value == default[key] else value)
    _change_table(document, _KEYS, before.keys, after.keys)
    _change_table(
        document,
        stopping.TABLE,
        stopping.as_table(before.stopping),
        stopping.as_table(after.stopping),
    )
    _change_table(
        document,
        _PRESETS,
        {preset.name: _sampling_values(preset.sampling) for preset in before.presets},
        {preset.name: _sampling_values(preset.sampling) for preset in after.presets},
    )


def _change_table(
    document: "TOMLDocument", name: str, old: Mapping[str, object], new: Mapping[str, object]
) -> None:
    import tomlkit

    changed = {key: new.get(key) for key in {**old, **new} if new.get(key) != old.get(key)}
    if not changed:
        return
    if name not in document:
        document[name] = tomlkit.table()
    for key, value in changed.items():
        _put(document[name], key, value)
    if not document[name]:
        del document[name]


def _put(table: Any, key: str, value: object) -> None:
    """Set `key`, or take it out for None."""
    if value is not None:
        table[key] = value
    elif key in table:
        del table[key]


def _sampling_values(sampling: Sampling) -> dict[str, Value]:
    return {
        "temperature": sampling.temperature,
        "top-k": sampling.top_k,
        "top-p": sampling.top_p,
        "top-p-rule": str(TopPRule(sampling.top_p_rule)),
    }
