"""A graph and its caches: from token ids to logits.

Past and present are the same memory: the graph writes new keys and values behind the old ones, in
place. A prompt is encoded in calls of two tokens or more, because a call of one runs other
arithmetic; so the prompt's ids alone decide its cache, however it was cut into calls, and whether
it was encoded at once or grew by edits. For the same reason entries that were written while
generating, token by token, are never taken for those of a prompt.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine import runtime
from gpt2_tui.errors import ModelError
from gpt2_tui.models import graph_io
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.manifest import Architecture

TOKENS_PER_CALL = 128
"""How much of a prompt is encoded in one call, and so how long a stop can wait."""

Array = npt.NDArray[Any]


class Cache:
    """Keys and values of `rows` sequences that all hold `length` tokens.

    Each array is float32 [rows, heads, window, head size].
    """

    def __init__(self, architecture: Architecture, rows: int) -> None:
        shape = (rows, architecture.heads, architecture.window, architecture.head_size)
        self.architecture = architecture
        self.rows = rows
        self.length = 0
        self.arrays: list[Array] = [
            np.zeros(shape, np.float32) for _ in range(2 * architecture.layers)
        ]

    def copied(self, rows: int) -> "Cache":
        """`rows` copies of the first row."""
        fork = Cache(self.architecture, rows)
        fork.length = self.length
        for ours, theirs in zip(fork.arrays, self.arrays, strict=True):
            ours[:, :, : self.length] = theirs[:1, :, : self.length]
        return fork

    def keep_rows(self, kept: Sequence[int]) -> "Cache":
        """A cache of the rows `kept`, in that order."""
        smaller = Cache(self.architecture, len(kept))
        smaller.length = self.length
        for ours, theirs in zip(smaller.arrays, self.arrays, strict=True):
            ours[:, :, : self.length] = theirs[list(kept), :, : self.length]
        return smaller

    def set_row(self, row: int, other: "Cache") -> None:
        """Put the single row of `other` in place of `row`."""
        for ours, theirs in zip(self.arrays, other.arrays, strict=True):
            ours[row, :, : other.length] = theirs[0, :, : other.length]


@dataclass(frozen=True)
class Encoded:
    """A prompt that has been encoded: its cache of one row, and float32 [vocabulary] logits of
    what comes next. The cache is never written again; continuations start from copies."""

    ids: tuple[int, ...]
    cache: Cache
    logits: npt.NDArray[np.float32]


@dataclass(frozen=True)
class PromptProgress:
    """`done` of `total` tokens are encoded."""

    done: int
    total: int


class Session:
    """One graph loaded on one device. Not safe for two threads at once."""

    def __init__(self, folder: ModelFolder, device: runtime.Device, threads: int | None = None):
        graph, provider = runtime.choose_graph(folder.manifest, device)
        self.architecture = folder.manifest.architecture
        self.precision = graph.precision
        self.provider = provider
        # With more threads than heads the attention of a single row is cut into other pieces than
        # that of many rows, and a lane would feel how many run beside it.
        self.threads = min(threads or runtime.default_threads(), self.architecture.heads)
        self._session = runtime.open_graph(folder.path / graph.file, provider, self.threads)
        self._bindings: tuple[Cache, Any] | None = None
        self._check_inputs(folder)
        self._last_prompt: Encoded | None = None

    def encode_prompt(self, ids: Sequence[int]) -> Generator[PromptProgress, None, Encoded]:
        """Like `encode`, but what this prompt shares with the start of the one that was encoded
        last is not encoded again. The result is the same, bit for bit."""
        ids = tuple(ids)
        last, self._last_prompt = self._last_prompt, None
        if last is None:
            last = yield from self.encode(ids)
        elif last.ids != ids:
            # Whoever continued the last prompt has a copy of its cache.
            last.cache.length = _reusable(last.ids, ids)
            last = yield from self._encode_rest(last.cache, ids)
        self._last_prompt = last
        return last

    def encode(self, ids: Sequence[int]) -> Generator[PromptProgress, None, Encoded]:
        """Encode 1 to window tokens, with a report after each call."""
        return self._encode_rest(Cache(self.architecture, rows=1), tuple(ids))

    def _encode_rest(
        self, cache: Cache, ids: tuple[int, ...]
    ) -> Generator[PromptProgress, None, Encoded]:
        """Encode what follows the first `cache.length` of `ids`, which `cache` holds already."""
        if not 0 < len(ids) <= self.architecture.window:
            raise ValueError(f"{len(ids)} tokens do not fit in {self.architecture.window}")
        logits = np.empty((1, 1, 0), np.float32)
        for start, end in self._calls(cache.length, len(ids)):
            logits = self._run(cache, np.array([ids[start:end]], np.int64))
            yield PromptProgress(end, len(ids))
        return Encoded(ids, cache, logits[0, -1])

    def step(self, cache: Cache, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """Append one token to each row; float32 [rows, vocabulary] logits of what comes next."""
        return self._run(cache, np.array(ids, np.int64)[:, None])[:, -1]

    def predict(self, ids: Sequence[int]) -> Iterator[npt.NDArray[np.float32]]:
        """What follows each place of a sequence of 1 to window tokens.

        Yields float32 [places, vocabulary] logits, a call's worth at a time.
        """
        cache = Cache(self.architecture, rows=1)
        for start, end in self._calls(0, len(ids)):
            yield self._run(cache, np.array([ids[start:end]], np.int64), end - start)[0]

    def _run(
        self, cache: Cache, ids: npt.NDArray[np.int64], keep: int = 1
    ) -> npt.NDArray[np.float32]:
        """Append int64 [rows, tokens] `ids` to `cache`.

        Returns float32 [rows, keep, vocabulary] logits of the last `keep` places of each row.
        """
        rows, new = ids.shape
        total = cache.length + new
        if total > self.architecture.window:
            raise ValueError(f"{total} tokens do not fit in {self.architecture.window}")
        binding = self._binding(cache)
        positions = np.tile(np.arange(cache.length, total, dtype=np.int64), (rows, 1))
        binding.bind_cpu_input(graph_io.INPUT_IDS, np.ascontiguousarray(ids))
        binding.bind_cpu_input(graph_io.POSITION_IDS, positions)
        binding.bind_cpu_input(graph_io.SEQLENS_K, np.full(rows, total - 1, np.int32))
        binding.bind_cpu_input(graph_io.TOTAL_SEQUENCE_LENGTH, np.array(total, np.int32))
        binding.bind_cpu_input(graph_io.LOGITS_TO_KEEP, np.array([keep], np.int64))
        binding.bind_output(graph_io.LOGITS, "cpu")
        try:
            self._session.run_with_iobinding(binding)
        except Exception as error:
            first_line = (str(error).strip().splitlines() or ["no reason given"])[0]
            raise ModelError(f"onnxruntime failed while it ran the model: {first_line}") from error
        cache.length = total
        # A copy: the array that onnxruntime hands out does not keep its memory alive.
        logits: npt.NDArray[np.float32] = binding.get_outputs()[0].numpy().copy()
        return logits

    def _binding(self, cache: Cache) -> Any:
        """A binding whose past and present are `cache`; made once for each cache."""
        if self._bindings is None or self._bindings[0] is not cache:
            binding = self._session.io_binding()
            # Outputs keep the order in which their names were bound first: logits are number 0.
            binding.bind_output(graph_io.LOGITS, "cpu")
            make = runtime.onnxruntime().OrtValue.ortvalue_from_numpy
            for layer in range(self.architecture.layers):
                for array, past, present in (
                    (cache.arrays[2 * layer], graph_io.past_key, graph_io.present_key),
                    (cache.arrays[2 * layer + 1], graph_io.past_value, graph_io.present_value),
                ):
                    value = make(array)
                    binding.bind_ortvalue_input(past(layer), value)
                    binding.bind_ortvalue_output(present(layer), value)
            self._bindings = (cache, binding)
        return self._bindings[1]

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

    def _check_inputs(self, folder: ModelFolder) -> None:
        """The graph must have the inputs, and the cache and the logits the shape, that
        `model.json` says."""
        shape = self.architecture
        inputs = {each.name: each.shape for each in self._session.get_inputs()}
        outputs = {each.name: each.shape for each in self._session.get_outputs()}
        last = shape.layers - 1
        cache = inputs.get(graph_io.past_value(last), [])
        agrees = (
            graph_io.LOGITS_TO_KEEP in inputs
            and graph_io.past_key(last + 1) not in inputs
            and len(cache) == 4
            and cache[1] == shape.heads
            and cache[3] == shape.head_size
            and outputs.get(graph_io.LOGITS, [None])[-1] == shape.vocabulary
        )
        if not agrees:
            raise ModelError(
                f"the graph in {folder.path} is not what its model.json says; export it again"
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
