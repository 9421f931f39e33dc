"""The watermark in plain Python, to check ours against. Nothing is shared with the program."""

import hashlib
import math
from collections.abc import Sequence

MASK = 2**64 - 1
KEY = b"gpt2-tui published watermark key"


def uniform(context: Sequence[int], token: int, sub_key: int) -> float:
    """The number in (0, 1) of a candidate behind a context of four tokens."""
    data = b"".join(token.to_bytes(8, "little") for token in context)
    digest = hashlib.blake2b(data, digest_size=16, key=KEY, person=b"gpt2-tui/mark/1").digest()
    first, second = (int.from_bytes(digest[at : at + 8], "little") for at in (0, 8))
    candidate = split_mix(first + 0x9E3779B97F4A7C15 * token)
    bits = split_mix(candidate ^ ((second + 0x9E3779B97F4A7C15 * sub_key) & MASK))
    return (2 * (bits >> 12) + 1) / 2**53


def split_mix(number: int) -> int:
    """The output function of SplitMix64, as in Steele, Lea and Flood (2014)."""
    number &= MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


def drawn(context: Sequence[int], probabilities: dict[int, float], sub_key: int) -> int:
    """The candidate with the largest u^(1/p), compared by logarithms."""
    return max(
        (token for token, p in probabilities.items() if p > 0),
        key=lambda token: math.log(uniform(context, token, sub_key)) / probabilities[token],
    )


def distinct(ids: Sequence[int]) -> dict[tuple[int, ...], int]:
    """Each context of a text, and the token that followed it first."""
    found: dict[tuple[int, ...], int] = {}
    for place in range(4, len(ids)):
        found.setdefault(tuple(ids[place - 4 : place]), ids[place])
    return found


def statistic(ids: Sequence[int], sub_key: int) -> float:
    return math.fsum(
        -math.log1p(-uniform(context, token, sub_key)) for context, token in distinct(ids).items()
    )
