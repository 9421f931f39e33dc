"""Graphs run by hand, call by call: for the check after an export, and for tests.

The engine has its own way to run them; what checks a graph shares nothing with it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpt2_tui.errors import ModelError, UserError, first_line
from gpt2_tui.models import graph_io
from gpt2_tui.onnx_runtime import onnxruntime

from .config import Config

_QUIET = 4  # onnxruntime's level for fatal errors only

Array = NDArray[Any]
Logits = NDArray[np.float32]

_CACHE_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int8)": np.int8,
}


@contextmanager
def faults_told() -> Iterator[None]:
    """Turn whatever onnxruntime raises in the block, and a lack of memory, into a ModelError."""
    try:
        yield
    except UserError:
        raise  # it is told already
    # onnxruntime's errors have no common base but Exception.
    except Exception as failure:
        raise ModelError(f"the exported graph does not run: {first_line(failure)}") from failure


def open_session(graph: Path, threads: int = 0) -> Any:
    """An onnxruntime session on the CPU that prints nothing; 0 threads means as it likes."""
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = _QUIET
    options.intra_op_num_threads = threads
    # Products of whole numbers would be cut off on x86-64 without VNNI; elsewhere it does nothing.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class CachedRun:
    """A batch of rows that goes through a prompt graph, its cache written in place."""

    def __init__(self, session: Any, config: Config, batch: int, places: int) -> None:
        self._session = session
        self.length = 0
        shape = (batch, config.heads, places, config.head_size)
        kind = _cache_type(session)
        self.caches = [np.zeros(shape, kind) for _ in range(2 * config.layers)]

    def feed(self, ids: ArrayLike, keep: int) -> Logits:
        """Add the tokens `ids` [B, S]; returns the logits [B, keep, V] of the last `keep`."""
        new = np.asarray(ids, np.int64)
        batch, count = new.shape
        start, self.length = self.length, self.length + count
        inputs = {
            **_tokens(new, start, keep),
            graph_io.SEQLENS_K: np.full(batch, self.length - 1, np.int32),
            graph_io.TOTAL_SEQUENCE_LENGTH: np.array(self.length, np.int32),
        }
        return _run(self._session, inputs, self.caches)


class StepRun:
    """Continuations of the prompt in the first row of `prompt`, through a step graph."""

    def __init__(self, session: Any, prompt: CachedRun, batch: int, places: int) -> None:
        self._session = session
        self._start = prompt.length
        self._own_length = 0
        heads, head_size = prompt.caches[0].shape[1], prompt.caches[0].shape[3]
        names = graph_io.prompt_names(len(prompt.caches) // 2)
        self._prompt = {
            name: np.ascontiguousarray(cache[0, :, None, : prompt.length])
            for name, cache in zip(names, prompt.caches, strict=True)
        }
        shape = (heads, batch, places, head_size)
        self._own = [np.zeros(shape, cache.dtype) for cache in prompt.caches]

    def feed(self, ids: ArrayLike) -> Logits:
        """Add one token to each row: `ids` [B]; returns the logits [B, V]."""
        new = np.asarray(ids, np.int64)[:, None]
        heads, _, places, _ = self._own[0].shape
        mask = np.where(np.arange(places) <= self._own_length, 0, -np.inf).astype(np.float32)
        inputs = {
            **_tokens(new, self._start + self._own_length, keep=1),
            **self._prompt,
            graph_io.WRITE_INDICES: np.full(heads, self._own_length, np.int64),
            graph_io.OWN_MASK: mask,
        }
        self._own_length += 1
        return _run(self._session, inputs, self._own)[:, 0]


def _tokens(new: NDArray[np.int64], start: int, keep: int) -> dict[str, Array]:
    positions = np.arange(start, start + new.shape[1], dtype=np.int64)
    return {
        graph_io.INPUT_IDS: new,
        graph_io.POSITION_IDS: np.tile(positions, (len(new), 1)),
        graph_io.LOGITS_TO_KEEP: np.array([keep], np.int64),
        graph_io.CANDIDATES: np.array([1], np.int64),
    }


def _run(session: Any, inputs: Mapping[str, Array], caches: list[Array]) -> Logits:
    """The logits; `caches` are past and present."""
    binding = session.io_binding()
    for name, array in inputs.items():
        binding.bind_cpu_input(name, array)
    binding.bind_output(graph_io.LOGITS)
    binding.bind_output(graph_io.CANDIDATE_LOGITS)
    binding.bind_output(graph_io.CANDIDATE_IDS)
    names = graph_io.cache_names(len(caches) // 2)
    for (past, present), array in zip(names, caches, strict=True):
        binding.bind_cpu_input(past, array)
        address = array.__array_interface__["data"][0]
        binding.bind_output(present, "cpu", 0, array.dtype, list(array.shape), address)
    session.run_with_iobinding(binding)
    logits: Logits = binding.get_outputs()[0].numpy().copy()
    return logits


def _cache_type(session: Any) -> type[np.generic]:
    """The type of the graph's cache."""
    types = {each.name: each.type for each in session.get_inputs()}
    return _CACHE_TYPES[types[graph_io.past_key(0)]]
