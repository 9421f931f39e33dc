"""What a model expected at each place of a text, kept so that other settings can be tried on it.

A row of GPT-2's logits is 200 KB, and a text has hundreds of them. What sampling asks of a row is
its order, so the numbers are kept in falling order without their ids: the first `KEPT_LOGITS` as
they are, the rest as the means of small groups. No forward pass is needed to try other settings.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine.sampling import Logits, candidates
from gpt2_tui.engine.scoring import TokenScore, log_total, predictions, score_in
from gpt2_tui.engine.session import Session
from gpt2_tui.settings import Sampling

KEPT_LOGITS = 4096
"""How many of the largest logits of a row are kept exactly: all of a small vocabulary."""

TAIL_GROUP = 64
"""How many neighbours in the falling order share one mean behind those."""

ALTERNATIVES = 10
"""How many of the likeliest tokens are named at each place."""


@dataclass(frozen=True, eq=False)
class FallingLogits:
    """A row of logits in falling order: `head` float32 exactly, `tail` float32 means of groups;
    `size` is the vocabulary."""

    head: Logits
    tail: Logits
    size: int

    @classmethod
    def of(cls, logits: Logits) -> "FallingLogits":
        falling = np.sort(logits)[::-1]
        return cls(falling[:KEPT_LOGITS].copy(), _means(falling[KEPT_LOGITS:]), len(falling))

    def is_exact_for(self, sampling: Sampling) -> bool:
        """Whether `sampling` takes its tokens from the head alone."""
        return (
            len(self.head) == self.size
            or sampling.temperature == 0
            or (
                0 < sampling.top_k < len(self.head)
                and bool(self.head[sampling.top_k - 1] > self.head[-1])
            )
        )

    def row(self, sampling: Sampling) -> Logits:
        """As much of the row as `sampling` looks at."""
        if self.is_exact_for(sampling):
            return self.head
        rest = np.repeat(self.tail, TAIL_GROUP)[: self.size - len(self.head)]
        return np.concatenate([self.head, rest])


@dataclass(frozen=True, eq=False)
class TokenAnalysis:
    """One token of a text: its score, what the model would rather have had, and how sure it was.

    `alternatives` are the likeliest tokens at its place, likeliest first; the token itself is one
    of them if its rank is that high. `entropy` of the whole distribution is in bits. `in_sight` is
    the number of tokens that the model saw before it, `log_total` the logarithm of the sum of all
    exp(logits).
    """

    score: TokenScore
    alternatives: tuple[TokenScore, ...]
    entropy: float
    in_sight: int
    log_total: float
    logits: FallingLogits


@dataclass(frozen=True)
class Outlook:
    """What other settings would have made of a token.

    `probability` is the token's own under them; 0 is impossible. `cut` is the share of the model's
    probability (at temperature 1) that they put out of reach at its place. Both are exact where
    `is_exact`; else the logits behind the first `KEPT_LOGITS` count with the mean of their group.
    """

    probability: float
    cut: float
    is_exact: bool


def analyse(
    session: Session, sequence: Sequence[int], first: int, step: int
) -> Iterator[TokenAnalysis]:
    """Analyse the tokens from place `first` (at least 1) on; `step` as in `predictions`."""
    for place, in_sight, logits in predictions(session, sequence, first, step):
        yield analyse_row(logits, sequence[place], in_sight)


def analyse_row(logits: Logits, token_id: int, in_sight: int) -> TokenAnalysis:
    """Analyse one token by the logits [vocabulary] of its place.

    Raises ModelError if a logit is NaN or infinite.
    """
    total = log_total(logits)
    likeliest = candidates(logits, Sampling(temperature=1, top_k=ALTERNATIVES)).ids
    return TokenAnalysis(
        score=score_in(logits, token_id, total),
        alternatives=tuple(
            TokenScore(int(other), float(logits[other]) - total, rank)
            for rank, other in enumerate(likeliest[:ALTERNATIVES], start=1)
        ),
        entropy=_entropy(logits, total),
        in_sight=in_sight,
        log_total=total,
        logits=FallingLogits.of(logits),
    )


def outlook(token: TokenAnalysis, sampling: Sampling) -> Outlook:
    """What `sampling` would have made of `token`, by the engine's own rule of candidates.

    In falling order, with ties by rising id, a token stands at its rank.
    """
    row = token.logits.row(sampling)
    choice = candidates(row, sampling)
    place = token.score.rank - 1
    kept = float(np.exp(row[choice.ids].astype(np.float64) - token.log_total).sum())
    return Outlook(
        probability=float(choice.probabilities[place]) if place < len(choice.ids) else 0.0,
        cut=max(1 - kept, 0.0),
        is_exact=token.logits.is_exact_for(sampling),
    )


def _entropy(logits: Logits, total: float) -> float:
    log_probabilities: npt.NDArray[np.float64] = logits.astype(np.float64) - total
    nats = -float((np.exp(log_probabilities) * log_probabilities).sum())
    return max(nats, 0.0) / math.log(2)


def _means(falling: Logits) -> Logits:
    """The mean of each group of TAIL_GROUP neighbours; the last group can be smaller."""
    starts = np.arange(0, len(falling), TAIL_GROUP)
    if not len(starts):
        return np.empty(0, np.float32)
    sizes = np.diff(starts, append=len(falling))
    sums = np.add.reduceat(falling.astype(np.float64), starts)
    return np.asarray(sums / sizes, np.float32)
