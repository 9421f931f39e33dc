"""The check after every export: the new graphs against the numpy reference, on the real weights.

A few tokens are encoded in one call, as a prompt is, and a few more one by one with the cache
written in place, as generation does. Both must give the reference's logits.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpt2_tui.errors import ModelError
from gpt2_tui.models.manifest import Graph

from . import reference
from .checkpoint import Checkpoint
from .config import Config
from .runs import CachedRun, StepRun, faults_told, open_session

_PROMPT_TOKENS = 8
_STEPS = 2
_CACHE_PLACES = 16
_SEED = 20190214  # the day GPT-2 was announced; any number will do
# Largest root mean square error of the logits, relative to how far the reference's logits spread.
# float32 gave under 1e-6 on random weights of 124M's shape; the rest is room for real ones.
# int8 gave 0.011 to 0.022: the starter, small random models, and random weights of 124M's shape. A
# tenth leaves room for weights with outliers. Such an error costs about 5 % of perplexity where the
# logits spread by 3, so weights that lose more are better kept in fp32. A matrix, its scales or the
# positions lost gave over 0.35, a bias lost 0.05 to 0.4: a few of these would pass here, and the
# tests hold random models closer.
_LARGEST_ERROR = {"fp32": 1e-3, "fp16": 1e-2, "int8": 0.1}

Array = NDArray[np.float32]


def check_graph(folder: Path, graph: Graph, checkpoint: Checkpoint) -> float:
    """Compare the graph in `folder` with the reference, and its step graph where it has one.

    Returns the larger relative error, a pure number. Raises ModelError when a graph does not run
    or its error is too large.
    """
    config = checkpoint.config
    ids = _check_ids(config)
    with np.errstate(all="ignore"):  # absurd weights overflow: their error is then not a number
        wanted = reference.forward(
            checkpoint.read,
            ids,
            layers=config.layers,
            heads=config.heads,
            epsilon=config.epsilon,
            head_name=checkpoint.head_name,
        )
    with faults_told(), np.errstate(all="ignore"):
        errors = [relative_error(found, wanted) for found in _runs(folder, graph, config, ids)]
    most = _LARGEST_ERROR[graph.precision]
    # A NaN is larger than nothing: ask what is right, not what is wrong.
    if not all(error <= most for error in errors):
        hint = (
            ""
            if graph.precision == "fp32"
            else f"; if {graph.precision} is too coarse for these weights, export them in fp32"
        )
        raise ModelError(
            f"the exported graph is wrong: its logits differ from the reference by"
            f" {max(errors):.2g} of their spread, at most {most:.2g} is right{hint}"
        )
    return max(errors)


def relative_error(found: Array, wanted: Array) -> float:
    """Root mean square of `found - wanted`, over the standard deviation of `wanted` by row."""
    smallest = np.finfo(np.float32).tiny  # for logits that are all the same
    with np.errstate(all="ignore"):
        spread = wanted - wanted.mean(axis=-1, keepdims=True)
        error = np.mean((found - wanted) ** 2) / np.maximum(np.mean(spread**2), smallest)
        return float(np.sqrt(error))


def _check_ids(config: Config) -> NDArray[np.int64]:
    count = min(_PROMPT_TOKENS + _STEPS, config.window)
    return np.random.default_rng(_SEED).integers(0, config.vocabulary, count, dtype=np.int64)


def _runs(folder: Path, graph: Graph, config: Config, ids: NDArray[np.int64]) -> Iterator[Array]:
    """Logits [S, V] for `ids` [S], once by each way: all but the last tokens at once, those
    singly."""
    run = CachedRun(open_session(folder / graph.file), config, batch=1, places=_CACHE_PLACES)
    prompt, singly = ids[:-_STEPS], ids[-_STEPS:]
    at_once = run.feed(prompt[None], keep=len(prompt))[0]
    if graph.step is not None:
        steps = StepRun(open_session(folder / graph.step), run, batch=1, places=_CACHE_PLACES)
        yield np.concatenate([at_once, *(steps.feed([token]) for token in singly)])
    yield np.concatenate([at_once, *(run.feed([[token]], keep=1)[0] for token in singly)])
