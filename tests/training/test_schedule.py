"""The learning rate's course, and what may be changed about it on resuming."""

from dataclasses import replace

import pytest

from export.training.recipe import Recipe
from export.training.schedule import ScheduleError, plan, replan, window

RECIPE = replace(Recipe(), tokens=10_000_000, warm_up_tokens=100_000)


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    schedule = plan(RECIPE)
    assert 0 < schedule.rate(0) < schedule.rate(50_000) < 1
    assert schedule.rate(100_000) == schedule.rate(5_000_000) == 1
    assert schedule.rate(7_500_000) == pytest.approx(0.5)
    assert schedule.rate(10_000_000) == schedule.rate(10_001_000) == 0


def test_the_total_may_change_before_the_decay() -> None:
    longer = replan(plan(RECIPE), replace(RECIPE, tokens=20_000_000), seen=4_000_000)
    assert longer == plan(replace(RECIPE, tokens=20_000_000))


def test_a_decay_that_should_have_begun_begins_at_once() -> None:
    shorter = replan(plan(RECIPE), replace(RECIPE, tokens=7_000_000), seen=4_000_000)
    assert (shorter.decay_from, shorter.total) == (4_000_000, 7_000_000)
    assert shorter.rate(4_000_000) == 1


@pytest.mark.parametrize("total", [8_000_000, 14_000_000])
def test_a_decay_that_has_begun_goes_on_from_its_rate_to_a_new_total(total: int) -> None:
    old = plan(RECIPE)
    changed = replan(old, replace(RECIPE, tokens=total), seen=6_000_000)
    assert changed.rate(6_000_000) == pytest.approx(old.rate(6_000_000)) == 0.8
    assert changed.rate((6_000_000 + total) // 2) == pytest.approx(0.4)
    assert changed.rate(total) == 0
    assert (changed.total, changed.full_window_from) == (total, total * 0.8)
    assert changed.decay_from == old.decay_from, "there --rewind goes back to"

    again = replan(changed, replace(RECIPE, tokens=20_000_000), seen=7_000_000)
    assert again.rate(7_000_000) == pytest.approx(changed.rate(7_000_000))


@pytest.mark.parametrize("total", [9_000_000, 10_100_000, 14_000_000])
def test_full_windows_that_have_begun_stay_with_a_new_total(total: int) -> None:
    old = plan(RECIPE)
    changed = replan(old, replace(RECIPE, tokens=total), seen=8_200_000)
    assert changed.full_window_from == old.full_window_from == 8_000_000
    assert changed.rate(8_200_000) == pytest.approx(old.rate(8_200_000))
    assert changed.rate(total) == 0


def test_the_same_total_changes_nothing() -> None:
    begun_early = replan(plan(RECIPE), replace(RECIPE, tokens=7_000_000), seen=4_000_000)
    assert replan(begun_early, replace(RECIPE, tokens=7_000_000), seen=6_000_000) == begun_early


@pytest.mark.parametrize(
    ("tokens", "seen"),
    [
        (7_000_000, 5_600_001),
        (4_500_000, 4_000_000),
        (9_000_000, 9_000_000),  # full windows have begun, but nothing is left
        (8_500_000, 9_000_000),
        (20_000_000, 10_000_000),  # at a rate of zero nothing would be learned
    ],
)
def test_an_unfitting_total_is_refused(tokens: int, seen: int) -> None:
    with pytest.raises(ScheduleError):
        replan(plan(RECIPE), replace(RECIPE, tokens=tokens), seen)


def test_rows_are_short_at_first_and_full_at_the_end() -> None:
    schedule = plan(RECIPE)
    steps = RECIPE.tokens // RECIPE.tokens_per_step
    windows = [window(step, schedule, RECIPE) for step in range(steps)]
    late = round(steps * (1 - RECIPE.full_window_share)) + 1
    assert set(windows[late:]) == {RECIPE.window}
    early = windows[: late - 2]
    assert early.count(RECIPE.window) == len(early) // RECIPE.full_window_every
