"""From a row of logits to a token: temperature, then top-k, then top-p, then one draw.

The order is that of OpenAI's `sample.py`. All arithmetic is float64. Candidates are ordered by
falling logit, and by rising id where logits are equal, so that one number in [0, 1) names one
token.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine.likeliest import Likeliest
from gpt2_tui.errors import ModelError
from gpt2_tui.settings import Sampling, TopPRule

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Candidates:
    """The tokens that can be drawn: `ids` int64 [n], `probabilities` float64 [n], likeliest first.

    The probabilities sum to 1.
    """

    ids: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]


PICKED_AT_MOST = 256
"""More candidates than this are found faster in the whole row."""


def wanted(samplings: Iterable[Sampling]) -> int:
    """How many of the likeliest tokens to pick, so that all of `samplings` can do with them."""
    top_ks = [each.top_k for each in samplings if each.temperature > 0]
    # One more than top-k shows whether others are as likely as the last that is kept.
    return max((top_k + 1 for top_k in top_ks if top_k < PICKED_AT_MOST), default=1)


def candidates(
    logits: Logits, sampling: Sampling, likeliest: Likeliest | None = None
) -> Candidates:
    """The distribution that `sampling` makes of `logits` [vocabulary].

    The result is the same with the `likeliest` [n] of them and without; it is found sooner.
    Raises ModelError if a logit is NaN or infinite: the weights are damaged.
    """
    if not np.isfinite(logits).all():
        raise ModelError("the model gave numbers that are not finite; its weights are damaged")
    if sampling.temperature == 0:
        best = int(logits.argmax())
        return Candidates(np.array([best]), np.array([1.0]))
    ids = _picked(sampling.top_k, likeliest)
    if ids is None:
        ids = _in_order(logits, _top_k(logits, sampling.top_k))
    probabilities = _softmax(logits[ids].astype(np.float64), sampling.temperature)
    if sampling.top_p < 1:
        kept = _top_p_count(logits[ids], probabilities, sampling.top_p, sampling.top_p_rule)
        ids = ids[:kept]
        probabilities = probabilities[:kept] / probabilities[:kept].sum()
    return Candidates(ids, probabilities)


def candidates_among(logits: Logits, sampling: Sampling, ids: npt.NDArray[np.int64]) -> Candidates:
    """Like `candidates`, as if there were no tokens but `ids` (rising, at least one)."""
    choice = candidates(logits[ids], sampling)
    return Candidates(ids[choice.ids], choice.probabilities)


def draw(choice: Candidates, luck: float) -> int:
    """The token at `luck` in [0, 1) of the distribution (inverse of its cumulative sum)."""
    cumulative = np.cumsum(choice.probabilities)
    place = int(np.searchsorted(cumulative, luck * cumulative[-1], side="right"))
    return int(choice.ids[min(place, len(choice.ids) - 1)])


def distance(choice: Candidates, luck: float, token_id: int) -> float | None:
    """How far `luck` lies from the numbers in [0, 1) that draw `token_id`: 0 if it is one of them,
    None if none is."""
    (places,) = np.nonzero(choice.ids == token_id)
    if len(places) == 0:
        return None
    place = int(places[0])
    cumulative = np.cumsum(choice.probabilities)
    edges = np.concatenate([[0.0], cumulative / cumulative[-1]])
    return float(max(edges[place] - luck, luck - edges[place + 1], 0.0))


def _picked(top_k: int, likeliest: Likeliest | None) -> npt.NDArray[np.int64] | None:
    """The ids of the `top_k` likeliest, if they are there and no other is like the last."""
    if likeliest is None or not 0 < top_k < len(likeliest.ids):
        return None
    if likeliest.logits[top_k] == likeliest.logits[top_k - 1]:
        return None
    return likeliest.ids[:top_k]


def _top_k(logits: Logits, top_k: int) -> npt.NDArray[np.int64]:
    """Ids of the `top_k` largest logits, ascending, and of all that equal the last of them."""
    if top_k == 0 or top_k >= len(logits):
        return np.arange(len(logits))
    threshold = np.partition(logits, len(logits) - top_k)[len(logits) - top_k]
    return np.flatnonzero(logits >= threshold)


def _in_order(logits: Logits, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return ids[np.argsort(-logits[ids], kind="stable")]


def _softmax(scores: npt.NDArray[np.float64], temperature: float) -> npt.NDArray[np.float64]:
    """Softmax of [n] scores / temperature; the first score is the largest."""
    # The difference first: a tiny temperature then gives minus infinity, and 0, but never NaN.
    with np.errstate(over="ignore"):
        weights = np.exp((scores - scores[0]) / temperature)
    return np.asarray(weights / weights.sum())


def _top_p_count(
    logits: Logits, probabilities: npt.NDArray[np.float64], top_p: float, rule: TopPRule
) -> int:
    """How many of the ordered candidates top-p keeps; at least one."""
    cumulative = np.cumsum(probabilities)
    if rule is TopPRule.USUAL:
        return min(int(np.count_nonzero(cumulative < top_p)) + 1, len(logits))
    last = max(int(np.count_nonzero(cumulative <= top_p)) - 1, 0)
    # The original masks what is below the last kept value, so its equals stay.
    return int(np.count_nonzero(logits >= logits[last]))
