"""The settings file: what is written reads back, what is wrong is told and left alone."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpt2_tui import locations
from gpt2_tui.preferences.file import read, save
from gpt2_tui.preferences.options import (
    ChoiceField,
    Option,
    SwitchField,
    TextField,
    Value,
    checked,
    key_in_file,
)
from gpt2_tui.preferences.presets import BUILT_IN, LONGEST_NAME, USUAL, Preset
from gpt2_tui.preferences.schema import OPTIONS, SAMPLING_OPTIONS, Preferences
from gpt2_tui.settings import FINISH_SENTENCE, NumberField, Stopping

printable = st.characters(exclude_categories=("C", "Z"))
names = st.text(printable, min_size=1, max_size=LONGEST_NAME).filter(
    lambda name: name.lower() not in {USUAL, *(preset.name.lower() for preset in BUILT_IN)}
)


def values_of(option: Option) -> st.SearchStrategy[Value]:
    if isinstance(option, ChoiceField):
        return st.sampled_from(option.choices)
    if isinstance(option, TextField):
        return st.text(printable, max_size=30)
    if isinstance(option, SwitchField):
        return st.booleans()
    assert isinstance(option, NumberField)
    if option.whole:
        return st.integers(int(option.minimum), int(option.maximum))
    return st.floats(
        option.minimum, option.maximum, exclude_min=not option.minimum_allowed, allow_subnormal=True
    )


def preferences_with(options: tuple[Option, ...]) -> st.SearchStrategy[Preferences]:
    values = st.fixed_dictionaries({}, optional={each.name: values_of(each) for each in options})
    return values.map(Preferences().with_values)


presets = st.builds(
    lambda name, made: Preset(name, made.sampling, is_own=True),
    names,
    preferences_with(SAMPLING_OPTIONS),
)
stoppings = st.builds(
    Stopping,
    stop=st.lists(st.text(min_size=1, max_size=4), max_size=3).map(tuple),
    finish_sentence=values_of(FINISH_SENTENCE),
)
whole_preferences = st.builds(
    lambda made, keys, own, stopping: replace(
        made, keys=MappingProxyType(keys), presets=own, stopping=stopping
    ),
    preferences_with(OPTIONS),
    st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda t: t.isprintable()), names),
    st.lists(presets, unique_by=lambda preset: preset.name, max_size=3).map(tuple),
    stoppings,
)


def same(one: Preferences, other: Preferences) -> bool:
    """Equal but for the order of keys and presets, which says nothing."""
    return (
        all(one.value(option) == other.value(option) for option in OPTIONS)
        and dict(one.keys) == dict(other.keys)
        and set(one.presets) == set(other.presets)
        and one.stopping == other.stopping
    )


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(whole_preferences, min_size=1, max_size=4))
def test_whatever_is_saved_one_after_the_other_reads_back(
    module_folder: Path, steps: list[Preferences]
) -> None:
    path = module_folder / "settings.toml"
    path.unlink(missing_ok=True)
    before = Preferences()
    for after in steps:
        assert save(path, before, after) == path
        stored = read(path)
        assert stored.faults == ()
        assert same(stored.preferences, after)
        before = after


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_any_file_is_read_without_an_error_and_is_left_alone_where_it_is_wrong(
    module_folder: Path, data: bytes
) -> None:
    path = module_folder / "any.toml"
    path.write_bytes(data)
    stored = read(path)
    for fault in stored.faults:
        assert str(path) in fault
        assert fault.isprintable()
    if stored.faults:
        beside = save(path, stored.preferences, stored.preferences)
        assert beside != path
        assert path.read_bytes() == data
        beside.unlink()


def test_without_a_file_the_defaults_hold() -> None:
    stored = read()
    assert stored.path == locations.settings_file()
    assert stored.preferences == Preferences()
    assert stored.faults == ()
    assert not stored.path.exists()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("temperature = 11", "temperature must be from 0 to 10, not 11; the default is used"),
        ("temperature = nan", "temperature must be from 0 to 10, not nan; the default is used"),
        ("temperature = true", "temperature must be a number, not True; the default is used"),
        ("top-k = 40.0", "top-k must be a whole number, not 40.0; the default is used"),
        ("top-k = '40'", "top-k must be a whole number, not '40'; the default is used"),
        ("top-p = 0", "top-p must be above 0, up to 1, not 0; the default is used"),
        ("top-p-rule = 'mine'", "top-p rule must be usual or original, not 'mine'; the default"),
        ("device = 1", "device must be a text in quotes, not 1; the default is used"),
        ('model = "a\\nb"', "model must be one line of text, not 'a\\nb'; the default is used"),
        ("theme = ['a']", "theme must be a text in quotes, not a list; the default is used"),
        ("colour = 1", "there is no setting colour"),
        ('"\\u001b[2J" = 1', "there is no setting ␛[2J"),
        ("keys = 1", "[keys] must be a table; no key is changed"),
        ("[keys]\ngenerate = 1", "[keys] generate must be a key's name in quotes"),
        ("presets = 1", "[presets] must be a table; there are no presets of your own"),
        ("[presets]\nmine = 1", "[presets.mine] must be a table with temperature"),
        ("[presets.Wild]", "[presets.Wild] the program has a preset called Wild"),
        ("[presets.mine]\ntop-k = -1", "[presets.mine] top-k must be from 0 to 2^53 - 1, not -1"),
        ("[presets.mine]\nseed = 1", "[presets.mine] there is no setting seed"),
    ],
)
def test_a_wrong_field_is_named_and_has_its_default_while_the_rest_counts(
    tmp_path: Path, text: str, fault: str
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f"length = 77\n{text}\n")
    stored = read(path)
    assert len(stored.faults) == 1
    assert stored.faults[0].startswith(f"{path}: {fault}")
    assert stored.preferences.length == 77
    for option in OPTIONS:
        if option.name != "length":
            assert stored.preferences.value(option) == option.default


@pytest.mark.parametrize(
    "data",
    [b"temperature", b"\xff", b"a = 1\na = 2", b"x = " + b"[" * 9000, b"x = " + b"9" * 5000],
    ids=["half", "no-utf8", "twice", "deep", "long-number"],
)
def test_a_file_that_is_not_toml_is_one_fault_and_all_defaults(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(data)
    stored = read(path)
    assert stored.preferences == Preferences()
    (fault,) = stored.faults
    assert fault.startswith(f"{path} is not TOML (")
    assert len(fault) < len(str(path)) + 200


def test_a_file_that_cannot_be_read_or_is_too_large_is_one_fault(tmp_path: Path) -> None:
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * ((1 << 20) + 1))
    assert read(large).faults == (
        f"{large} is too large for a settings file; the defaults are used",
    )
    (fault,) = read(tmp_path).faults
    assert fault.startswith(f"cannot read {tmp_path}: ")


def test_saving_keeps_comments_order_and_what_another_window_stored(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("# mine\ntop-k = 7  # few\n\n[keys]\nhelp = 'f9' # far away\n")
    before = read(path).preferences
    save(path, before, before.with_values({"panes": 5}))
    after = before.with_values({"temperature": 1.5, "top_k": 40})
    save(path, before, after)
    text = path.read_text()
    assert text.startswith("# mine\n")
    assert "help = 'f9' # far away\n" in text
    assert "top-k" not in text  # its default again
    stored = read(path).preferences
    assert (stored.temperature, stored.top_k, stored.panes) == (1.5, 40, 5)


def test_beside_a_wrong_file_all_settings_are_saved_in_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("top-k = 7\ncolour = 'red'\n")
    before = read(path).preferences
    beside = save(path, before, before.with_values({"panes": 5}))
    assert beside == tmp_path / "settings-2.toml"
    stored = read(beside)
    assert stored.faults == ()
    assert (stored.preferences.top_k, stored.preferences.panes) == (7, 5)
    assert path.read_text() == "top-k = 7\ncolour = 'red'\n"


def test_the_file_is_private_and_holds_only_what_was_set(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.toml"
    save(path, Preferences(), Preferences(temperature=0.5))
    assert path.stat().st_mode & 0o777 == 0o600
    lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
    assert lines == ["temperature = 0.5"]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_has_help_a_default_it_accepts_and_its_flags_name(option: Option) -> None:
    assert option.help
    assert checked(option, option.default) == option.default
    assert key_in_file(option) == option.name.replace("_", "-")
