"""Optimum's own export, on onnxruntime."""

import importlib.metadata
import time
from collections.abc import Sequence
from typing import Any

import onnxruntime
import torch
from optimum.onnxruntime import ORTModelForCausalLM

from tests.bench.backends.backend import UNTIMED_STEPS


class Optimum:
    """A folder that Optimum exported. The prompt's cache is encoded once and repeated for every
    lane."""

    def __init__(self, folder: str, threads: int) -> None:
        torch.set_num_threads(threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._model = ORTModelForCausalLM.from_pretrained(
            folder, session_options=options, provider="CPUExecutionProvider"
        )
        self.versions = {
            "optimum-onnx": importlib.metadata.version("optimum-onnx"),
            "onnxruntime": onnxruntime.__version__,
        }

    def prefill(self, ids: Sequence[int]) -> float:
        began = time.perf_counter()
        self._run(torch.tensor([list(ids)]), None)
        return time.perf_counter() - began

    def decode(self, ids: Sequence[int], lanes: int, steps: int) -> list[float]:
        tokens, cache = self._run(torch.tensor([list(ids)]), None)
        cache = tuple(tuple(each.repeat(lanes, 1, 1, 1) for each in layer) for layer in cache)
        tokens = tokens.repeat(lanes)
        seconds = []
        for _ in range(UNTIMED_STEPS + steps):
            began = time.perf_counter()
            tokens, cache = self._run(tokens[:, None], cache)
            seconds.append(time.perf_counter() - began)
        return seconds[UNTIMED_STEPS:]

    def _run(self, ids: torch.Tensor, cache: Any) -> tuple[torch.Tensor, Any]:
        """The likeliest next token of each row, and the cache with the new tokens."""
        past = 0 if cache is None else cache[0][0].shape[2]
        mask = torch.ones(ids.shape[0], past + ids.shape[1], dtype=torch.int64)
        with torch.inference_mode():
            result = self._model(ids, attention_mask=mask, past_key_values=cache, use_cache=True)
            return result.logits[:, -1].argmax(-1), result.past_key_values
