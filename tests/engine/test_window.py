"""Which tokens the model sees."""

from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.engine.window import in_sight, last_half


@given(length=st.integers(1, 300), window=st.integers(4, 128))
def test_a_prompt_that_fits_is_seen_whole_and_a_longer_one_leaves_half_the_window_free(
    length: int, window: int
) -> None:
    ids = list(range(length))
    seen = in_sight(ids, window)
    if length <= window:
        assert seen == tuple(ids)
    else:
        assert seen == tuple(ids[length - window // 2 :])
        assert len(seen) <= window - len(seen)


@given(length=st.integers(4, 300), window=st.integers(4, 128))
def test_what_is_encoded_again_is_the_end_and_never_a_single_token(
    length: int, window: int
) -> None:
    ids = list(range(length))
    kept = last_half(ids, window)
    assert kept == tuple(ids[-len(kept) :])
    assert len(kept) == min(window // 2, length) >= 2
