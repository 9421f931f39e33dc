"""CTranslate2, in int8."""

import itertools
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ctranslate2

from tests.bench.backends.backend import UNTIMED_STEPS


class CTranslate:
    """A folder that its converter wrote.

    It has no call for one step. Its callback tells when each token is there, so a step is the time
    between two calls of it. The prompt but its last token goes in as the static prompt, which it
    encodes once and keeps, so that no lane encodes it again.
    """

    def __init__(self, folder: str, threads: int) -> None:
        self._generator = ctranslate2.Generator(
            folder, device="cpu", compute_type="int8", inter_threads=1, intra_threads=threads
        )
        self._vocabulary = json.loads((Path(folder) / "vocabulary.json").read_text())
        self.versions = {"ctranslate2": ctranslate2.__version__}

    def prefill(self, ids: Sequence[int]) -> float:
        prompt = self._tokens(ids)
        began = time.perf_counter()
        self._generate([prompt], 1)
        return time.perf_counter() - began

    def decode(self, ids: Sequence[int], lanes: int, steps: int) -> list[float]:
        *prompt, last = self._tokens(ids)
        times = []

        def on_token(step: Any) -> bool:
            if step.batch_id == 0:
                times.append(time.perf_counter())
            return False

        # The first token comes of the prompt, as the logits that the others begin with.
        length = 1 + UNTIMED_STEPS + steps
        self._generate([[last]] * lanes, length, static_prompt=prompt, callback=on_token)
        seconds = [after - before for before, after in itertools.pairwise(times)]
        return seconds[UNTIMED_STEPS:]

    def _generate(
        self,
        prompts: list[list[str]],
        length: int,
        static_prompt: list[str] | None = None,
        callback: Callable[[Any], bool] | None = None,
    ) -> None:
        self._generator.generate_batch(
            prompts,
            max_length=length,
            min_length=length,
            sampling_topk=1,
            end_token=[],
            include_prompt_in_result=False,
            static_prompt=static_prompt,
            callback=callback,
        )

    def _tokens(self, ids: Sequence[int]) -> list[str]:
        return [self._vocabulary[each] for each in ids]
