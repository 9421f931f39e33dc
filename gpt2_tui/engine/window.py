"""Which tokens the model sees. GPT-2's positions are learned, so its window cannot slide.

A cache entry belongs to its position; cutting the front off a cache would move every token that is
left to a position it was not encoded at. So a full window keeps its last half and encodes it again.
"""

from collections.abc import Sequence


def in_sight(prompt_ids: Sequence[int], window: int) -> tuple[int, ...]:
    """What the model sees of a prompt: all of it, or, if it is longer than the window, its end,
    so that half of the window is free."""
    return tuple(prompt_ids) if len(prompt_ids) <= window else last_half(prompt_ids, window)


def last_half(ids: Sequence[int], window: int) -> tuple[int, ...]:
    """The end of `ids` that is encoded again when the window is full."""
    return tuple(ids[-(window // 2) :])
