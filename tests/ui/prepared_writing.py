"""A model that writes what it is told: for tests that need to know the text beforehand."""

from collections.abc import Callable, Iterator

import pytest

from gpt2_tui import continuations
from gpt2_tui.continuations import Continuation, Event, Finished, Piece, Request, Started
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.engine.window import in_sight
from gpt2_tui.loading import LoadedModel
from gpt2_tui.models.maker import Maker
from gpt2_tui.text.pieces import TextStream

_BYTES_A_TOKEN = 4
_SECONDS_A_TOKEN = 0.025


def write_instead(monkeypatch: pytest.MonkeyPatch, *texts: bytes | str) -> None:
    """From now on lane 0 writes the first of `texts`, lane 1 the second, and so on in turn."""
    prepared = [text.encode() if isinstance(text, str) else text for text in texts]

    def write(
        model: LoadedModel, request: Request, _should_stop: Callable[[], bool]
    ) -> Iterator[Event]:
        ids = continuations.encode_prompt(model, request.prompt, special=False).ids
        yield Started(len(ids), len(in_sight(ids, model.window)), model.window)
        for lane in request.lanes:
            yield from _lane(model.maker, request, lane, prepared[lane % len(prepared)])

    monkeypatch.setattr(continuations, "write", write)


def _lane(maker: Maker, request: Request, lane: int, text: bytes) -> Iterator[Event]:
    stream = TextStream()
    tokens = 0
    for start in range(0, len(text), _BYTES_A_TOKEN):
        tokens += 1
        yield Piece(lane, stream.push(text[start : start + _BYTES_A_TOKEN]), tokens)
    yield Finished(
        lane,
        stream.finish(),
        Continuation(
            maker=maker,
            prompt=request.prompt,
            prompt_ids=(1, 2, 3),
            ids=tuple(range(tokens)),
            written=text,
            settings=request.settings,
            lane=lane,
            stop_reason=StopReason.LENGTH,
            seconds=_SECONDS_A_TOKEN * (tokens - 1),
        ),
    )
