"""Scales for a cache in whole numbers of eight bits, found by letting the model write.

A text that the model writes itself is like what it will see, and needs no data of ours. It is
repeated up to the end of the window, since keys and values change with their position.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .config import Config
from .quantisation import LARGEST
from .runs import CachedRun, faults_told, open_session

_ROWS = 4
_STEPS = 64
_SEED = 20190214
# Other texts go beyond what was seen here; what goes beyond the scale's end is cut off.
_HEADROOM = 1.25


def find_cache_scales(graph: Path, config: Config, end_of_text: int) -> tuple[np.float32, ...]:
    """A scale for each array of the cache of the prompt graph `graph`: keys and values in turn.

    The scale times 127 is the largest magnitude that was seen, with some headroom.
    Raises ModelError if the graph does not run.
    """
    with faults_told():
        session = open_session(graph)
        ids = _written(session, config, end_of_text)
        run = CachedRun(session, config, batch=1, places=config.window)
        run.feed(np.resize(ids, (1, config.window)), keep=1)
    smallest = np.finfo(np.float32).tiny  # for a head that is all zeros
    return tuple(
        np.float32(max(float(np.abs(cache).max()) * _HEADROOM / LARGEST, float(smallest)))
        for cache in run.caches
    )


def _written(session: object, config: Config, end_of_text: int) -> NDArray[np.int64]:
    """Some texts of the model's own at temperature 1, one behind the other."""
    draw = np.random.default_rng(_SEED)
    steps = min(_STEPS, config.window)
    run = CachedRun(session, config, _ROWS, places=steps)
    ids = np.full((_ROWS, 1), end_of_text, np.int64)
    for _ in range(steps - 1):
        logits = run.feed(ids[:, -1:], keep=1)[:, 0].astype(np.float64)
        # The largest of logits and Gumbel noise is a draw from their softmax (Gumbel 1954).
        drawn = (logits + draw.gumbel(size=logits.shape)).argmax(axis=1)
        ids = np.concatenate([ids, drawn[:, None]], axis=1)
    return ids.reshape(-1)
