"""A prompt that grew by edits is the prompt encoded at once, bit for bit, and costs less."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpt2_tui.engine.runtime import Device
from gpt2_tui.engine.session import Encoded, Session
from gpt2_tui.loading import LoadedModel, load_model
from tests.conftest import MODEL_SHAPE
from tests.engine.runs import lane, outcomes
from tests.engine.test_session import encoded

WINDOW = MODEL_SHAPE.window
VOCABULARY = MODEL_SHAPE.vocabulary
PROMPT = list(range(50))

prompts = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=WINDOW)


def assert_same(one: Encoded, other: Encoded) -> None:
    assert one.ids == other.ids
    assert one.logits.tobytes() == other.logits.tobytes()
    used = len(one.ids)
    for ours, theirs in zip(one.cache.on_host().arrays, other.cache.on_host().arrays, strict=True):
        assert ours[:, :, :used].tobytes() == theirs[:, :, :used].tobytes()


def encode_prompt(session: Session, ids: list[int]) -> Encoded:
    return encoded(session.encode_prompt(ids))[0]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=prompts, edits=st.lists(st.tuples(st.integers(0, WINDOW), prompts), max_size=4))
def test_edits_of_any_kind_give_the_prompt_that_is_encoded_at_once(
    session: Session, first: list[int], edits: list[tuple[int, list[int]]]
) -> None:
    ids = first
    encode_prompt(session, ids)
    for place, tail in edits:
        ids = [*ids[:place], *tail][:WINDOW]
        assert_same(encode_prompt(session, ids), encoded(session.encode(ids))[0])


def test_typing_at_the_end_costs_what_was_typed(
    session: Session, graph_runs: list[tuple[int, int]]
) -> None:
    encode_prompt(session, PROMPT)
    graph_runs.clear()
    encode_prompt(session, [*PROMPT, 7, 8, 9])
    assert graph_runs == [(1, 3)]
    graph_runs.clear()
    encode_prompt(session, [*PROMPT, 7, 8, 9, 10])
    assert graph_runs == [(1, 2)]


def test_taking_the_end_away_costs_two_tokens(
    session: Session, graph_runs: list[tuple[int, int]]
) -> None:
    encode_prompt(session, PROMPT)
    graph_runs.clear()
    encode_prompt(session, PROMPT[:30])
    assert graph_runs == [(1, 2)]


def test_an_edit_in_the_middle_costs_what_stands_behind_it(
    session: Session, graph_runs: list[tuple[int, int]]
) -> None:
    encode_prompt(session, PROMPT)
    graph_runs.clear()
    encode_prompt(session, [*PROMPT[:20], 99, *PROMPT[21:]])
    assert sum(tokens for _, tokens in graph_runs) == len(PROMPT) - 20


def test_a_prompt_of_one_token_is_never_built_upon(
    session: Session, graph_runs: list[tuple[int, int]]
) -> None:
    encode_prompt(session, [5])
    graph_runs.clear()
    encode_prompt(session, [5, 6, 7])
    assert graph_runs == [(1, 3)]


def test_what_was_generated_is_encoded_again_when_it_is_kept(
    session: Session, graph_runs: list[tuple[int, int]]
) -> None:
    ids, _ = outcomes(session, PROMPT[:20], [lane(0, length=10)])[0]
    graph_runs.clear()
    kept = [*PROMPT[:20], *ids]
    result = encode_prompt(session, kept)
    assert sum(tokens for _, tokens in graph_runs) >= len(ids)
    assert_same(result, encoded(session.encode(kept))[0])


def test_an_encoding_that_was_broken_off_is_not_built_upon(session: Session) -> None:
    encode_prompt(session, PROMPT[:10])
    broken_off = session.encode_prompt([*PROMPT[:10], 60, 61, 62])
    next(broken_off)
    broken_off.close()
    ids = [*PROMPT[:10], 60, 61, 63, 64]
    assert_same(encode_prompt(session, ids), encoded(session.encode(ids))[0])


@pytest.fixture(scope="module")
def starter() -> LoadedModel:
    return load_model(None, Device.CPU)


def test_a_long_draft_of_the_starter_grows_and_shrinks_exactly(starter: LoadedModel) -> None:
    generator = np.random.default_rng(7)
    ids = [int(each) for each in generator.integers(0, 4096, 130)]
    session = starter.session
    for _ in range(25):
        ids = ids[: int(generator.integers(100, len(ids) + 1))]
        ids += [int(each) for each in generator.integers(0, 4096, generator.integers(1, 60))]
        ids = ids[: starter.window]
        assert_same(encode_prompt(session, ids), encoded(session.encode(ids))[0])
