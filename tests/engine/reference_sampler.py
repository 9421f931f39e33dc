"""Sampling as OpenAI's `sample.py` does it, slowly and in plain Python, to check ours against.

The original masks logits; here a masked logit is None. Nothing is shared with the program.
"""

import math
from collections.abc import Sequence

Masked = Sequence[float | None]


def distribution(
    logits: Sequence[float], temperature: float, top_k: int, top_p: float, rule: str
) -> dict[int, float]:
    """The probability of every token that can be drawn, by its id."""
    if temperature == 0:
        return {list(logits).index(max(logits)): 1.0}
    scaled: Masked = [logit / temperature for logit in logits]
    kept = _top_p(_top_k(scaled, top_k), top_p, rule)
    return {token: p for token, p in enumerate(_softmax(kept)) if kept[token] is not None}


def drawn(logits: Sequence[float], probabilities: dict[int, float], luck: float) -> int:
    """The token at `luck` when tokens lie side by side, likeliest first, lowest id first."""
    order = sorted(probabilities, key=lambda token: (-logits[token], token))
    reached = 0.0
    for token in order:
        reached += probabilities[token]
        if luck < reached:
            return token
    return order[-1]


def _top_k(logits: Masked, k: int) -> Masked:
    if k == 0:
        return logits
    values = sorted((logit for logit in logits if logit is not None), reverse=True)
    smallest = values[min(k, len(values)) - 1]
    return [logit if logit is not None and logit >= smallest else None for logit in logits]


def _top_p(logits: Masked, p: float, rule: str) -> Masked:
    if p >= 1:
        return logits
    probabilities = _softmax(logits)
    order = sorted(
        (token for token, logit in enumerate(logits) if logit is not None),
        key=lambda token: (-(logits[token] or 0.0), token),
    )
    sums: list[float] = []
    for token in order:
        sums.append(probabilities[token] + (sums[-1] if sums else 0.0))
    if rule == "original":
        # min_values = sorted_logits[max(count(cumulative_probs <= p) - 1, 0)]
        last = order[max(sum(total <= p for total in sums) - 1, 0)]
        smallest = logits[last] or 0.0
        return [logit if logit is not None and logit >= smallest else None for logit in logits]
    kept = set(order[: sum(total < p for total in sums) + 1])
    return [logit if token in kept else None for token, logit in enumerate(logits)]


def _softmax(logits: Masked) -> list[float]:
    largest = max(logit for logit in logits if logit is not None)
    weights = [0.0 if logit is None else math.exp(logit - largest) for logit in logits]
    total = math.fsum(weights)
    return [weight / total for weight in weights]
