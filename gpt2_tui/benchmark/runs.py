"""The runs that are timed: a model's session, and the clock around it."""

import time
from collections.abc import Sequence

import numpy as np

from gpt2_tui.engine.cache import LaneCache
from gpt2_tui.engine.generation import Drawn, Generation, Lane
from gpt2_tui.engine.session import Encoded, Session
from gpt2_tui.settings import Sampling

_UNTIMED_STEPS = 2
"""The first steps with a new cache bind it and touch its memory for the first time."""


def random_ids(session: Session, count: int, seed: int) -> list[int]:
    """`count` token ids, the same for the same seed."""
    draw = np.random.Generator(np.random.PCG64(seed))
    return [int(each) for each in draw.integers(session.architecture.vocabulary, size=count)]


def encode(session: Session, ids: Sequence[int]) -> Encoded:
    """Encode a prompt of 1 to window tokens, with nothing reused."""
    return session.encode_now(ids)


def prefill_seconds(session: Session, ids: Sequence[int]) -> float:
    """How long it takes until the likeliest token behind `ids` is known."""
    began = time.perf_counter()
    encode(session, ids).logits.argmax()
    return time.perf_counter() - began


def step_seconds(session: Session, prompt: Encoded, lanes: int, steps: int) -> list[float]:
    """The time of each of `steps` steps of `lanes` rows behind `prompt`.

    The likeliest tokens are taken, and finding them is timed. The prompt and the steps, with two
    that are not timed before them where there is room, must fit into the window.
    """
    cache = session.fork(prompt, lanes)
    room = session.architecture.window - cache.length - steps
    tokens = [int(prompt.logits.argmax())] * lanes
    for _ in range(min(_UNTIMED_STEPS, room)):
        tokens = _step(session, cache, tokens)
    seconds = []
    for _ in range(steps):
        began = time.perf_counter()
        tokens = _step(session, cache, tokens)
        seconds.append(time.perf_counter() - began)
    return seconds


def whole_seconds(
    session: Session, ids: Sequence[int], lanes: int, length: int
) -> tuple[float, int]:
    """The time of `lanes` whole continuations of `ids`, and the tokens they have together.

    Every token is drawn as the desk draws it by default; what an earlier prompt shares with `ids`
    is not encoded again.
    """
    asked = [Lane(number, 0, Sampling(), length, keep_going=True) for number in range(lanes)]
    began = time.perf_counter()
    drawn = sum(isinstance(event, Drawn) for event in Generation(session, ids, asked))
    return time.perf_counter() - began, drawn


def fill_window(session: Session, lanes: int) -> None:
    """Run `lanes` continuations of a prompt until their window is full."""
    window = session.architecture.window
    steps = min(4, window - 1)
    prompt = encode(session, random_ids(session, window - steps, seed=0))
    step_seconds(session, prompt, lanes, steps)


def _step(session: Session, cache: LaneCache, tokens: Sequence[int]) -> list[int]:
    return [int(best) for best in session.step(cache, tokens).likeliest.ids[:, 0]]
