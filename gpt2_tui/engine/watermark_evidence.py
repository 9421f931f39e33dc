"""How much a sequence of tokens speaks for the watermark.

Each distinct context adds -ln(1 - u) of the token that followed it. Without the watermark these
are independent and exponential, so that their sum is Gamma distributed and the p-value is exact.
Counting distinct contexts alone is what makes it so (Fernandez et al., "Three Bricks to Consolidate
Watermarks for Large Language Models", 2023).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import numpy as np

from gpt2_tui.engine.watermark import uniforms
from gpt2_tui.engine.watermark_key import CONTEXT, SUB_KEYS, FreshContexts, Words

LEAST_TOKENS = 50
"""With fewer there is no judgment."""

FOUND_BELOW = 1e-6
UNDECIDED_BELOW = 1e-2

_AT_ONCE = 1 << 14


class Finding(StrEnum):
    """What can be said. None of them says who wrote a text."""

    FOUND = "found"
    UNDECIDED = "undecided"
    NOT_FOUND = "not_found"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True)
class Evidence:
    """The sub-key that fits best. `tokens` are those with a distinct context; `statistic` is their
    sum; `log_p` is the natural logarithm of the p-value, all sub-keys that were tried allowed for.
    """

    tokens: int
    sub_key: int
    statistic: float
    log_p: float

    @property
    def p_value(self) -> float:
        """0 if it is smaller than a number of 64 bits can be."""
        return math.exp(self.log_p)

    @property
    def is_enough(self) -> bool:
        """Whether there are tokens enough to judge by."""
        return self.tokens >= LEAST_TOKENS

    @property
    def finding(self) -> Finding:
        if not self.is_enough:
            return Finding.NOT_JUDGED
        if self.log_p < math.log(FOUND_BELOW):
            return Finding.FOUND
        if self.log_p < math.log(UNDECIDED_BELOW):
            return Finding.UNDECIDED
        return Finding.NOT_FOUND


def weigh(ids: Sequence[int]) -> Evidence:
    """The evidence in a sequence of token ids, each below 2^64."""
    statistics = np.zeros(SUB_KEYS)
    tokens = 0
    marks = _marks(ids)
    sub_keys = np.arange(SUB_KEYS, dtype=np.uint64)
    while some := list(islice(marks, _AT_ONCE)):
        words = np.array([each for each, _ in some], np.uint64)
        drawn = np.array([token for _, token in some], np.uint64)
        luck = uniforms(words[:, None], drawn[:, None], sub_keys)
        statistics -= np.log1p(-luck).sum(axis=0)
        tokens += len(some)
    best = int(statistics.argmax())
    statistic = float(statistics[best])
    log_p = min(0.0, log_gamma_tail(tokens, statistic) + math.log(SUB_KEYS))
    return Evidence(tokens, best, statistic, log_p)


def log_gamma_tail(count: int, statistic: float) -> float:
    """ln of the probability that a sum of `count` exponential numbers of mean 1 is larger.

    For a whole count that is the probability of fewer than `count` events of a Poisson process
    in the time `statistic`: a sum of exp(-s) s^k / k! over k below `count`, taken here from its
    largest term outwards.
    """
    if count == 0 or statistic <= 0:
        return -math.inf if count == 0 and statistic > 0 else 0.0
    largest = min(count - 1, int(statistic))
    total = term = 1.0
    for events in range(largest, 0, -1):
        term *= events / statistic
        total += term
        if term < total * 1e-17:
            break
    term = 1.0
    for events in range(largest + 1, count):
        term *= statistic / events
        total += term
        if term < total * 1e-17:
            break
    log_largest = largest * math.log(statistic) - statistic - math.lgamma(largest + 1)
    return min(0.0, log_largest + math.log(total))


def _marks(ids: Sequence[int]) -> Iterator[tuple[Words, int]]:
    """The words of each distinct context, and the token that followed it first."""
    contexts = FreshContexts()
    for place in range(CONTEXT, len(ids)):
        words = contexts.words(ids[place - CONTEXT : place])
        if words is not None:
            yield words, ids[place]
