"""What the tests of the screen share."""

import itertools
import time
from collections.abc import Callable, Iterator

import pytest

from gpt2_tui import continuations
from gpt2_tui.continuations import Event, Request
from gpt2_tui.loading import LoadedModel

_PAUSE = 0.02


@pytest.fixture(autouse=True)
def same_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws the same seeds in every run: the tiny model's vocabulary holds control bytes, which
    a pane and the editor show as stand-ins, so a text may not depend on the day's luck."""
    drawn = itertools.count(100)
    monkeypatch.setattr("gpt2_tui.ui.settings_bar.fresh_seed", lambda: next(drawn))


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the tiny model write about as fast as a large one, so that a long run leaves the
    screen time for other things."""
    write = continuations.write

    def slowly(
        model: LoadedModel, request: Request, should_stop: Callable[[], bool]
    ) -> Iterator[Event]:
        for event in write(model, request, should_stop):
            time.sleep(_PAUSE)
            yield event

    monkeypatch.setattr(continuations, "write", slowly)
