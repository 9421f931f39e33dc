"""A loaded graph, and the cache that stays bound to it from one run to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine import faults, runtime
from gpt2_tui.engine.cache import LaneCache
from gpt2_tui.engine.likeliest import Likeliest
from gpt2_tui.models import graph_io

Array = npt.NDArray[Any]

_OUTPUTS = (graph_io.LOGITS, graph_io.CANDIDATE_LOGITS, graph_io.CANDIDATE_IDS)


# Types of numbers by onnxruntime's names.
_DTYPES: Mapping[str, npt.DTypeLike] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int8)": np.int8,
}


@dataclass(frozen=True)
class Outputs:
    """float32 `logits` [rows, kept, vocabulary] and the `likeliest` [rows, kept, candidates]."""

    logits: npt.NDArray[np.float32]
    likeliest: Likeliest


@dataclass
class _BoundCache:
    """A cache with its binding; `results` are the arrays that the outputs are written to."""

    cache: LaneCache
    binding: Any
    results: tuple[Array, ...] = ()


class BoundGraph:
    """One graph in onnxruntime. Not safe for two threads at once."""

    def __init__(self, path: Path, *, provider: str, threads: int, packed: bool) -> None:
        """Load the graph at `path`. Raises ModelError or DeviceError."""
        self._session = runtime.open_graph(path, provider, threads, packed=packed)
        self._vocabulary = self.shapes().get(graph_io.LOGITS, [None])[-1]
        self._bound: _BoundCache | None = None
        # Of equal logits the processor's operator gives the lower id first; a card's need not.
        self._sorts_by_logit_only = provider != runtime.CPU_PROVIDER

    def release(self) -> None:
        """Let go of the cache that is bound, so that its memory can be used again."""
        self._bound = None

    def shapes(self) -> Mapping[str, list[Any]]:
        """The shapes of all inputs and outputs by name; sizes that are open have a name."""
        both = (*self._session.get_inputs(), *self._session.get_outputs())
        return {each.name: each.shape for each in both}

    def cache_dtype(self) -> npt.DTypeLike | None:
        """The type of the cache's numbers; None where the graph has no cache, or one of a type
        that this program does not have."""
        types = {each.name: each.type for each in self._session.get_inputs()}
        return _DTYPES.get(types.get(graph_io.past_key(0), ""))

    def run(self, cache: LaneCache, new: int, inputs: Mapping[str, Array]) -> Outputs:
        """Run with `cache` as past and present, to which `new` tokens are written.

        Logits and candidates come to the host, wherever the cache lies. Raises ModelError.
        """
        with faults.told():
            bound = self._bind_cache(cache, new)
            for name, array in {**inputs, **cache.place(new)}.items():
                bound.binding.bind_cpu_input(name, array)
            self._bind_results(bound, inputs)
            self._session.run_with_iobinding(bound.binding)
            # Copies: the next run writes to the same arrays.
            logits, candidate_logits, candidate_ids = (array.copy() for array in bound.results)
        likeliest = Likeliest(candidate_ids, candidate_logits)
        return Outputs(logits, likeliest.in_order() if self._sorts_by_logit_only else likeliest)

    def _bind_cache(self, cache: LaneCache, new: int) -> _BoundCache:
        """A binding of `cache`, made anew when it is another one or has grown."""
        grown = cache.make_room(new)
        if self._bound is None or self._bound.cache is not cache or grown:
            self._bound = None  # the old arrays can go first
            binding = self._session.io_binding()
            for each in cache.bound():
                binding.bind_ortvalue_input(each.past, each.value)
                if each.present is not None:
                    binding.bind_ortvalue_output(each.present, each.value)
            self._bound = _BoundCache(cache, binding)
        return self._bound

    def _bind_results(self, bound: _BoundCache, inputs: Mapping[str, Array]) -> None:
        """Bind arrays for logits and candidates, new ones where other shapes come. To ask
        onnxruntime for all its outputs takes it longer than a small model's layer."""
        rows = len(inputs[graph_io.INPUT_IDS])
        kept, candidates = (
            int(inputs[name][0]) for name in (graph_io.LOGITS_TO_KEEP, graph_io.CANDIDATES)
        )
        logits = (rows, kept, self._vocabulary)
        likeliest = (rows, kept, candidates)
        if [array.shape for array in bound.results] != [logits, likeliest, likeliest]:
            bound.results = (
                np.empty(logits, np.float32),
                np.empty(likeliest, np.float32),
                np.empty(likeliest, np.int64),
            )
            for name, array in zip(_OUTPUTS, bound.results, strict=True):
                bound.binding.bind_ortvalue_output(name, runtime.on_processor(array))
