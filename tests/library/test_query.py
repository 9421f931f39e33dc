"""What can be typed into the search line."""

import pytest

from gpt2_tui.errors import SettingsError
from gpt2_tui.library.query import Query, parse


def test_fields_are_taken_out_of_the_words() -> None:
    query = parse("old top-k:0 Lamp MODEL:gpt2 temperature:0.5 top-p:0.9 seed:7", Query())
    assert query == Query("old Lamp", model="gpt2", temperature=0.5, top_k=0, top_p=0.9, seed=7)


def test_what_is_no_field_is_a_word() -> None:
    assert parse("note: a:b seed: :", Query()).words == "note: a:b seed: :"


def test_every_word_is_quoted_for_the_index() -> None:
    assert Query('lamp OR "x* -y').match == '"lamp"* "OR"* "x"* "y"*'
    assert Query("!?").match == ""


@pytest.mark.parametrize("text", ["seed:x", "top-p:2", "temperature:-1"])
def test_a_number_out_of_range_is_an_error(text: str) -> None:
    with pytest.raises(SettingsError):
        parse(text, Query())
