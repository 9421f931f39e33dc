"""Rows that differ in one setting alone and share their luck."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui import locations
from gpt2_tui.comparisons import (
    Beginning,
    Variant,
    Varied,
    plan,
    shared_beginnings,
    write_variants,
)
from gpt2_tui.continuations import Continuation, Finished, Piece, Request, write
from gpt2_tui.engine.runtime import Device
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.errors import SettingsError, UserError
from gpt2_tui.labels.authorship import AuthoredText, Origin
from gpt2_tui.labels.record import make_sample
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.settings import MOST_PANES, Sampling, Settings

PROMPT = AuthoredText.human("The keeper")
SETTINGS = Settings(Sampling(1, 0), length=30, seed=11)
LANE = 4


def planned(varied: Varied, values: str) -> tuple[Variant, ...]:
    return plan(PROMPT, SETTINGS, LANE, varied, values)


def all_written(model: LoadedModel, variants: tuple[Variant, ...]) -> dict[int, Continuation]:
    events = write_variants(lambda _: model, variants, lambda: False)
    return {event.lane: event.continuation for event in events if isinstance(event, Finished)}


@pytest.mark.parametrize("varied", [each for each in Varied if each is not Varied.MODEL])
def test_every_row_is_what_is_written_with_its_settings_alone(
    loaded_model: LoadedModel, varied: Varied
) -> None:
    variants = planned(varied, varied.examples)
    found = all_written(loaded_model, variants)
    assert sorted(found) == list(range(len(variants)))
    for number, variant in enumerate(variants):
        request = Request(variant.prompt.text, variant.settings, (LANE,))
        (alone,) = [e.continuation for e in write(loaded_model, request) if isinstance(e, Finished)]
        assert found[number].ids == alone.ids
        assert found[number].prompt_ids == alone.prompt_ids
        assert (found[number].settings, found[number].lane) == (variant.settings, LANE)


def test_equal_settings_would_give_equal_texts(loaded_model: LoadedModel) -> None:
    """The luck is shared: a top-k past the vocabulary is no top-k at all."""
    found = all_written(loaded_model, planned(Varied.TOP_K, "off, 100000, 3"))
    assert found[0].ids == found[1].ids != found[2].ids


def test_a_label_names_the_stream_that_a_row_drew_from(loaded_model: LoadedModel) -> None:
    variants = planned(Varied.TEMPERATURE, "0.5, 1.5")
    found = all_written(loaded_model, variants)
    for number, variant in enumerate(variants):
        (generation,) = make_sample(variant.prompt, found[number]).record["gens"]
        assert (generation["seed"], generation["lane"]) == (11, LANE)
        assert generation["sampler"]["temperature"] == ("0.5", "1.5")[number]


def test_stopping_ends_every_row(loaded_model: LoadedModel) -> None:
    variants = planned(Varied.PROMPT, "| saw| heard")
    pieces = 0

    def should_stop() -> bool:
        return pieces >= 7

    reasons = []
    for event in write_variants(lambda _: loaded_model, variants, should_stop):
        pieces += isinstance(event, Piece)
        if isinstance(event, Finished):
            reasons.append(event.continuation.stop_reason)
    assert pieces < 15
    assert reasons == [StopReason.STOPPED] * 3


@pytest.mark.parametrize(
    ("varied", "names"),
    [
        (Varied.TEMPERATURE, ["0.00", "0.40", "0.70", "0.90", "1.00", "1.30"]),
        (Varied.TOP_K, ["1", "5", "10", "40", "200", "off"]),
        (Varied.TOP_P, ["0.30", "0.50", "0.70", "0.90", "0.95", "off"]),
        (Varied.PROMPT, ["", " Suddenly", " Then she", ' "I']),
    ],
)
def test_the_examples_are_a_plan(varied: Varied, names: list[str]) -> None:
    variants = planned(varied, varied.examples)
    assert [each.name for each in variants] == names
    assert len({(each.prompt.text, each.settings) for each in variants}) == len(variants)
    if varied is not Varied.PROMPT:
        assert {each.prompt for each in variants} == {PROMPT}


def test_variants_of_the_prompt_end_it_in_other_ways() -> None:
    kept = AuthoredText("The keeper", PROMPT.spans)
    variants = plan(kept, SETTINGS, LANE, Varied.PROMPT, "| saw| heard, then")
    assert [each.prompt.text for each in variants] == [
        "The keeper",
        "The keeper saw",
        "The keeper heard, then",
    ]
    assert {each.settings for each in variants} == {SETTINGS}
    assert {span.origin for each in variants for span in each.prompt.spans} == {Origin.HUMAN}


@pytest.mark.parametrize(
    ("varied", "values", "fault"),
    [
        (Varied.TEMPERATURE, "", "2 to 12 values, not 0"),
        (Varied.TEMPERATURE, "0.5", "2 to 12 values, not 1"),
        (Varied.TEMPERATURE, ",".join(map(str, range(1, 11))) + ",0,0.1,0.2", "not 13"),
        (Varied.TEMPERATURE, "0.5, 0.50", "two of the values are the same"),
        (Varied.TEMPERATURE, "0.5, 11", "temperature must be from 0 to 10, not 11"),
        (Varied.TOP_K, "5, many", "top-k must be a whole number, not 'many'"),
        (Varied.TOP_P, "0, 1", "top-p must be above 0"),
        (Varied.PROMPT, "one way", "2 to 12 values, not 1"),
        (Varied.PROMPT, "|", "the same"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(varied: Varied, values: str, fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        planned(varied, values)


def test_twelve_rows_are_a_plan() -> None:
    values = ", ".join(str(number) for number in range(1, MOST_PANES + 1))
    assert len(planned(Varied.TOP_K, values)) == MOST_PANES


@given(st.lists(st.lists(st.sampled_from("ab"), max_size=6), max_size=6))
def test_a_beginning_is_the_longest_that_an_earlier_row_has_too(rows: list[list[str]]) -> None:
    beginnings = shared_beginnings(rows)
    assert len(beginnings) == len(rows)
    for number, (row, beginning) in enumerate(zip(rows, beginnings, strict=True)):
        shared = [
            max(n for n in range(len(row) + 1) if row[:n] == other[:n]) for other in rows[:number]
        ]
        longest = max(shared, default=0)
        assert beginning == Beginning(shared.index(longest) if longest else None, longest)


def test_each_model_writes_its_rows_and_then_the_next_is_asked_for(
    loaded_model: LoadedModel, other_model_folder: Path
) -> None:
    other = load_model(str(other_model_folder), Device.CPU)
    variants = planned(Varied.MODEL, f"starter, {other_model_folder}")
    assert [variant.name for variant in variants] == ["starter", str(other_model_folder)]
    models = iter([loaded_model, other])
    asked: list[str | None] = []

    def model_of(reference: str | None) -> LoadedModel:
        asked.append(reference)
        return next(models)

    events = write_variants(model_of, variants, lambda: False)
    found = [event.continuation for event in events if isinstance(event, Finished)]
    assert asked == ["starter", str(other_model_folder)]
    assert [made.maker for made in found] == [loaded_model.maker, other.maker]
    for model, made in zip((loaded_model, other), found, strict=True):
        request = Request(PROMPT.text, SETTINGS, (LANE,))
        (alone,) = [e.continuation for e in write(model, request) if isinstance(e, Finished)]
        assert made.ids == alone.ids


def test_a_model_that_has_not_begun_when_it_stops_is_not_asked_for(
    loaded_model: LoadedModel, other_model_folder: Path
) -> None:
    variants = planned(Varied.MODEL, f"starter, {other_model_folder}")
    models = iter([loaded_model])
    begun = False

    def model_of(_: str | None) -> LoadedModel:
        nonlocal begun
        begun = True
        return next(models)

    found = list(write_variants(model_of, variants, lambda: begun))
    assert [event.lane for event in found if isinstance(event, Finished)] == [0]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ("starter", "2 to 12 values"),
        ("starter, starter", "the same"),
        ("starter, gone", "there is no model 'gone'"),
        ("starter, 355M", "models pull gpt2-medium"),
    ],
)
def test_models_that_cannot_be_compared(values: str, fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        planned(Varied.MODEL, values)


def test_the_models_of_this_machine_are_offered(other_model_folder: Path) -> None:
    shutil.copytree(other_model_folder, locations.models_folder() / "other")
    assert Varied.MODEL.examples == "starter, other"
