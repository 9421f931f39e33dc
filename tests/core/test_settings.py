"""Settings: their defaults, ranges and spelling."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui import settings
from gpt2_tui.errors import SettingsError
from gpt2_tui.settings import (
    COUNT,
    LARGEST_WHOLE,
    LENGTH,
    PANES,
    SEED,
    TEMPERATURE,
    TOP_K,
    TOP_P,
    NumberField,
    Sampling,
    Settings,
    TopPRule,
    fresh_seed,
)

FIELDS = [TEMPERATURE, TOP_K, TOP_P, LENGTH, SEED, COUNT, PANES]
fields = pytest.mark.parametrize("field", FIELDS, ids=[field.name for field in FIELDS])


def test_the_defaults_are_those_of_the_design() -> None:
    made = Settings()
    assert made.sampling == Sampling(0.8, 40, 1.0, TopPRule.USUAL)
    assert made.length == 120
    assert (made.stop, made.keep_going, made.special) == ((), False, False)
    assert (COUNT.default, PANES.default) == (1, 3)


def test_minus_zero_is_zero() -> None:
    assert TEMPERATURE.format(TEMPERATURE.parse("-0")) == "0.00"
    assert TEMPERATURE.format(TEMPERATURE.check(-0.0)) == "0.00"


def test_the_largest_whole_number_is_one_that_every_json_reader_holds() -> None:
    assert int(float(LARGEST_WHOLE)) == LARGEST_WHOLE == 2**53 - 1


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (TEMPERATURE, "0", 0),
        (TEMPERATURE, "10", 10),
        (TEMPERATURE, " 0.7 ", 0.7),
        (TOP_K, "0", 0),
        (TOP_K, "off", 0),
        (TOP_P, "OFF", 1),
        (TOP_P, "1e-9", 1e-9),
        (LENGTH, "1", 1),
        (SEED, str(2**53 - 1), 2**53 - 1),
        (COUNT, "0", 0),
    ],
)
def test_a_number_at_the_edge_of_its_range_is_taken(
    field: NumberField, text: str, value: float
) -> None:
    assert field.parse(text) == value


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (TEMPERATURE, "-0.01"),
        (TEMPERATURE, "10.01"),
        (TEMPERATURE, "nan"),
        (TEMPERATURE, "inf"),
        (TEMPERATURE, "-inf"),
        (TEMPERATURE, "off"),
        (TEMPERATURE, "warm"),
        (TEMPERATURE, ""),
        (TOP_K, "-1"),
        (TOP_K, "1.5"),
        (TOP_P, "0"),
        (TOP_P, "1.0001"),
        (TOP_P, "nan"),
        (LENGTH, "0"),
        (LENGTH, "off"),
        (SEED, "-1"),
        (SEED, str(2**53)),
        (SEED, "1" + "0" * 400),
        (SEED, "9" * 5000),
        (COUNT, "-1"),
        (PANES, "0"),
    ],
)
def test_a_number_out_of_range_is_refused_in_one_line_that_names_the_setting(
    field: NumberField, text: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        field.parse(text)
    message = str(caught.value)
    assert message.startswith(f"{field.label} must be ")
    assert "\n" not in message
    assert len(message) < 200


@fields
@given(steps=st.integers(-(10**9), 10**9), data=st.data())
def test_a_step_at_the_desk_never_leaves_the_range(
    field: NumberField, steps: int, data: st.DataObject
) -> None:
    largest = int(min(field.maximum, 10**6))
    value = data.draw(st.integers(math.ceil(field.minimum + 1), max(largest, 1)))
    field.check(field.stepped(field.check(min(value, field.maximum)), steps))


@fields
def test_a_step_up_and_a_step_down_end_where_they_began(field: NumberField) -> None:
    middle = field.stepped(field.minimum, 3)
    assert field.stepped(field.stepped(middle, 1), -1) == middle
    assert field.stepped(middle, 1) > middle or middle == field.maximum


@fields
@given(data=st.data())
def test_what_is_shown_of_a_number_reads_as_the_same_number(
    field: NumberField, data: st.DataObject
) -> None:
    low = field.minimum if field.minimum_allowed else math.nextafter(field.minimum, 1)
    value: float = data.draw(
        st.integers(int(field.minimum), int(field.maximum))
        if field.whole
        else st.floats(low, field.maximum)
    )
    assert field.parse(field.format(value)) == value


def test_numbers_are_shown_with_no_more_digits_than_they_need() -> None:
    assert TEMPERATURE.format(0.8) == "0.80"
    assert TEMPERATURE.format(0.125) == "0.125"
    assert TOP_K.format(40) == "40"
    assert (TOP_K.format(0), TOP_P.format(1.0)) == ("off", "off")


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": -1.0}, {"temperature": math.nan}, {"top_k": -1}, {"top_p": 0.0}],
    ids=str,
)
def test_sampling_out_of_range_cannot_be_made(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        Sampling(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"length": 0}, {"seed": 2**53}], ids=str)
def test_settings_out_of_range_cannot_be_made(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError):
        Settings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "\udc80", "half a \ud83d character"])
def test_a_stop_text_that_no_model_can_write_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="stop text"):
        Settings(stop=("fine", text))


def test_a_drawn_seed_is_in_range_and_differs_from_the_last() -> None:
    seeds = {fresh_seed() for _ in range(50)}
    assert len(seeds) > 25
    assert all(SEED.check(seed) == seed for seed in seeds)


def test_every_number_has_help_and_a_flag() -> None:
    for field in FIELDS:
        assert field.help
        assert field.flag == f"--{field.name.replace('_', '-')}"
    assert settings.SAMPLING_FIELDS.keys() == {"temperature", "top_k", "top_p"}
