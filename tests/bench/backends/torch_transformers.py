"""transformers on torch, in fp32 or bf16."""

import time
from collections.abc import Sequence
from typing import Any

import torch
import transformers

from tests.bench.backends.backend import UNTIMED_STEPS


class Transformers:
    """A checkpoint folder. The prompt's cache is encoded once and repeated for every lane."""

    def __init__(self, folder: str, threads: int, dtype: torch.dtype) -> None:
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)
        self._model = transformers.GPT2LMHeadModel.from_pretrained(folder, dtype=dtype).eval()
        self.versions = {"transformers": transformers.__version__, "torch": torch.__version__}

    def prefill(self, ids: Sequence[int]) -> float:
        began = time.perf_counter()
        self._run(torch.tensor([list(ids)]), None)
        return time.perf_counter() - began

    def decode(self, ids: Sequence[int], lanes: int, steps: int) -> list[float]:
        tokens, cache = self._run(torch.tensor([list(ids)]), None)
        cache.batch_repeat_interleave(lanes)
        tokens = tokens.repeat(lanes)
        seconds = []
        for _ in range(UNTIMED_STEPS + steps):
            began = time.perf_counter()
            tokens, cache = self._run(tokens[:, None], cache)
            seconds.append(time.perf_counter() - began)
        return seconds[UNTIMED_STEPS:]

    def _run(self, ids: torch.Tensor, cache: Any) -> tuple[torch.Tensor, Any]:
        """The likeliest next token of each row, and the cache with the new tokens."""
        with torch.inference_mode():
            result = self._model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
            return result.logits[:, -1].argmax(-1), result.past_key_values
