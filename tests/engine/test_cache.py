"""How the memory of continuations grows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.engine.cache import SharedPromptCache
from gpt2_tui.models.manifest import Architecture

_SHAPE = Architecture(layers=1, heads=1, width=2, window=1024, vocabulary=8, end_of_text=0)


def _places(cache: SharedPromptCache) -> int:
    return int(cache.own[0].shape[2])


@given(tokens=st.integers(1, 1024))
def test_places_follow_from_the_number_of_tokens_alone(tokens: int) -> None:
    """A continuation may be repeated with all its tokens put there at once."""
    grown = SharedPromptCache.apart(_SHAPE, 1, 0)
    for _ in range(tokens):
        grown.make_room(1)
        grown.advance(1)

    assert _places(grown) == _places(SharedPromptCache.apart(_SHAPE, 1, tokens))


@given(tokens=st.integers(1, 1024))
def test_few_places_are_read_in_vain(tokens: int) -> None:
    places = _places(SharedPromptCache.apart(_SHAPE, 1, tokens))

    assert tokens <= places < tokens + max(16, places / 8)


def test_what_is_there_stays_when_it_grows() -> None:
    cache = SharedPromptCache.apart(_SHAPE, 2, 16)
    for array in cache.own:
        array[:] = np.random.default_rng(1).normal(size=array.shape)
    before = [array.copy() for array in cache.own]

    assert cache.make_room(1)

    assert all(
        (after[:, :, :16] == array).all() for after, array in zip(cache.own, before, strict=True)
    )
    assert not cache.make_room(1)
