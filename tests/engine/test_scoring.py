"""Scores of a given text, against the plain numpy forward pass."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export import reference
from gpt2_tui.engine.scoring import TokenScore, score, summarize
from gpt2_tui.engine.session import Session
from tests.conftest import MODEL_SEED, MODEL_SHAPE
from tests.exporter.checkpoints import random_tensors

WINDOW = MODEL_SHAPE.window
TENSORS = random_tensors(MODEL_SHAPE, MODEL_SEED)
END_OF_TEXT = MODEL_SHAPE.vocabulary - 1


def expected(ids: list[int]) -> list[tuple[float, int]]:
    """Log-probability and rank of each of `ids`: every token is looked at alone, in the window
    that the rule of overlapping windows gives it."""
    sequence = [END_OF_TEXT, *ids]
    results = []
    for place in range(1, len(sequence)):
        start = 0
        while start + WINDOW < place:
            start += WINDOW // 2
        seen = np.array(sequence[start:place], np.int64)
        logits = reference.forward(
            lambda name: TENSORS[name],
            seen,
            layers=MODEL_SHAPE.layers,
            heads=MODEL_SHAPE.heads,
            epsilon=1e-5,
        )[-1].astype(np.float64)
        shifted = logits - logits.max()
        log_probability = shifted[sequence[place]] - math.log(np.exp(shifted).sum())
        order = sorted(range(len(logits)), key=lambda token: (-logits[token], token))
        results.append((float(log_probability), order.index(sequence[place]) + 1))
    return results


def random_ids(length: int, seed: int) -> list[int]:
    generator = np.random.default_rng(seed)
    return [int(each) for each in generator.integers(0, MODEL_SHAPE.vocabulary, length)]


@pytest.mark.parametrize(
    "length", [1, 2, 20, WINDOW - 1, WINDOW, WINDOW + 1, WINDOW * 3 // 2, 3 * WINDOW + 5]
)
def test_every_token_has_the_score_of_the_forward_pass(session: Session, length: int) -> None:
    ids = random_ids(length, seed=length)
    scores = list(score(session, ids))
    assert [each.token_id for each in scores] == ids
    right = expected(ids)
    assert [each.log_probability for each in scores] == pytest.approx(
        [log_probability for log_probability, _ in right], abs=1e-3
    )
    # Two logits that differ in their last bits can change places between two ways to add.
    ranks = [rank for _, rank in right]
    near = [abs(one.rank - rank) <= 1 for one, rank in zip(scores, ranks, strict=True)]
    assert all(near)
    assert sum(one.rank == rank for one, rank in zip(scores, ranks, strict=True)) >= 0.95 * length


def test_the_likeliest_token_has_rank_one(session: Session) -> None:
    *_, logits = session.predict([END_OF_TEXT])
    best = int(logits[-1].argmax())
    (only,) = score(session, [best])
    assert only.rank == 1
    assert only.log_probability == pytest.approx(math.log(reference.softmax(logits[-1]).max()))


@given(
    st.lists(st.floats(-30, -1e-6), min_size=1, max_size=50),
    st.integers(min_value=1, max_value=500),
)
def test_the_summary_is_what_its_words_say(log_probabilities: list[float], size: int) -> None:
    summary = summarize([TokenScore(0, each, 1) for each in log_probabilities], size)
    bits = -sum(each / math.log(2) for each in log_probabilities)
    assert summary.tokens == len(log_probabilities)
    assert summary.bytes == size
    assert summary.bits_per_byte == pytest.approx(bits / size)
    assert summary.perplexity == pytest.approx(2 ** (bits / len(log_probabilities)))
