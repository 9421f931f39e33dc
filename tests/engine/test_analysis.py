"""What the model expected at a place, and what other settings would have made of it."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.engine.analysis import (
    ALTERNATIVES,
    KEPT_LOGITS,
    analyse,
    analyse_row,
    outlook,
)
from gpt2_tui.engine.sampling import candidates
from gpt2_tui.engine.scoring import score
from gpt2_tui.engine.session import Session
from gpt2_tui.errors import ModelError
from gpt2_tui.settings import Sampling, TopPRule

Row = npt.NDArray[np.float32]

# Few different values, so that many are equal.
coarse_rows = st.lists(st.sampled_from([-9.0, -2.5, 0.0, 0.25, 1.0, 3.0]), min_size=1, max_size=40)
fine_rows = st.lists(st.floats(-40, 40, width=32), min_size=1, max_size=40)
rows = st.one_of(coarse_rows, fine_rows).map(lambda values: np.array(values, np.float32))
samplings = st.builds(
    Sampling,
    temperature=st.one_of(st.just(0.0), st.floats(0.05, 10)),
    top_k=st.integers(0, 50),
    top_p=st.floats(0.01, 1),
    top_p_rule=st.sampled_from(TopPRule),
)


def by_the_engine(logits: Row, token_id: int, sampling: Sampling) -> tuple[float, float]:
    """The token's probability when it is drawn, and the share of the plain softmax that is cut."""
    choice = candidates(logits, sampling)
    place = np.flatnonzero(choice.ids == token_id)
    weights = np.exp(logits.astype(np.float64) - logits.max())
    kept = weights[choice.ids].sum() / weights.sum()
    return (float(choice.probabilities[place[0]]) if len(place) else 0.0), float(1 - kept)


def wide_row(size: int, seed: int) -> Row:
    """Logits as a large vocabulary has them."""
    return np.random.default_rng(seed).normal(0, 3, size).astype(np.float32)


@given(rows, samplings, st.data())
def test_the_outlook_of_a_token_is_what_the_engine_would_draw_from(
    logits: Row, sampling: Sampling, data: st.DataObject
) -> None:
    token_id = data.draw(st.integers(0, len(logits) - 1))
    found = outlook(analyse_row(logits, token_id, 1), sampling)
    probability, cut = by_the_engine(logits, token_id, sampling)
    assert found.is_exact
    assert found.probability == probability
    assert found.cut == pytest.approx(cut, abs=1e-12)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(0.8, 40),
        Sampling(1.7, 4000, 0.9),
        Sampling(0),
        Sampling(1, 7, 0.5, TopPRule.ORIGINAL),
    ],
    ids=str,
)
def test_a_large_vocabulary_is_exact_within_the_kept_logits(sampling: Sampling) -> None:
    logits = wide_row(50257, seed=1)
    for token_id in (int(logits.argmax()), 17, 50256):
        found = outlook(analyse_row(logits, token_id, 1), sampling)
        assert found.is_exact
        assert found.probability == by_the_engine(logits, token_id, sampling)[0]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 10.0])
@pytest.mark.parametrize("top_p", [1.0, 0.9, 0.5])
def test_without_top_k_a_large_vocabulary_is_close_and_says_so(
    temperature: float, top_p: float
) -> None:
    logits = wide_row(50257, seed=2)
    sampling = Sampling(temperature, 0, top_p)
    order = np.argsort(-logits, kind="stable")
    kept = len(candidates(logits, sampling).ids)
    for rank in (1, 100, KEPT_LOGITS, KEPT_LOGITS + 1, 20_000, 50_257):
        token_id = int(order[rank - 1])
        found = outlook(analyse_row(logits, token_id, 1), sampling)
        probability, cut = by_the_engine(logits, token_id, sampling)
        assert not found.is_exact
        if abs(rank - kept) > 64:
            assert found.probability == pytest.approx(probability, rel=0.02)
        assert found.cut == pytest.approx(cut, abs=1e-4)


@given(rows, st.data())
def test_alternatives_and_entropy_are_those_of_the_plain_softmax(
    logits: Row, data: st.DataObject
) -> None:
    token_id = data.draw(st.integers(0, len(logits) - 1))
    found = analyse_row(logits, token_id, 1)
    weights = [math.exp(float(each) - float(logits.max())) for each in logits]
    softmax = [weight / math.fsum(weights) for weight in weights]
    order = sorted(range(len(logits)), key=lambda token: (-logits[token], token))
    assert found.score.rank == order.index(token_id) + 1
    assert found.score.probability == pytest.approx(softmax[token_id])
    assert [each.token_id for each in found.alternatives] == order[:ALTERNATIVES]
    assert [each.rank for each in found.alternatives] == list(
        range(1, min(len(order), ALTERNATIVES) + 1)
    )
    assert [each.probability for each in found.alternatives] == pytest.approx(
        [softmax[token] for token in order[:ALTERNATIVES]]
    )
    entropy = -math.fsum(p * math.log2(p) for p in softmax if p > 0)
    assert found.entropy == pytest.approx(entropy, abs=1e-9)


def test_an_analysis_of_a_text_holds_its_score(session: Session) -> None:
    ids = [int(each) for each in np.random.default_rng(3).integers(0, 200, 150)]
    window = session.architecture.window
    sequence = [session.architecture.end_of_text, *ids]
    found = list(analyse(session, sequence, 1, window // 2))
    assert [each.score for each in found] == list(score(session, ids))
    assert found[0].in_sight == 1
    assert all(window // 2 <= each.in_sight <= window for each in found[window:])


@pytest.mark.parametrize("damage", [math.nan, math.inf])
def test_damaged_weights_are_an_error(damage: float) -> None:
    with pytest.raises(ModelError, match="damaged"):
        analyse_row(np.array([0, damage, 1], np.float32), 0, 1)


def test_a_token_that_is_ruled_out_has_no_probability() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    third = analyse_row(logits, 2, 1)
    tried = {
        Sampling(1, 0): (0.2, 0.0),
        Sampling(1, 2): (0.0, 0.2),
        Sampling(1, 0, 0.7): (0.0, 0.2),
        Sampling(0): (0.0, 0.5),
    }
    for sampling, (probability, cut) in tried.items():
        found = outlook(third, sampling)
        assert (found.probability, found.cut) == pytest.approx((probability, cut))
        assert (found.probability == 0) == (probability == 0)
