"""A loaded graph, and the cache that stays bound to it from one run to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine import runtime
from gpt2_tui.engine.cache import LaneCache
from gpt2_tui.engine.likeliest import Likeliest
from gpt2_tui.errors import ModelError
from gpt2_tui.models import graph_io

Array = npt.NDArray[Any]

_OUTPUTS = (graph_io.LOGITS, graph_io.CANDIDATE_LOGITS, graph_io.CANDIDATE_IDS)


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

    def release(self) -> None:
        """Let go of the cache that is bound, so that its memory can be used again."""
        self._bound = None

    def shapes(self) -> Mapping[str, list[Any]]:
        """The shapes of all inputs and outputs by name; sizes that are open have a name."""
        both = (*self._session.get_inputs(), *self._session.get_outputs())
        return {each.name: each.shape for each in both}

    def run(self, cache: LaneCache, new: int, inputs: Mapping[str, Array]) -> Outputs:
        """Run with `cache` as past and present, to which `new` tokens are written.

        Raises ModelError, and ValueError where the window has no room for them.
        """
        binding = self._binding(cache, new)
        for name, array in {**inputs, **cache.place(new)}.items():
            binding.bind_cpu_input(name, array)
        # What a call gives may have another shape than what the call before gave.
        for name in _OUTPUTS:
            binding.bind_output(name, "cpu")
        try:
            self._session.run_with_iobinding(binding)
        except Exception as error:
            raise ModelError(_what_failed(error)) from error
        # Copies: the arrays that onnxruntime hands out do not keep their memory alive.
        logits, candidate_logits, candidate_ids = (
            value.numpy().copy() for value in binding.get_outputs()[: len(_OUTPUTS)]
        )
        return Outputs(logits, Likeliest(candidate_ids, candidate_logits))

    def _binding(self, cache: LaneCache, new: int) -> Any:
        """A binding of `cache`, made anew when it is another one or has grown."""
        grown = cache.make_room(new)
        if self._bound is None or self._bound[0] is not cache or grown:
            self._bound = None  # the old arrays can go first
            binding = self._session.io_binding()
            # Outputs keep the order in which their names were bound first.
            for name in _OUTPUTS:
                binding.bind_output(name, "cpu")
            make = runtime.onnxruntime().OrtValue.ortvalue_from_numpy
            for each in cache.bound():
                value = make(each.array)
                binding.bind_ortvalue_input(each.past, value)
                if each.present is not None:
                    binding.bind_ortvalue_output(each.present, value)
            self._bound = (cache, binding)
        return self._bound[1]


def _what_failed(error: Exception) -> str:
    """One line about an error of onnxruntime, which share no class of their own."""
    first_line = (str(error).strip().splitlines() or ["no reason given"])[0]
    if "allocate" in first_line.lower() or "out of memory" in first_line.lower():
        return (
            "there is not enough memory for this many panes at this length; close some, or write"
            f" from a shorter prompt ({first_line})"
        )
    return f"onnxruntime failed while it ran the model: {first_line}"
