"""Writing on past the window, against a replay by hand with a numpy GPT-2."""

from collections.abc import Sequence

import numpy as np
import pytest

from export import reference
from gpt2_tui.engine.randomness import uniform
from gpt2_tui.engine.session import Session
from gpt2_tui.engine.window import in_sight
from gpt2_tui.settings import Sampling, TopPRule
from tests.conftest import MODEL_SEED, MODEL_SHAPE
from tests.engine.reference_sampler import distribution, drawn
from tests.engine.runs import PROMPT, lane, lanes, moves, outcomes
from tests.exporter.checkpoints import random_tensors

WINDOW = MODEL_SHAPE.window
TENSORS = random_tensors(MODEL_SHAPE, MODEL_SEED)
NEAR = 1e-4
"""Two implementations in float32 may differ by as much in a probability."""


def logits_after(ids: Sequence[int]) -> list[float]:
    """The logits that follow `ids`, computed in one go, with no cache and none of our engine."""
    logits = reference.forward(
        TENSORS.__getitem__,
        np.array(ids, np.int64),
        layers=MODEL_SHAPE.layers,
        heads=MODEL_SHAPE.heads,
        epsilon=1e-5,
    )
    return [float(logit) for logit in logits[-1]]


def replays(prompt: Sequence[int], written: Sequence[int], seed: int, sampling: Sampling) -> None:
    """Check every token of lane 0: what the model saw, and what was drawn of it."""
    sight = list(prompt)
    for position, token in enumerate(written):
        logits = logits_after(sight)
        chances = distribution(
            logits, sampling.temperature, sampling.top_k, sampling.top_p, sampling.top_p_rule
        )
        luck = uniform(seed, 0, position)
        near = {drawn(logits, chances, luck + step) for step in (-NEAR, 0, NEAR)}
        assert token in near, f"position {position}"
        sight.append(token)
        if len(sight) > WINDOW:
            sight = sight[-(WINDOW // 2) :]


@pytest.mark.parametrize(
    ("prompt_length", "sampling"),
    [
        (1, Sampling(1, 0)),
        (8, Sampling(0.8, 40)),
        (WINDOW - 1, Sampling(1, 0, 0.9)),
        (WINDOW, Sampling(1.2, 20, 0.8, TopPRule.ORIGINAL)),
    ],
    ids=["one token", "short", "one place left", "full"],
)
def test_every_token_is_drawn_from_what_the_model_sees_also_past_the_window(
    prompt_length: int, sampling: Sampling, session: Session
) -> None:
    prompt = [(7 * n + 3) % 256 for n in range(prompt_length)]
    asked = lane(0, seed=11, sampling=sampling, length=2 * WINDOW + 5)
    ids, _ = outcomes(session, prompt, [asked])[0]
    assert len(ids) == 2 * WINDOW + 5
    replays(prompt, ids, 11, sampling)


def test_a_prompt_longer_than_the_window_is_seen_from_its_end(session: Session) -> None:
    long_prompt = [(5 * n + 1) % 256 for n in range(3 * WINDOW)]
    prompt = in_sight(long_prompt, WINDOW)
    assert prompt == tuple(long_prompt[-WINDOW // 2 :])
    ids, _ = outcomes(session, prompt, [lane(0, length=WINDOW)])[0]
    replays(prompt, ids, 1, Sampling(1, 0))


def test_a_full_window_keeps_its_last_half_and_says_so(session: Session) -> None:
    # The window holds the prompt and 56 tokens; with the 57th it must move, then every 32.
    asked = lanes([0, 1], length=130)
    half = WINDOW // 2
    first = WINDOW - len(PROMPT) + 1
    assert moves(session, PROMPT, asked) == [(n, half) for n in range(first, 130, half + 1)][:3]


def test_no_move_when_the_last_token_just_fits(session: Session) -> None:
    assert moves(session, PROMPT, lanes([0], length=WINDOW - len(PROMPT) + 1)) == []
    assert len(moves(session, PROMPT, lanes([0], length=WINDOW - len(PROMPT) + 2))) == 1


@pytest.mark.parametrize("numbers", [[0], [2, 0], [0, 1, 2, 3, 4]], ids=str)
def test_past_the_window_too_a_lane_is_the_same_among_any_others(
    numbers: list[int], session: Session
) -> None:
    alone = outcomes(session, PROMPT, lanes([0], length=150))[0]
    assert outcomes(session, PROMPT, lanes(numbers, length=150))[0] == alone


def test_a_lane_that_ends_before_the_window_moves_leaves_its_neighbours_alone(
    session: Session,
) -> None:
    short = lane(0, length=20)
    assert outcomes(session, PROMPT, [short, *lanes([1, 2], length=100)]) == outcomes(
        session, PROMPT, [short]
    ) | outcomes(session, PROMPT, lanes([1], length=100)) | outcomes(
        session, PROMPT, lanes([2], length=100)
    )


def test_moving_the_window_encodes_each_lane_in_calls_of_two_tokens_or_more(
    session: Session, graph_runs: list[tuple[int, int]]
) -> None:
    outcomes(session, PROMPT, lanes([0, 1, 2], length=58))
    moved = [(rows, tokens) for rows, tokens in graph_runs if (rows, tokens) != (3, 1)]
    assert moved[-3:] == [(1, WINDOW // 2)] * 3
