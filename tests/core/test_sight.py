"""What the model sees of a draft."""

import pytest

from gpt2_tui.continuations import Request, Started, write
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import Settings
from gpt2_tui.sight import Sight, look


@pytest.mark.parametrize("tokens", [1, 63, 64, 65, 100, 400])
def test_it_is_what_a_continuation_starts_from(loaded_model: LoadedModel, tokens: int) -> None:
    draft = "!?" * tokens
    draft = draft[:tokens]
    sight = look(loaded_model, draft)
    started = next(iter(write(loaded_model, Request(draft, Settings(), (0,)))))
    assert started == Started(sight.tokens, sight.seen, sight.window)
    assert sight.cut == tokens - sight.seen
    assert "".join(sight.pieces[sight.out_of_sight :]) == draft[sight.cut :]
    assert draft.endswith("".join(sight.pieces))
    assert sight.out_of_sight == min(sight.cut, loaded_model.window)


def test_of_an_empty_draft_there_is_nothing_to_see(loaded_model: LoadedModel) -> None:
    assert look(loaded_model, "") == Sight(0, 0, loaded_model.window, ())
