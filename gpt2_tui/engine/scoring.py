"""How likely a model finds each token of a text that is already there."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine.session import Session
from gpt2_tui.errors import ModelError


@dataclass(frozen=True)
class TokenScore:
    """One token: the natural logarithm of its probability, and its rank, 1 for the likeliest."""

    token_id: int
    log_probability: float
    rank: int


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
    window = session.architecture.window
    step = window // 2
    sequence = [session.architecture.end_of_text, *ids]
    scored = 0
    start = 0
    while scored < len(ids):
        inputs = sequence[start : start + window]
        place = start
        for logits in session.predict(inputs):
            for row in logits:
                place += 1
                if scored < place < len(sequence):
                    scored = place
                    yield _score(row, sequence[place])
        start += step


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


def _score(logits: npt.NDArray[np.float32], token_id: int) -> TokenScore:
    exact = logits.astype(np.float64)
    largest = exact.max()
    if not math.isfinite(largest):
        raise ModelError("the model gave numbers that are not finite; its weights are damaged")
    log_total = largest + math.log(float(np.exp(exact - largest).sum()))
    # Ties go to the lower id, as in sampling.
    higher = int(np.count_nonzero(logits > logits[token_id]))
    equal = int(np.count_nonzero(logits[:token_id] == logits[token_id]))
    return TokenScore(token_id, float(exact[token_id]) - log_total, higher + equal + 1)
