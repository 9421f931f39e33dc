"""The evidence for the watermark: its sum, its p-value, and what is said of it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpt2_tui.engine.watermark_evidence import (
    LEAST_TOKENS,
    Evidence,
    Finding,
    log_gamma_tail,
    weigh,
)
from gpt2_tui.engine.watermark_key import SUB_KEYS
from tests.engine import reference_watermark as reference
from tests.engine.test_randomness import chi_square, highest_chi_square


# By mpmath 1.4.1 with 60 digits: log(gammainc(n, s, regularized=True)).
@pytest.mark.parametrize(
    ("count", "statistic", "logarithm"),
    [
        (1, 0.5, -0.5),
        (1, 700, -700.0),
        (50, 20, -1.24589261573318e-08),
        (50, 50, -0.7314895757292705),
        (50, 75.5, -7.193653854300102),
        (50, 131.25, -36.377268583764796),
        (196, 196, -0.7123277408368496),
        (196, 480, -112.38356257031286),
        (400, 395.5, -0.5398414266157724),
        (400, 1200, -365.16497945228576),
        (5000, 5100, -2.534153016423956),
        (5000, 5600, -36.42887705296319),
        (100000, 100500, -2.8628938964287443),
        (2000000, 2004000, -6.052941918762745),
    ],
)
def test_the_tail_of_the_gamma_distribution(count: int, statistic: float, logarithm: float) -> None:
    assert log_gamma_tail(count, statistic) == pytest.approx(logarithm, rel=1e-9, abs=1e-13)


@settings(deadline=None)
@given(count=st.integers(1, 300), statistic=st.floats(0, 2000), more=st.floats(0, 100))
def test_the_tail_falls_with_the_sum_and_rises_with_the_count(
    count: int, statistic: float, more: float
) -> None:
    tail = log_gamma_tail(count, statistic)
    assert tail <= 0
    assert log_gamma_tail(count, statistic + more) <= tail + 1e-12
    assert log_gamma_tail(count + 1, statistic) >= tail - 1e-12


def test_no_tokens_are_no_evidence() -> None:
    for ids in ([], [1], [1, 2, 3, 4]):
        assert weigh(ids) == Evidence(0, 0, 0, 0)


@pytest.mark.parametrize("kinds", [2, 40, 50_000])
def test_it_is_the_sum_of_the_reference_for_the_best_sub_key(kinds: int) -> None:
    ids = np.random.default_rng(3).integers(kinds, size=120).tolist()
    evidence = weigh(ids)
    sums = [reference.statistic(ids, key) for key in range(SUB_KEYS)]
    assert evidence.tokens == len(reference.distinct(ids))
    assert evidence.sub_key == sums.index(max(sums))
    assert evidence.statistic == pytest.approx(max(sums), rel=1e-12)
    tail = log_gamma_tail(evidence.tokens, evidence.statistic)
    assert evidence.log_p == min(0, tail + math.log(SUB_KEYS))


def test_it_does_not_matter_how_many_tokens_are_weighed_at_once() -> None:
    ids = np.random.default_rng(4).integers(50_000, size=40_000).tolist()
    evidence = weigh(ids)
    assert evidence.tokens == 39_996
    assert evidence.statistic == pytest.approx(reference.statistic(ids, evidence.sub_key))


def test_what_is_repeated_counts_once() -> None:
    ids = np.random.default_rng(5).integers(1000, size=80).tolist()
    once = weigh([*ids, *ids[:4]])
    assert once.tokens == 80
    assert weigh(ids * 50 + ids[:4]) == once
    assert weigh([7] * 1000).tokens == 1


def test_p_values_of_texts_without_the_watermark_are_uniform_for_one_sub_key() -> None:
    random = np.random.default_rng(6)
    counts = [0] * 20
    for _ in range(1500):
        # Words of a text are not independent and not of one frequency; that must not matter.
        ids = (random.zipf(1.3, size=64) % 1000).tolist()
        p_value = math.exp(
            log_gamma_tail(len(reference.distinct(ids)), reference.statistic(ids, 11))
        )
        counts[int(p_value * 20)] += 1
    assert chi_square(counts, [1 / 20] * 20) < highest_chi_square(20)


def test_over_all_sub_keys_false_findings_are_as_rare_as_the_p_value_says() -> None:
    random = np.random.default_rng(7)
    texts = 6000
    p_values = [weigh(random.integers(300, size=60).tolist()).p_value for _ in range(texts)]
    for level in (0.5, 0.05, 0.01, 0.001):
        # Up to 64 keys can be below; the factor makes the sum of their chances the level.
        exact = 1 - (1 - level / SUB_KEYS) ** SUB_KEYS
        spread = math.sqrt(texts * exact * (1 - exact))
        below = sum(p_value < level for p_value in p_values)
        assert abs(below - texts * exact) < 5 * spread + 1
    assert max(p_values) == 1


@pytest.mark.parametrize(
    ("tokens", "p_value", "finding"),
    [
        (LEAST_TOKENS - 1, 1e-30, Finding.NOT_JUDGED),
        (LEAST_TOKENS, 1e-30, Finding.FOUND),
        (LEAST_TOKENS, 0.99e-6, Finding.FOUND),
        (LEAST_TOKENS, 1.01e-6, Finding.UNDECIDED),
        (LEAST_TOKENS, 0.0099, Finding.UNDECIDED),
        (LEAST_TOKENS, 0.0101, Finding.NOT_FOUND),
        (LEAST_TOKENS, 1, Finding.NOT_FOUND),
    ],
)
def test_what_is_said_by_tokens_and_p_value(tokens: int, p_value: float, finding: Finding) -> None:
    assert Evidence(tokens, 0, 0, math.log(p_value)).finding is finding


def test_a_p_value_below_all_numbers_is_zero_and_its_logarithm_is_not() -> None:
    evidence = Evidence(1000, 0, 5000, log_gamma_tail(1000, 5000))
    assert evidence.p_value == 0
    assert -2500 < evidence.log_p < -2000
