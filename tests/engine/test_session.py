"""Encoding prompts and stepping, call by call."""

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from export import reference
from gpt2_tui.engine import session as session_module
from gpt2_tui.engine.cache import Cache
from gpt2_tui.engine.session import Encoded, PromptProgress, Session
from gpt2_tui.settings import Sampling
from tests.conftest import MODEL_SEED, MODEL_SHAPE
from tests.engine.runs import PROMPT, lane, lanes, outcomes
from tests.exporter.checkpoints import random_tensors

WINDOW = MODEL_SHAPE.window


def encoded(work: Generator[PromptProgress, None, Encoded]) -> tuple[Encoded, list[PromptProgress]]:
    reports = []
    while True:
        try:
            reports.append(next(work))
        except StopIteration as end:
            result: Encoded = end.value
            return result, reports


@pytest.mark.parametrize("largest", [3, 4, 5, 7, 16])
def test_a_prompt_is_cut_into_calls_of_which_none_is_of_a_single_token(
    largest: int,
    session: Session,
    graph_runs: list[tuple[int, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_module, "TOKENS_PER_CALL", largest)
    for length in range(1, 34):
        graph_runs.clear()
        _, reports = encoded(session.encode(range(length)))
        sizes = [tokens for _, tokens in graph_runs]
        assert sum(sizes) == length
        assert max(sizes) <= largest
        assert min(sizes) >= 2 or length == 1
        assert [report.done for report in reports] == list(np.cumsum(sizes))
        assert {report.total for report in reports} == {length}


def test_the_calls_of_the_program_are_short_enough_to_be_stopped_and_long_enough_to_be_cut() -> (
    None
):
    assert 3 <= session_module.TOKENS_PER_CALL <= 256


@pytest.mark.parametrize("largest", [3, 8, 50])
def test_how_a_prompt_was_cut_does_not_show_in_what_is_written(
    largest: int, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = [(7 * n + 3) % 256 for n in range(50)]
    whole = outcomes(session, prompt, lanes([0, 1]))
    outcomes(session, PROMPT, lanes([0], length=1))  # so that the prompt is not remembered
    monkeypatch.setattr(session_module, "TOKENS_PER_CALL", largest)
    assert outcomes(session, prompt, lanes([0, 1])) == whole


def test_the_same_prompt_again_costs_nothing(
    session: Session, graph_runs: list[tuple[int, int]]
) -> None:
    outcomes(session, PROMPT[:4], lanes([0], length=1))
    first = len(graph_runs)
    again = [lane(3, seed=8, sampling=Sampling(0), length=1), lane(4, length=1)]
    outcomes(session, PROMPT[:4], again)
    assert first == len(graph_runs) == 1
    outcomes(session, PROMPT[:5], lanes([0], length=1))
    outcomes(session, PROMPT[:4], lanes([0], length=1))
    assert len(graph_runs) == 3


def test_a_prompt_whose_encoding_was_given_up_is_encoded_anew(
    session: Session, graph_runs: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "TOKENS_PER_CALL", 4)
    prompt = (*range(12),)
    whole = outcomes(session, prompt, lanes([0]))
    outcomes(session, PROMPT, lanes([0], length=1))
    next(session.encode_prompt(prompt))
    graph_runs.clear()
    assert outcomes(session, prompt, lanes([0])) == whole
    assert graph_runs[:3] == [(1, 4)] * 3


def test_writing_never_changes_a_prompt_that_is_remembered(session: Session) -> None:
    kept, _ = encoded(session.encode_prompt(PROMPT))
    before = [array.copy() for array in kept.cache.on_host().arrays]
    outcomes(session, PROMPT, lanes(range(3), length=80))
    assert kept.cache.length == len(PROMPT)
    for array, old in zip(kept.cache.on_host().arrays, before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_logits_are_those_of_a_numpy_gpt2(session: Session) -> None:
    result, _ = encoded(session.encode(PROMPT))
    tensors = random_tensors(MODEL_SHAPE, MODEL_SEED)

    def wanted(ids: tuple[int, ...]) -> Any:
        return reference.forward(
            tensors.__getitem__,
            np.array(ids),
            layers=MODEL_SHAPE.layers,
            heads=MODEL_SHAPE.heads,
            epsilon=1e-5,
        )[-1]

    assert result.logits.shape == (MODEL_SHAPE.vocabulary,)
    np.testing.assert_allclose(result.logits, wanted(PROMPT), atol=1e-3)
    cache = session.fork(result, 3)
    logits = session.step(cache, [9, 200, 9]).logits
    assert cache.length == len(PROMPT) + 1
    for row, token in enumerate([9, 200, 9]):
        np.testing.assert_allclose(logits[row], wanted((*PROMPT, token)), atol=1e-3)
    logits = session.step(cache.keep_rows([1]), [17]).logits
    np.testing.assert_allclose(logits[0], wanted((*PROMPT, 200, 17)), atol=1e-3)


def test_logits_stay_as_they_are_when_the_graph_runs_on(session: Session) -> None:
    result, _ = encoded(session.encode(PROMPT))
    cache = session.fork(result, 1)
    first = session.step(cache, [9]).logits
    copy = first.copy()
    for token in range(20):
        session.step(cache, [token])
    np.testing.assert_array_equal(first, copy)


@pytest.mark.parametrize("length", [0, WINDOW + 1])
def test_a_prompt_that_does_not_fit_is_a_fault_of_the_caller(length: int, session: Session) -> None:
    with pytest.raises(ValueError, match="fit"):
        encoded(session.encode([0] * length))


def test_a_full_cache_takes_no_more(session: Session) -> None:
    result, _ = encoded(session.encode([1] * WINDOW))
    with pytest.raises(ValueError, match="fit"):
        session.step(session.fork(result, 1), [1])


def test_a_cache_of_chosen_rows_holds_those_rows_in_that_order(session: Session) -> None:
    cache = Cache(session.architecture, rows=3)
    cache.length = 5
    for row, array in ((row, array) for row in range(3) for array in cache.arrays):
        array[row, :, :5] = row + 1
    kept = cache.keep_rows([2, 0])
    assert (kept.rows, kept.length) == (2, 5)
    assert all(array[0, 0, 0, 0] == 3 and array[1, 0, 4, 0] == 1 for array in kept.arrays)
