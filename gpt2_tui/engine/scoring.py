"""How likely a model finds each token of a text that is already there."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gpt2_tui.engine.sampling import Logits
from gpt2_tui.engine.session import Session
from gpt2_tui.errors import ModelError


@dataclass(frozen=True)
class TokenScore:
    """One token: the natural logarithm of its probability, and its rank, 1 for the likeliest."""

    token_id: int
    log_probability: float
    rank: int

    @property
    def probability(self) -> float:
        return math.exp(self.log_probability)

    @property
    def bits(self) -> float:
        """The surprise: minus the logarithm of the probability to base 2."""
        return -self.log_probability / math.log(2)


@dataclass(frozen=True)
class Summary:
    """The whole text: bits a byte, and the perplexity a token."""

    tokens: int
    bytes: int
    bits_per_byte: float
    perplexity: float


def score(session: Session, ids: Sequence[int]) -> Iterator[TokenScore]:
    """Score each of `ids` by what stands before it; before the first stands `<|endoftext|>`.

    What does not fit into the window is scored in overlapping windows: each begins half a window
    after the last one and scores only the tokens that have at least half a window before them.
    """
    sequence = [session.architecture.end_of_text, *ids]
    step = session.architecture.window // 2
    for place, _, logits in predictions(session, sequence, 1, step):
        yield score_in(logits, sequence[place], log_total(logits))


def predictions(
    session: Session, sequence: Sequence[int], first: int, step: int
) -> Iterator[tuple[int, int, Logits]]:
    """What the model expects at the places `first` (1 to window) to the end of `sequence`.

    Yields (place, tokens in sight before it, float32 [vocabulary] logits). What does not fit into
    one window is looked at in several; each begins `step` tokens after the last one, and gives the
    places that the last one did not reach.
    """
    done = first - 1
    start = 0
    while done < len(sequence) - 1:
        place = start
        for rows in session.predict(sequence[start : start + session.architecture.window]):
            for logits in rows:
                place += 1
                if done < place < len(sequence):
                    done = place
                    yield place, place - start, logits
        start += step


def log_total(logits: Logits) -> float:
    """The natural logarithm of the sum of exp(logits), in float64.

    Raises ModelError if the largest is not finite: one is NaN or infinity, or all are its negative.
    """
    exact = logits.astype(np.float64)
    largest = exact.max()
    if not math.isfinite(largest):
        raise ModelError("the model gave numbers that are not finite; its weights are damaged")
    return float(largest) + math.log(float(np.exp(exact - largest).sum()))


def score_in(logits: Logits, token_id: int, total: float) -> TokenScore:
    """The score of a token in a row of logits with this `log_total`. Ties go to the lower id, as
    in sampling."""
    higher = int(np.count_nonzero(logits > logits[token_id]))
    equal = int(np.count_nonzero(logits[:token_id] == logits[token_id]))
    return TokenScore(token_id, float(logits[token_id]) - total, higher + equal + 1)


def summarize(scores: Sequence[TokenScore], size: int) -> Summary:
    """The summary of the scores of a text of `size` bytes; both at least one."""
    nats = -math.fsum(each.log_probability for each in scores)
    mean = nats / len(scores)
    return Summary(
        tokens=len(scores),
        bytes=size,
        bits_per_byte=nats / math.log(2) / size,
        perplexity=math.exp(mean) if mean < 700 else math.inf,
    )
