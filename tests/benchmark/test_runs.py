"""The runs that are timed do the work that they say."""

import pytest

from gpt2_tui.benchmark import runs
from gpt2_tui.engine.session import Session
from gpt2_tui.loading import LoadedModel


@pytest.fixture
def session(loaded_model: LoadedModel) -> Session:
    return loaded_model.session


def test_random_ids_are_tokens_and_the_same_for_a_seed(session: Session) -> None:
    ids = runs.random_ids(session, 1000, seed=3)
    assert ids == runs.random_ids(session, 1000, seed=3)
    assert ids != runs.random_ids(session, 1000, seed=4)
    assert len(ids) == 1000
    assert 0 <= min(ids) <= max(ids) < session.architecture.vocabulary


@pytest.mark.parametrize("context", [1, 20, 59, 60])
def test_every_step_is_timed_and_the_prompt_stays_as_it_is(session: Session, context: int) -> None:
    prompt = runs.encode(session, runs.random_ids(session, context, seed=1))
    before = [array.copy() for array in prompt.cache.on_host().arrays]
    seconds = runs.step_seconds(session, prompt, lanes=3, steps=4)  # the window is 64
    assert len(seconds) == 4
    assert all(each > 0 for each in seconds)
    assert prompt.cache.length == context
    for ours, theirs in zip(prompt.cache.on_host().arrays, before, strict=True):
        assert (ours == theirs).all()


def test_whole_continuations_draw_every_token(session: Session) -> None:
    seconds, tokens = runs.whole_seconds(session, [1, 2, 3], lanes=4, length=9)
    assert seconds > 0
    assert tokens == 36


def test_a_prompt_is_timed_alone(session: Session) -> None:
    assert runs.prefill_seconds(session, runs.random_ids(session, 64, seed=1)) > 0
