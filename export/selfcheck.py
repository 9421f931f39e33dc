"""The check after every export: the new graph against the numpy reference, on the real weights.

A few tokens are encoded in one call, as a prompt is, and a few more one by one with the cache
written in place, as generation does. Both must give the reference's logits.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpt2_tui.errors import ModelError
from gpt2_tui.models import graph_io

from . import reference
from .checkpoint import Checkpoint
from .config import Config

_PROMPT_TOKENS = 8
_STEPS = 2
_CACHE_PLACES = 16
_SEED = 20190214  # the day GPT-2 was announced; any number will do
_QUIET = 4  # onnxruntime's level for fatal errors only
# Largest root mean square error of the logits, relative to how far the reference's logits spread.
# float32 gave under 1e-6 on random weights of 124M's shape; the rest is room for real ones.
# int8 gave 0.011 to 0.022: the starter, small random models, and random weights of 124M's shape. A
# tenth leaves room for weights with outliers. Such an error costs about 5 % of perplexity where the
# logits spread by 3, so weights that lose more are better kept in fp32. A matrix, its scales or the
# positions lost gave over 0.35, a bias lost 0.05 to 0.4: a few of these would pass here, and the
# tests hold random models closer.
_LARGEST_ERROR = {"fp32": 1e-3, "int8": 0.1}

Array = NDArray[np.float32]


def check_graph(graph: Path, checkpoint: Checkpoint, precision: str) -> float:
    """Compare the graph with the reference; returns the relative error, a pure number.

    Raises ModelError when the graph does not run or its error is too large.
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
    try:
        found = _run_prompt_and_steps(graph, config, ids)
    # onnxruntime's errors have no common base but Exception.
    except Exception as failure:
        raise ModelError(f"the exported graph does not run: {_first_line(failure)}") from failure
    error = relative_error(found, wanted)
    if not error <= _LARGEST_ERROR[precision]:
        hint = (
            ""
            if precision == "fp32"
            else "; if int8 is too coarse for these weights, export them in fp32"
        )
        raise ModelError(
            f"the exported graph is wrong: its logits differ from the reference by {error:.2g}"
            f" of their spread, at most {_LARGEST_ERROR[precision]:.2g} is right{hint}"
        )
    return error


def relative_error(found: Array, wanted: Array) -> float:
    """Root mean square of `found - wanted`, over the standard deviation of `wanted` by row."""
    smallest = np.finfo(np.float32).tiny  # for logits that are all the same
    with np.errstate(all="ignore"):
        spread = wanted - wanted.mean(axis=-1, keepdims=True)
        error = np.mean((found - wanted) ** 2) / np.maximum(np.mean(spread**2), smallest)
        return float(np.sqrt(error))


def open_session(graph: Path, threads: int = 0) -> Any:
    """An onnxruntime session on the CPU that prints nothing; 0 threads means as it likes."""
    # It looks up a telemetry host otherwise, and reads this once, when it is imported.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _QUIET
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class CachedRun:
    """A batch of rows that goes through a graph call by call, its cache written in place."""

    def __init__(self, session: Any, config: Config, batch: int, places: int) -> None:
        self._session = session
        self._length = 0
        shape = (batch, config.heads, places, config.head_size)
        self._caches = {
            layer: (np.zeros(shape, np.float32), np.zeros(shape, np.float32))
            for layer in range(config.layers)
        }

    def feed(self, ids: ArrayLike, keep: int) -> Array:
        """Add the tokens `ids` [B, S]; returns the logits [B, keep, V] of the last `keep`."""
        new = np.asarray(ids, np.int64)
        batch, count = new.shape
        start, self._length = self._length, self._length + count
        binding = self._session.io_binding()
        positions = np.arange(start, self._length, dtype=np.int64)
        inputs = {
            graph_io.INPUT_IDS: new,
            graph_io.POSITION_IDS: np.tile(positions, (batch, 1)),
            graph_io.SEQLENS_K: np.full(batch, self._length - 1, np.int32),
            graph_io.TOTAL_SEQUENCE_LENGTH: np.array(self._length, np.int32),
            graph_io.LOGITS_TO_KEEP: np.array([keep], np.int64),
        }
        for name, array in inputs.items():
            binding.bind_cpu_input(name, array)
        binding.bind_output(graph_io.LOGITS)
        for layer, (key, value) in self._caches.items():
            _bind_cache(binding, graph_io.past_key(layer), graph_io.present_key(layer), key)
            _bind_cache(binding, graph_io.past_value(layer), graph_io.present_value(layer), value)
        self._session.run_with_iobinding(binding)
        logits: Array = binding.get_outputs()[0].numpy().copy()
        return logits


def _bind_cache(binding: Any, past: str, present: str, array: Array) -> None:
    binding.bind_cpu_input(past, array)
    binding.bind_output(
        present, "cpu", 0, np.float32, list(array.shape), array.__array_interface__["data"][0]
    )


def _check_ids(config: Config) -> NDArray[np.int64]:
    count = min(_PROMPT_TOKENS + _STEPS, config.window)
    return np.random.default_rng(_SEED).integers(0, config.vocabulary, count, dtype=np.int64)


def _run_prompt_and_steps(graph: Path, config: Config, ids: NDArray[np.int64]) -> Array:
    """The graph's logits [S, V] for `ids` [S]: all but the last tokens at once, those singly."""
    run = CachedRun(open_session(graph), config, batch=1, places=_CACHE_PLACES)
    prompt = len(ids) - _STEPS
    parts = [run.feed(ids[None, :prompt], keep=prompt)[0]]
    parts += [run.feed(ids[None, [place]], keep=1)[0] for place in range(prompt, len(ids))]
    return np.concatenate(parts)


def _first_line(failure: Exception) -> str:
    return str(failure).strip().partition("\n")[0]
