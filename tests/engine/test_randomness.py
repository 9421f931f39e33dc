"""The uniform numbers behind every draw."""

import itertools

import numpy as np
import pytest

from gpt2_tui.engine import randomness
from gpt2_tui.engine.randomness import uniform
from gpt2_tui.engine.sampling import candidates, draw
from gpt2_tui.settings import Sampling, TopPRule
from tests.engine.reference_sampler import distribution

LARGEST = 2**53 - 1


def chi_square(counts: list[int], probabilities: list[float]) -> float:
    total = sum(counts)
    return sum(
        (count - total * p) ** 2 / (total * p)
        for count, p in zip(counts, probabilities, strict=True)
    )


def highest_chi_square(classes: int) -> float:
    """What one in a million fair experiments passes (Wilson and Hilferty's approximation)."""
    freedom = classes - 1
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + 4.75 * spread**0.5) ** 3)


@pytest.mark.parametrize(
    ("seed", "lane", "position", "value"),
    [
        (0, 0, 0, "0x1.3725a6dfde8ccp-3"),
        (0, 0, 1, "0x1.98c47ace55e24p-3"),
        (0, 1, 0, "0x1.272529fffdfb0p-1"),
        (1, 0, 0, "0x1.f2ec9847b4d57p-1"),
        (7, 2, 119, "0x1.308f126213277p-1"),
        (LARGEST, LARGEST, LARGEST, "0x1.737426b83ee9dp-1"),
    ],
)
def test_the_rule_never_changes_without_a_new_name(
    seed: int, lane: int, position: int, value: str
) -> None:
    # Labels promise these numbers by the rule's name. If one must change, the name must too.
    assert randomness.RULE == "blake2b-53/1"
    assert uniform(seed, lane, position) == float.fromhex(value)


def test_numbers_lie_from_0_to_1_in_steps_of_53_bits() -> None:
    numbers = [uniform(3, lane, position) for lane in range(20) for position in range(200)]
    assert all(0 <= number < 1 for number in numbers)
    assert all((number * 2**53).is_integer() for number in numbers)
    assert any((number * 2**53) % 2 == 1 for number in numbers)
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("along", ["seed", "lane", "position"])
def test_numbers_are_uniform_along_each_of_the_three(along: str) -> None:
    counts = [0] * 64
    for step in range(40_000):
        where = {"seed": 11, "lane": 2, "position": 5, along: step}
        counts[int(uniform(**where) * 64)] += 1
    assert chi_square(counts, [1 / 64] * 64) < highest_chi_square(64)


@pytest.mark.parametrize(
    ("one", "other"),
    [((5, 0), (5, 1)), ((5, 0), (6, 0)), ((0, 1), (1, 0)), ((5, 3), (6, 2))],
    ids=["lanes", "seeds", "swapped", "same sum"],
)
def test_two_streams_know_nothing_of_each_other(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    counts = [0] * 64
    for position in range(40_000):
        places = (int(uniform(*stream, position) * 8) for stream in (one, other))
        counts[next(places) * 8 + next(places)] += 1
    assert chi_square(counts, [1 / 64] * 64) < highest_chi_square(64)


def test_a_number_does_not_tell_the_next_one() -> None:
    stream = [int(uniform(1, 1, position) * 8) for position in range(40_001)]
    counts = [0] * 64
    for before, after in itertools.pairwise(stream):
        counts[before * 8 + after] += 1
    assert chi_square(counts, [1 / 64] * 64) < highest_chi_square(64)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(1, 0),
        Sampling(0.7, 5),
        Sampling(1.3, 0, 0.8),
        Sampling(1, 6, 0.8, TopPRule.ORIGINAL),
    ],
    ids=["plain", "top-k", "top-p", "original"],
)
def test_drawn_frequencies_follow_the_distribution(sampling: Sampling) -> None:
    logits = [0.5, 2.0, -1.0, 1.5, 1.5, 0.0, -0.5, 1.0]
    wanted = distribution(
        logits, sampling.temperature, sampling.top_k, sampling.top_p, sampling.top_p_rule.value
    )
    choice = candidates(np.array(logits, np.float32), sampling)
    counts = dict.fromkeys(wanted, 0)
    for lane, position in itertools.product(range(40), range(500)):
        counts[draw(choice, uniform(2019, lane, position))] += 1
    observed = chi_square(list(counts.values()), list(wanted.values()))
    assert observed < highest_chi_square(len(wanted))
