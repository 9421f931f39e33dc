"""The loop alarm: it goes off in a circle, says where that began, and is silent otherwise."""

from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.engine.loop_alarm import LoopAlarm, loop_start

BEFORE = st.lists(st.integers(100, 300), max_size=30, unique=True)
ROUND = st.lists(st.integers(0, 50), min_size=1, max_size=100, unique=True)


def goes_off_after(ids: list[int]) -> int | None:
    alarm = LoopAlarm()
    return next((count for count, each in enumerate(ids, 1) if alarm.push(each)), None)


@given(before=BEFORE, turn=ROUND)
def test_it_goes_off_after_three_rounds_and_forty_tokens(
    before: list[int], turn: list[int]
) -> None:
    length = max(3 * len(turn), 40)
    ids = [*before, *islice(cycle(turn), length)]
    assert goes_off_after(ids) == len(ids)
    assert goes_off_after(ids[:-1]) is None
    assert loop_start(ids) == len(before)


@given(st.lists(st.integers(0, 3), max_size=39))
def test_nothing_shorter_than_forty_tokens_is_a_loop(ids: list[int]) -> None:
    assert loop_start(ids) is None


@given(st.lists(st.integers(0, 2), max_size=200))
def test_it_agrees_with_the_rule_word_for_word(ids: list[int]) -> None:
    def is_loop(end: int, turn: int, length: int) -> bool:
        part = ids[end - length : end]
        return len(part) == length and all(a == b for a, b in zip(part, part[turn:], strict=False))

    expected = next(
        (
            end
            for end in range(1, len(ids) + 1)
            if any(is_loop(end, turn, max(3 * turn, 40)) for turn in range(1, 101))
        ),
        None,
    )
    assert goes_off_after(ids) == expected


@pytest.mark.parametrize("turns", [2, 3])
def test_a_refrain_sung_twice_is_no_loop(turns: int) -> None:
    ids = list(range(60)) * turns
    assert (loop_start(ids) == 0) == (turns == 3)


def test_a_circle_longer_than_a_hundred_tokens_is_not_noticed() -> None:
    assert loop_start(list(range(101)) * 5) is None
