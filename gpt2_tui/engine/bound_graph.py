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


class BoundGraph:
    """One graph in onnxruntime. Not safe for two threads at once."""

    def __init__(self, path: Path, *, provider: str, threads: int, packed: bool) -> None:
        """Load the graph at `path`. Raises ModelError or DeviceError."""
        self._session = runtime.open_graph(path, provider, threads, packed=packed)
        self._bound: tuple[LaneCache, Any] | None = None
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
            binding = self._binding(cache, new)
            for name, array in {**inputs, **cache.place(new)}.items():
                binding.bind_cpu_input(name, array)
            # What a call gives may have another shape than what the call before gave.
            for name in _OUTPUTS:
                binding.bind_output(name, "cpu")
            self._session.run_with_iobinding(binding)
            # Copies: the arrays that onnxruntime hands out do not keep their memory alive.
            logits, candidate_logits, candidate_ids = (
                value.numpy().copy() for value in binding.get_outputs()[: len(_OUTPUTS)]
            )
        likeliest = Likeliest(candidate_ids, candidate_logits)
        return Outputs(logits, likeliest.in_order() if self._sorts_by_logit_only else likeliest)

    def _binding(self, cache: LaneCache, new: int) -> Any:
        """A binding of `cache`, made anew when it is another one or has grown."""
        grown = cache.make_room(new)
        if self._bound is None or self._bound[0] is not cache or grown:
            self._bound = None  # the old arrays can go first
            binding = self._session.io_binding()
            # Outputs keep the order in which their names were bound first.
            for name in _OUTPUTS:
                binding.bind_output(name, "cpu")
            for each in cache.bound():
                binding.bind_ortvalue_input(each.past, each.value)
                if each.present is not None:
                    binding.bind_ortvalue_output(each.present, each.value)
            self._bound = (cache, binding)
        return self._bound[1]
