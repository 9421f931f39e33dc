"""Medians and quartiles, what fits into a window, and what a step must read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.benchmark.bench import FULL, QUICK, Effort, plan_for
from gpt2_tui.benchmark.figures import Figure, bytes_read_for_a_step, figure_of, is_steady
from gpt2_tui.models.manifest import Architecture

GPT2_SMALL = Architecture(
    layers=12, heads=12, width=768, window=1024, vocabulary=50257, end_of_text=50256
)


def test_a_figure_is_the_median_with_the_quartiles() -> None:
    assert figure_of([5, 1, 4, 2, 3]) == Figure(3, 2, 4, 5)
    assert figure_of([2.0]) == Figure(2, 2, 2, 1)


def test_a_machine_is_steady_up_to_three_lost_parts_in_a_hundred() -> None:
    assert is_steady([0.01, 0.04])
    assert not is_steady([0.01, 0.06])


@given(window=st.integers(4, 4096), effort=st.sampled_from([FULL, QUICK]))
def test_every_plan_fits_into_its_window(window: int, effort: Effort) -> None:
    plan = plan_for(window, effort)
    assert plan.prompts
    assert all(0 < tokens <= window for tokens in plan.prompts)
    assert plan.steps > 0
    assert all(0 < context <= window - plan.steps for context in plan.contexts)
    assert 0 < plan.whole_length <= window - plan.whole_prompt


def test_gpt2_is_measured_where_others_measure_it() -> None:
    plan = plan_for(1024, FULL)
    assert plan.prompts == (64, 512, 960)
    assert plan.contexts == (64, 880)
    assert plan_for(512, FULL).contexts == (64, 440)


@pytest.mark.parametrize(("precision", "megabytes"), [("fp32", 494), ("int8", 123.5)])
def test_a_step_of_gpt2_reads_its_weights(precision: str, megabytes: float) -> None:
    size = bytes_read_for_a_step(GPT2_SMALL, precision, caches=8, context=0)
    assert size == pytest.approx(megabytes * 1e6, rel=0.001)


def test_a_step_of_gpt2_reads_keys_and_values_of_each_lane() -> None:
    none = bytes_read_for_a_step(GPT2_SMALL, "fp32", caches=8, context=0)
    some = bytes_read_for_a_step(GPT2_SMALL, "fp32", caches=8, context=100)
    assert none is not None
    assert some == none + 8 * 100 * 73728
    assert bytes_read_for_a_step(GPT2_SMALL, "fp32", 8, 100, 1) == none + 8 * 100 * 18432


def test_the_bytes_of_an_unknown_precision_are_not_guessed() -> None:
    assert bytes_read_for_a_step(GPT2_SMALL, "int3", caches=1, context=0) is None
