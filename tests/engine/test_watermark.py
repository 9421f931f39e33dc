"""The watermark's random numbers, and the draws made with them."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpt2_tui.engine import watermark_key
from gpt2_tui.engine.sampling import Candidates, candidates
from gpt2_tui.engine.watermark import draw_marked, uniforms
from gpt2_tui.engine.watermark_key import SUB_KEYS, FreshContexts, Words, sub_key
from gpt2_tui.settings import LARGEST_WHOLE, Sampling, TopPRule
from tests.engine import reference_watermark as reference
from tests.engine.reference_sampler import distribution
from tests.engine.test_randomness import chi_square, highest_chi_square

ids = st.integers(0, LARGEST_WHOLE)
contexts = st.tuples(ids, ids, ids, ids)
LOGITS = [0.5, 2.0, -1.0, 1.5, 1.5, 0.0, -0.5, 1.0]


def words_of(context: tuple[int, ...]) -> Words:
    words = FreshContexts().words(context)
    assert words is not None
    return words


def luck(context: tuple[int, ...], token: int, key: int) -> float:
    numbers = (np.array(each, np.uint64) for each in ([words_of(context)], [token], [key]))
    return float(uniforms(*numbers)[0])


@pytest.mark.parametrize(
    ("context", "token", "key", "value"),
    [
        ((0, 0, 0, 0), 0, 0, "0x1.32bed401328a7p-1"),
        ((1, 2, 3, 4), 5, 0, "0x1.ee6f2a49c3a8bp-1"),
        ((1, 2, 3, 4), 5, 63, "0x1.7f70657904299p-1"),
        ((50256, 11, 262, 13), 198, 7, "0x1.73c878f987c38p-4"),
        ((LARGEST_WHOLE,) * 4, LARGEST_WHOLE, 63, "0x1.93d9a2d218b59p-1"),
    ],
)
def test_the_rule_never_changes_without_a_new_name(
    context: tuple[int, ...], token: int, key: int, value: str
) -> None:
    # Labels promise these numbers by the rule's name. If one must change, the name must too.
    assert (watermark_key.RULE, watermark_key.KEY) == ("gumbel-max-4/1", "gpt2-tui-published/1")
    assert luck(context, token, key) == float.fromhex(value)


@settings(deadline=None)
@given(contexts, ids, st.integers(0, SUB_KEYS - 1))
def test_the_numbers_are_those_of_the_reference(
    context: tuple[int, ...], token: int, key: int
) -> None:
    number = luck(context, token, key)
    assert number == reference.uniform(context, token, key)
    assert 0 < number < 1


def test_numbers_of_many_candidates_and_sub_keys_are_those_of_one() -> None:
    words = np.array([words_of((9, 8, 7, each)) for each in range(3)], np.uint64)
    tokens = np.arange(5, dtype=np.uint64)
    keys = np.arange(SUB_KEYS, dtype=np.uint64)
    numbers = uniforms(words[:, None, None], tokens[:, None], keys)
    assert numbers.shape == (3, 5, SUB_KEYS)
    assert numbers[2, 4, 63] == reference.uniform((9, 8, 7, 2), 4, 63)
    assert len(np.unique(numbers)) == numbers.size


@pytest.mark.parametrize("along", ["context", "token", "sub-key of a context"])
def test_numbers_are_uniform_and_a_number_does_not_tell_the_next_one(along: str) -> None:
    places = {
        "context": [((5, n, 7, n % 11), 3, 2) for n in range(20_001)],
        "token": [((5, 6, 7, 8), n, 2) for n in range(20_001)],
        "sub-key of a context": [((5, 6, n // 64, 8), 3, n % 64) for n in range(20_001)],
    }[along]
    cells = [int(luck(*place) * 8) for place in places]
    counts = [0] * 64
    for before, after in pairwise(cells):
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
@pytest.mark.parametrize("along", ["contexts", "sub-keys"])
def test_over_contexts_and_over_keys_the_distribution_is_that_without_the_watermark(
    sampling: Sampling, along: str
) -> None:
    wanted = distribution(
        LOGITS, sampling.temperature, sampling.top_k, sampling.top_p, sampling.top_p_rule.value
    )
    choice = candidates(np.array(LOGITS, np.float32), sampling)
    over_keys = along == "sub-keys"
    counts = dict.fromkeys(wanted, 0)
    for number in range(20_000):
        context = (3, 1, number // SUB_KEYS if over_keys else number, 5)
        key = number % SUB_KEYS if over_keys else 9
        counts[draw_marked(choice, words_of(context), key)] += 1
    observed = chi_square(list(counts.values()), list(wanted.values()))
    assert observed < highest_chi_square(len(wanted))


@settings(deadline=None)
@given(
    contexts,
    st.integers(0, SUB_KEYS - 1),
    st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=30),
)
def test_the_draw_is_that_of_the_reference(
    context: tuple[int, ...], key: int, logits: list[float]
) -> None:
    choice = candidates(np.array(logits, np.float32), Sampling(1, 0))
    probabilities = dict(zip(choice.ids.tolist(), choice.probabilities.tolist(), strict=True))
    wanted = reference.drawn(context, probabilities, key)
    assert draw_marked(choice, words_of(context), key) == wanted


def test_a_token_of_no_probability_is_never_drawn() -> None:
    choice = Candidates(np.array([5, 6, 7]), np.array([0.0, 5e-324, 1.0]))
    drawn = {draw_marked(choice, words_of((n, 0, 0, 0)), 0) for n in range(300)}
    assert drawn == {7}


def test_what_is_drawn_does_not_depend_on_the_order_of_the_candidates() -> None:
    p = np.array([0.4, 0.3, 0.2, 0.1])
    for number in range(50):
        words = words_of((number, 1, 2, 3))
        one = draw_marked(Candidates(np.arange(4), p), words, 4)
        other = draw_marked(Candidates(np.arange(4)[::-1], p[::-1]), words, 4)
        assert one == other


@settings(deadline=None)
@given(st.lists(st.integers(0, 2), max_size=60))
def test_each_context_of_four_is_handed_out_once(text: list[int]) -> None:
    fresh = FreshContexts()
    handed = [place for place in range(len(text)) if fresh.words(text[:place]) is not None]
    windows = [tuple(text[place - 4 : place]) for place in handed]
    assert windows == list(reference.distinct(text))


def test_words_differ_for_every_context() -> None:
    assert words_of((1, 2, 3, 4)) == words_of((9, 9, 1, 2, 3, 4))
    others = [(2, 1, 3, 4), (4, 3, 2, 1), (1, 2, 3, 5), (0, 2, 3, 4), (258, 0, 3, 4)]
    assert len({words_of(each) for each in [(1, 2, 3, 4), *others]}) == 6


@settings(deadline=None)
@given(seed=st.integers(0, LARGEST_WHOLE), lane=st.integers(0, LARGEST_WHOLE - SUB_KEYS))
def test_lanes_side_by_side_have_different_sub_keys(seed: int, lane: int) -> None:
    assert sorted(sub_key(seed, lane + n) for n in range(SUB_KEYS)) == list(range(SUB_KEYS))


def test_sub_keys_are_spread_evenly_over_seeds_and_never_change() -> None:
    counts = Counter(sub_key(seed, 3) for seed in range(20_000))
    observed = chi_square([counts[key] for key in range(SUB_KEYS)], [1 / SUB_KEYS] * SUB_KEYS)
    assert observed < highest_chi_square(SUB_KEYS)
    assert [sub_key(0, 0), sub_key(7, 2), sub_key(LARGEST_WHOLE, LARGEST_WHOLE)] == [39, 1, 3]
