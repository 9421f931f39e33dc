"""Exact repeat over long texts: on the bundled model, and on one of GPT-2 small's size.

A lane's tokens are decided by the prompt's ids, its settings, its seed and its number: not by how
many lanes run, on how many threads, what ran before, or how the prompt came to be.
"""

from pathlib import Path

import numpy as np
import pytest

from gpt2_tui.engine.runtime import CPU_PROVIDER, Device
from gpt2_tui.engine.session import Session
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.settings import Sampling
from tests.engine.runs import Outcome, lane, outcomes
from tests.exporter.checkpoints import Shape, random_model

GPT2_SMALL = Shape(layers=12, heads=12, width=768, window=1024, vocabulary=50257)
USUAL = Sampling(temperature=0.8, top_k=40)


@pytest.fixture(scope="module")
def bundled(_home_of_the_session: None) -> LoadedModel:
    return load_model(None, Device.CPU)


def written(session: Session, prompt: list[int], numbers: list[int], length: int) -> list[Outcome]:
    """What the lanes `numbers` write, which differ in length so that the batch shrinks."""
    asked = [
        lane(number, seed=11, sampling=USUAL, length=length - 7 * place)
        for place, number in enumerate(numbers)
    ]
    found = outcomes(session, prompt, asked)
    return [found[number] for number in numbers]


def some_prompt(model: LoadedModel, tokens: int) -> list[int]:
    draw = np.random.default_rng(tokens)
    return [int(token) for token in draw.integers(0, model.session.architecture.vocabulary, tokens)]


@pytest.mark.parametrize("threads", range(1, 17))
def test_threads_do_not_show_in_what_the_bundled_model_writes(
    threads: int, bundled: LoadedModel
) -> None:
    prompt = some_prompt(bundled, 150)
    alone = written(Session(bundled.folder, CPU_PROVIDER, 1), prompt, [3], 60)
    session = Session(bundled.folder, CPU_PROVIDER, threads)
    assert written(session, prompt, [3, 0, 1, 2, 4], 60)[0] == alone[0]
    assert written(session, prompt, [3], 60) == alone


@pytest.mark.parametrize(("tokens", "length"), [(1, 200), (129, 200), (450, 400)])
def test_lanes_of_the_bundled_model_are_alone_also_when_the_window_moves(
    tokens: int, length: int, bundled: LoadedModel
) -> None:
    session, prompt = bundled.session, some_prompt(bundled, tokens)
    (alone,) = written(session, prompt, [5], length)
    assert len(alone[0]) == length
    together = written(session, prompt, [5, 1, 2], length)
    assert together[0] == alone
    assert len({ids for ids, _ in together}) == 3


def test_a_prompt_that_grew_by_edits_gives_the_bundled_model_the_same_text(
    bundled: LoadedModel,
) -> None:
    session, prompt = bundled.session, some_prompt(bundled, 300)
    for end in (7, 150, 151, 280, 300):
        written(session, prompt[:end], [0, 1], 5)
    grown = written(session, prompt, [0, 1], 200)
    assert grown == written(Session(bundled.folder, CPU_PROVIDER, 2), prompt, [0, 1], 200)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_lanes_of_a_model_of_the_size_of_gpt2_small(tmp_path: Path) -> None:
    folder = random_model(tmp_path / "small", GPT2_SMALL, precision="int8")
    model = load_model(str(folder), Device.CPU)
    prompt = some_prompt(model, 700)
    one_thread = Session(model.folder, CPU_PROVIDER, 1)
    (alone,) = written(one_thread, prompt, [2], 250)
    assert len(alone[0]) == 250
    assert written(model.session, prompt, [2, 0, 1, 3], 250)[0] == alone
