"""Temperature, top-k, top-p and the draw, against a slow reference and by examples."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.engine.likeliest import Likeliest
from gpt2_tui.engine.sampling import Candidates, candidates, draw, wanted
from gpt2_tui.errors import ModelError
from gpt2_tui.settings import Sampling, TopPRule
from tests.engine.reference_sampler import distribution, drawn

# Logits on a grid, so that ties are common and no two cumulative sums lie a rounding apart.
grid_logits = st.lists(st.integers(-24, 24).map(lambda step: step / 4), min_size=1, max_size=12)
rules = st.sampled_from(TopPRule)


def row(*logits: float) -> npt.NDArray[np.float32]:
    return np.array(logits, np.float32)


def of_probabilities(*probabilities: float) -> npt.NDArray[np.float32]:
    return row(*(math.log(p) for p in probabilities))


def plain(top_k: int = 0, top_p: float = 1, rule: TopPRule = TopPRule.USUAL) -> Sampling:
    """Temperature 1 and nothing else but what is given."""
    return Sampling(1, top_k, top_p, rule)


@given(
    logits=grid_logits,
    temperature=st.sampled_from([0.0, 0.3, 0.7, 1.0, 1.9, 10.0]),
    top_k=st.integers(0, 14),
    top_p=st.sampled_from([0.0431, 0.1979, 0.5113, 0.8237, 0.9871, 1.0]),
    rule=rules,
    luck=st.floats(0, 1, exclude_max=True),
)
def test_it_keeps_and_draws_what_the_reference_does(
    logits: list[float], temperature: float, top_k: int, top_p: float, rule: TopPRule, luck: float
) -> None:
    choice = candidates(row(*logits), Sampling(temperature, top_k, top_p, rule))
    wanted = distribution(logits, temperature, top_k, top_p, rule.value)
    found = dict(zip(choice.ids.tolist(), choice.probabilities.tolist(), strict=True))
    assert found.keys() == wanted.keys()
    assert found == pytest.approx(wanted, rel=1e-9)
    edges = np.cumsum(choice.probabilities)
    if np.abs(edges - luck).min() > 1e-9:
        assert draw(choice, luck) == drawn(logits, wanted, luck)


@given(logits=grid_logits, top_k=st.integers(0, 14), top_p=st.floats(0.01, 1), rule=rules)
def test_candidates_fall_in_logit_and_ties_rise_in_id(
    logits: list[float], top_k: int, top_p: float, rule: TopPRule
) -> None:
    choice = candidates(row(*logits), plain(top_k, top_p, rule))
    order = [(-logits[token], token) for token in choice.ids]
    assert order == sorted(order)
    assert len(choice.ids) == len(choice.probabilities) > 0
    assert math.isclose(choice.probabilities.sum(), 1, rel_tol=1e-12)


def test_top_p_keeps_two_by_the_original_rule_and_three_by_the_usual_one() -> None:
    logits = of_probabilities(0.4, 0.3, 0.2, 0.1)
    original = candidates(logits, plain(top_p=0.8, rule=TopPRule.ORIGINAL))
    usual = candidates(logits, plain(top_p=0.8, rule=TopPRule.USUAL))
    assert original.ids.tolist() == [0, 1]
    assert original.probabilities == pytest.approx([4 / 7, 3 / 7])
    assert usual.ids.tolist() == [0, 1, 2]
    assert usual.probabilities == pytest.approx([4 / 9, 3 / 9, 2 / 9])


def test_a_token_with_which_p_is_reached_exactly_is_the_last() -> None:
    equal = row(1, 1, 1, 1)
    assert candidates(equal, plain(top_p=0.5)).ids.tolist() == [0, 1]
    assert candidates(equal, plain(top_p=0.75)).ids.tolist() == [0, 1, 2]


@pytest.mark.parametrize("rule", TopPRule)
def test_top_p_keeps_at_least_one_token(rule: TopPRule) -> None:
    choice = candidates(of_probabilities(0.2, 0.7, 0.1), plain(top_p=1e-300, rule=rule))
    assert choice.ids.tolist() == [1]
    assert choice.probabilities.tolist() == [1.0]


def test_tokens_that_tie_at_k_are_all_kept() -> None:
    choice = candidates(row(1, 3, 2, 2, 0, 2), plain(top_k=2))
    assert choice.ids.tolist() == [1, 2, 3, 5]


@pytest.mark.parametrize("top_k", [0, 6, 7, 10**9])
def test_top_k_off_or_beyond_the_vocabulary_keeps_every_token(top_k: int) -> None:
    assert sorted(candidates(row(1, 3, 2, 2, 0, 2), plain(top_k=top_k)).ids) == list(range(6))


def test_tokens_that_tie_with_the_last_are_kept_by_the_original_rule_alone() -> None:
    logits = of_probabilities(0.5, 0.2, 0.2, 0.1)
    assert candidates(logits, plain(top_p=0.75, rule=TopPRule.ORIGINAL)).ids.tolist() == [0, 1, 2]
    assert candidates(logits, plain(top_p=0.65, rule=TopPRule.USUAL)).ids.tolist() == [0, 1]


def test_top_p_is_taken_of_what_temperature_and_top_k_have_left() -> None:
    # Of four equal tokens and a long tail, p = 0.5 of the whole would keep more than one.
    logits = row(4, 3, *[2.9] * 40)
    assert len(candidates(logits, plain(top_p=0.7)).ids) > 2
    assert candidates(logits, plain(top_k=2, top_p=0.7)).ids.tolist() == [0]
    assert candidates(logits, Sampling(0.05, 0, 0.7)).ids.tolist() == [0]


def test_temperature_zero_takes_the_likeliest_token_and_of_equals_the_first() -> None:
    choice = candidates(row(1, 5, 5, 2), Sampling(temperature=0, top_k=3, top_p=0.5))
    assert choice.ids.tolist() == [1]
    assert {draw(choice, luck) for luck in (0.0, 0.5, math.nextafter(1, 0))} == {1}


@pytest.mark.parametrize("temperature", [5e-324, 1e-310, 1e-100])
def test_the_smallest_temperature_is_nearly_greedy(temperature: float) -> None:
    choice = candidates(row(-3, 5, 5, 2), Sampling(temperature, top_k=0))
    assert choice.ids[:2].tolist() == [1, 2]
    assert choice.probabilities.tolist() == [0.5, 0.5, 0.0, 0.0]


def test_a_higher_temperature_flattens() -> None:
    logits = of_probabilities(0.6, 0.3, 0.1)
    cool, warm = (candidates(logits, Sampling(t, 0)).probabilities for t in (0.5, 2.0))
    assert cool == pytest.approx([36 / 46, 9 / 46, 1 / 46])
    roots = [math.sqrt(p) for p in (0.6, 0.3, 0.1)]
    assert warm == pytest.approx([root / sum(roots) for root in roots])


def test_arithmetic_is_in_float64() -> None:
    # float32 sums of a million equal shares drift by far more than this.
    choice = candidates(np.zeros(1_000_000, np.float32), plain())
    assert choice.probabilities.dtype == np.float64
    assert abs(choice.probabilities.sum() - 1) < 1e-9


def test_the_draw_is_the_inverse_of_the_cumulative_sum() -> None:
    choice = Candidates(np.array([7, 3, 9]), np.array([0.5, 0.25, 0.25]))
    below = [math.nextafter(edge, 0) for edge in (0.5, 0.75, 1.0)]
    assert [draw(choice, luck) for luck in below] == [7, 3, 9]
    assert [draw(choice, luck) for luck in (0.0, 0.5, 0.75)] == [7, 3, 9]


def test_a_token_of_no_probability_is_never_drawn() -> None:
    choice = Candidates(np.array([4, 5, 6]), np.array([0.5, 0.5, 0.0]))
    assert draw(choice, math.nextafter(1, 0)) == 5


@pytest.mark.parametrize("damaged", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_are_not_finite_are_an_error_of_the_model(
    damaged: float, temperature: float
) -> None:
    with pytest.raises(ModelError, match="not finite"):
        candidates(row(0, damaged, 1), Sampling(temperature))


@given(logits=grid_logits, top_k=st.integers(0, 12), picked=st.integers(1, 12))
def test_the_likeliest_tokens_picked_by_the_graph_change_nothing(
    logits: list[float], top_k: int, picked: int
) -> None:
    rows = row(*logits)
    ids = np.argsort(-rows, kind="stable")[:picked]
    likeliest = Likeliest(ids, rows[ids])
    for sampling in (Sampling(0.8, top_k), Sampling(0, top_k), Sampling(1.3, top_k, 0.7)):
        slow, quick = candidates(rows, sampling), candidates(rows, sampling, likeliest)
        np.testing.assert_array_equal(slow.ids, quick.ids)
        np.testing.assert_array_equal(slow.probabilities, quick.probabilities)


def test_as_many_are_picked_as_the_largest_top_k_needs_to_see_a_tie() -> None:
    assert wanted([Sampling(0.8, 40), Sampling(0.8, 5)]) == 41
    assert wanted([Sampling(0.8, 0), Sampling(0, 40)]) == 1
    assert wanted([Sampling(0.8, 5000), Sampling(0.8, 3)]) == 4


def test_equal_logits_in_any_order_are_put_in_the_order_of_their_ids() -> None:
    ids = np.array([[7, 3, 9, 1, 4], [5, 2, 0, 8, 6]])
    logits = np.array([[2, 2, 1, 1, 1], [3, 1, 1, 0, 0]], np.float32)
    found = Likeliest(ids, logits).in_order()
    assert found.ids.tolist() == [[3, 7, 1, 4, 9], [5, 0, 2, 6, 8]]
    np.testing.assert_array_equal(found.logits, logits)
