"""A model on a device: from token ids to logits.

A prompt is encoded in calls of two tokens or more, because a call of one runs other arithmetic; so
the prompt's ids alone decide its cache, however it was cut into calls, and whether it was encoded
at once or grew by edits. For the same reason entries that were written while generating, token by
token, are never taken for those of a prompt.
"""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine import faults, runtime
from gpt2_tui.engine.bound_graph import BoundGraph, Outputs
from gpt2_tui.engine.cache import Cache, LaneCache, SharedPromptCache
from gpt2_tui.engine.device_cache import DeviceCache
from gpt2_tui.engine.likeliest import Likeliest
from gpt2_tui.engine.processor import usable_processors
from gpt2_tui.errors import DeviceError, ModelError
from gpt2_tui.models import graph_io
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.manifest import Architecture

TOKENS_PER_CALL = 128
"""How much of a prompt is encoded in one call, and so how long a stop can wait."""

PromptCache = Cache | DeviceCache


@dataclass(frozen=True)
class Encoded:
    """A prompt that has been encoded: its cache of one row, and float32 [vocabulary] logits of
    what comes next. Continuations start from copies of the cache. One that `encode_prompt` gave may
    be used up to the next call of that, which cuts its cache and writes on in it."""

    ids: tuple[int, ...]
    cache: PromptCache
    logits: npt.NDArray[np.float32]


@dataclass(frozen=True)
class NextTokens:
    """What comes next in each row: float32 `logits` [rows, vocabulary], and the `likeliest`
    [rows, candidates] of them."""

    logits: npt.NDArray[np.float32]
    likeliest: Likeliest


@dataclass(frozen=True)
class PromptProgress:
    """`done` of `total` tokens are encoded."""

    done: int
    total: int


class Session:
    """One model loaded on one device. Not safe for two threads at once.

    `precision` is that of the weights, `cache_dtype` the type of the keys and values.
    """

    def __init__(self, folder: ModelFolder, provider: str, threads: int | None = None):
        """Raises ModelError, and DeviceError if the model has no graph for `provider`."""
        graph = runtime.graph_for(folder.manifest, provider)
        if graph is None:
            raise DeviceError(
                f"the model {folder.manifest.name} has no graph for the "
                f"{runtime.PROVIDER_NAMES[provider]}"
            )
        self.architecture = folder.manifest.architecture
        self.precision = graph.precision
        self.provider = provider
        # With more threads than heads the attention of a single row is cut into other pieces than
        # that of many rows, and a lane would feel how many run beside it.
        self.threads = min(threads or usable_processors(), self.architecture.heads)
        # The memory of a device that the caches lie in; None for the host's own.
        self._device = runtime.device_memory(provider)
        step = graph.step if self._device is None else None
        self.shares_prompt = step is not None
        self._lane_cache = Cache if step is None else SharedPromptCache
        open_graph = partial(BoundGraph, provider=provider, threads=self.threads)
        path = folder.path / graph.file
        # Packed weights are a second copy in memory. For steps it pays; prompts do without.
        if step is None:
            self._prompt_graph = self._lane_graph = open_graph(path, packed=True)
        else:
            with ThreadPoolExecutor(max_workers=1) as beside:
                packing = beside.submit(open_graph, folder.path / step, packed=True)
                self._prompt_graph = open_graph(path, packed=False)
                self._lane_graph = packing.result()
        self.cache_dtype = self._checked_dtype(folder)
        self._last_prompt: Encoded | None = None

    def encode_prompt(self, ids: Sequence[int]) -> Generator[PromptProgress, None, Encoded]:
        """Like `encode`, but what this prompt shares with the start of the one that was encoded
        last is not encoded again. The result is the same, bit for bit.

        What the call before gave must not be used any more: its cache is taken over.
        """
        ids = tuple(ids)
        last, self._last_prompt = self._last_prompt, None
        if last is None:
            last = yield from self.encode(ids)
        elif last.ids != ids:
            # Whoever continued the last prompt has a copy of its cache.
            last.cache.cut(_reusable(last.ids, ids))
            last = yield from self._encode_rest(last.cache, ids)
        self._last_prompt = last
        return last

    def encode(self, ids: Sequence[int]) -> Generator[PromptProgress, None, Encoded]:
        """Encode 1 to window tokens, with a report after each call."""
        return self._encode_rest(self._new_prompt_cache(), tuple(ids))

    def encode_now(self, ids: Sequence[int]) -> Encoded:
        """Like `encode`, without reports."""
        work = self.encode(ids)
        while True:
            try:
                next(work)
            except StopIteration as finished:
                encoded: Encoded = finished.value
                return encoded

    def _encode_rest(
        self, cache: PromptCache, ids: tuple[int, ...]
    ) -> Generator[PromptProgress, None, Encoded]:
        """Encode what follows the first `cache.length` of `ids`, which `cache` holds already."""
        if not 0 < len(ids) <= self.architecture.window:
            raise ValueError(f"{len(ids)} tokens do not fit in {self.architecture.window}")
        logits = np.empty((1, 1, 0), np.float32)
        for start, end in self._calls(cache.length, len(ids)):
            call = np.array([ids[start:end]], np.int64)
            logits = self._run(self._prompt_graph, cache, call).logits
            yield PromptProgress(end, len(ids))
        self._prompt_graph.release()
        return Encoded(ids, cache, logits[0, -1])

    def fork(self, encoded: Encoded, rows: int) -> LaneCache:
        """A cache for `rows` continuations of a prompt. Raises ModelError if there is no room."""
        self._lane_graph.release()
        with self._letting_go(), faults.told():
            return self._placed(self._lane_cache.after(encoded.cache.on_host(), rows))

    def apart(self, rows: int, length: int) -> LaneCache:
        """A cache for `rows` continuations that share nothing, each of `length` tokens: put them
        there with its `set_row`. Raises ModelError if there is no room."""
        self._lane_graph.release()
        with self._letting_go(), faults.told():
            return self._placed(
                self._lane_cache.apart(self.architecture, rows, length, self.cache_dtype)
            )

    def step(self, cache: LaneCache, ids: Sequence[int], candidates: int = 1) -> NextTokens:
        """Append one token to each row; what comes next, with `candidates` of it picked."""
        new = np.array(ids, np.int64)[:, None]
        outputs = self._run(self._lane_graph, cache, new, candidates=candidates)
        return NextTokens(outputs.logits[:, -1], outputs.likeliest[:, -1])

    def predict(self, ids: Sequence[int]) -> Iterator[npt.NDArray[np.float32]]:
        """What follows each place of a sequence of 1 to window tokens.

        Yields float32 [places, vocabulary] logits, a call's worth at a time.
        """
        cache = self._new_prompt_cache()
        for start, end in self._calls(0, len(ids)):
            call = np.array([ids[start:end]], np.int64)
            yield self._run(self._prompt_graph, cache, call, keep=end - start).logits[0]

    def _run(
        self,
        graph: BoundGraph,
        cache: LaneCache,
        ids: npt.NDArray[np.int64],
        keep: int = 1,
        candidates: int = 1,
    ) -> Outputs:
        """Append int64 [rows, tokens] `ids` to `cache`; what the last `keep` places give.

        Raises ModelError, and ValueError where the window has no room for them.
        """
        rows, new = ids.shape
        if cache.length + new > self.architecture.window:
            raise ValueError(
                f"{cache.length + new} tokens do not fit in {self.architecture.window}"
            )
        positions = np.arange(cache.length, cache.length + new, dtype=np.int64)
        inputs = {
            graph_io.INPUT_IDS: ids,
            graph_io.POSITION_IDS: np.tile(positions, (rows, 1)),
            graph_io.LOGITS_TO_KEEP: np.array([keep], np.int64),
            graph_io.CANDIDATES: np.array([min(candidates, self.architecture.vocabulary)]),
        }
        with self._letting_go():
            outputs = graph.run(cache, new, inputs)
        cache.advance(new)
        return outputs

    @contextmanager
    def _letting_go(self) -> Iterator[None]:
        """If the block fails, nothing that was in memory is used again."""
        try:
            yield
        except ModelError:
            self._last_prompt = None
            self._prompt_graph.release()
            self._lane_graph.release()
            raise

    def _new_prompt_cache(self) -> PromptCache:
        empty = Cache(self.architecture, rows=1, dtype=self.cache_dtype)
        return empty if self._device is None else DeviceCache(empty, self._device)

    def _placed(self, cache: Cache | SharedPromptCache) -> LaneCache:
        """`cache`, in the memory that the graph wants it in."""
        if self._device is None or isinstance(cache, SharedPromptCache):
            return cache
        return DeviceCache(cache, self._device)

    def _calls(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Cut the tokens `start` to `end` into calls of at most TOKENS_PER_CALL.

        The attention operator takes the tokens of a call in blocks of twice the head size, and a
        block of one runs other arithmetic. So no call leaves one token over, unless there is but
        one in all.
        """
        block = 2 * self.architecture.head_size
        while start < end:
            stop = min(start + TOKENS_PER_CALL, end)
            while stop - start > 2 and ((stop - start) % block == 1 or end - stop == 1):
                stop -= 1
            yield start, stop
            start = stop

    def _checked_dtype(self, folder: ModelFolder) -> np.dtype[Any]:
        """The type of the cache's numbers. The graphs must agree on it, and have the inputs, and
        the cache and the logits the shape, that `model.json` says."""
        shape = self.architecture
        by_row: list[Any] = ["batch", shape.heads, "cache", shape.head_size]
        by_head: list[Any] = [shape.heads, "batch", "own", shape.head_size]
        dtype = self._prompt_graph.cache_dtype()
        agrees = _has_cache(self._prompt_graph, shape, by_row)
        if self.shares_prompt:
            agrees = agrees and _has_cache(self._lane_graph, shape, by_head)
        if not agrees or dtype is None or dtype != self._lane_graph.cache_dtype():
            raise ModelError(
                f"the graph in {folder.path} is not what its model.json says; export it again"
            )
        return np.dtype(dtype)


def _has_cache(graph: BoundGraph, shape: Architecture, cache: list[Any]) -> bool:
    """Whether `graph` has the logits and as many caches of that shape as the model has layers."""
    found = graph.shapes()
    return (
        found.keys() >= {graph_io.LOGITS_TO_KEEP, graph_io.CANDIDATES}
        and found.get(graph_io.LOGITS, [None])[-1] == shape.vocabulary
        and all(found.get(past) == cache for past, _ in graph_io.cache_names(shape.layers))
        and graph_io.past_key(shape.layers) not in found
    )


def _reusable(encoded: Sequence[int], ids: Sequence[int]) -> int:
    """How many of the first `ids` need not be encoded again after `encoded`.

    The last two always are: their logits are wanted, and a call must have two tokens. A prompt of
    one token was encoded in a call of one, so nothing of it counts.
    """
    if len(encoded) < 2:
        return 0
    most = max(min(len(encoded), len(ids) - 2), 0)
    shared = (one == other for one, other in zip(encoded[:most], ids, strict=False))
    return next((place for place, same in enumerate(shared) if not same), most)
