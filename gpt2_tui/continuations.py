"""Continuations as text: what the desk and the commands both read.

The engine below knows token ids; here they become text as it is written, stop texts end it, and a
finished continuation carries all that its label needs.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gpt2_tui.engine.generation import Drawn, Generation, Lane, LaneEnded, WindowMoved
from gpt2_tui.engine.session import PromptProgress
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.engine.window import in_sight
from gpt2_tui.loading import LoadedModel
from gpt2_tui.models.maker import Maker
from gpt2_tui.settings import Settings
from gpt2_tui.text.pieces import StopFinder, TextStream


@dataclass(frozen=True)
class Request:
    """What to write: `lanes` are the numbers of the random streams, one continuation each.

    `prompt_ids` are the prompt's tokens where they are known, as when a person picked one of them;
    else `prompt` is encoded.
    """

    prompt: str
    settings: Settings
    lanes: tuple[int, ...]
    prompt_ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Row:
    """One of several continuations of a prompt: its settings and its random stream."""

    settings: Settings
    lane: int


@dataclass(frozen=True)
class Continuation:
    """A finished continuation. `maker` wrote it; `written` is its bytes without the prompt;
    `prompt_ids` are the ids in sight when it began; `seconds` is its share of the clock from its
    first token on."""

    maker: Maker
    prompt: str
    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    written: bytes
    settings: Settings
    lane: int
    stop_reason: StopReason
    seconds: float

    @property
    def text(self) -> str:
        return self.written.decode("utf-8", "replace")


@dataclass(frozen=True)
class Started:
    """The prompt's tokens, and how many of them are in sight of how large a window."""

    prompt_tokens: int
    tokens_in_sight: int
    window: int


@dataclass(frozen=True)
class Piece:
    """More text of a lane, of whole characters (it can be empty); `tokens` so far."""

    lane: int
    text: str
    tokens: int


@dataclass(frozen=True)
class Finished:
    """A lane is over; `rest` is text that no Piece has given yet."""

    lane: int
    rest: str
    continuation: Continuation


Event = Started | PromptProgress | WindowMoved | Piece | Finished


def prompt_bytes(prompt: str) -> bytes:
    """A prompt as it is encoded and recorded. A lone surrogate, which a terminal can send and
    UTF-8 cannot hold, becomes a question mark."""
    return prompt.encode("utf-8", "replace")


def encode_prompt(model: LoadedModel, prompt: str, *, special: bool) -> list[int]:
    """Token ids of a prompt; an empty one is `<|endoftext|>`, as in unconditional sampling."""
    ids = model.tokenizer.encode(prompt, special=special)
    return ids or [model.tokenizer.end_of_text]


def write(
    model: LoadedModel, request: Request, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Write all lanes of `request` together.

    After `should_stop` says so no token more is drawn, and every lane that was begun still ends
    with its Finished event.
    """
    ids = request.prompt_ids
    if ids is None:
        ids = tuple(encode_prompt(model, request.prompt, special=request.settings.special))
    rows = {lane: Row(request.settings, lane) for lane in request.lanes}
    return write_rows(model, request.prompt, ids, rows, should_stop)


def write_rows(
    model: LoadedModel,
    prompt: str,
    ids: Sequence[int],
    rows: Mapping[int, Row],
    should_stop: Callable[[], bool],
) -> Iterator[Event]:
    """Write rows of any settings behind one prompt, whose tokens are `ids`, together. Events name
    a row by its key in `rows`; else it is as `write`."""
    prompt_ids = in_sight(ids, model.window)
    yield Started(len(ids), len(prompt_ids), model.window)
    lanes = [
        Lane(
            number,
            row.settings.seed,
            row.settings.sampling,
            row.settings.length,
            row.settings.keep_going,
            stream=row.lane,
        )
        for number, row in rows.items()
    ]
    generation = Generation(model.session, prompt_ids, lanes)
    writers = {
        number: _LaneWriter(model.maker, prompt, prompt_ids, number, row)
        for number, row in rows.items()
    }
    for event in generation:
        match event:
            case Drawn(number, token_id):
                writer = writers[number]
                yield writer.add(token_id, model.tokenizer.bytes_of(token_id))
                if writer.at_stop_text:
                    generation.end(number)
                    yield writers.pop(number).finish(StopReason.STOP_TEXT)
            case LaneEnded(number, reason):
                yield writers.pop(number).finish(reason)
            case _:
                yield event
        if should_stop():
            break
    for writer in writers.values():
        yield writer.finish(StopReason.STOPPED)


@dataclass
class _LaneWriter:
    """One row while it is written: its ids, its bytes, its text so far."""

    maker: Maker
    prompt: str
    prompt_ids: tuple[int, ...]
    number: int
    row: Row
    ids: list[int] = field(default_factory=list)
    written: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._stream = TextStream()
        self._finder = StopFinder(self.row.settings.stop)
        self._began: float | None = None

    @property
    def at_stop_text(self) -> bool:
        return self._finder.found

    def add(self, token_id: int, data: bytes) -> Piece:
        if self._began is None:
            self._began = time.perf_counter()
        self.ids.append(token_id)
        return Piece(self.number, self._show(self._finder.push(data)), len(self.ids))

    def finish(self, reason: StopReason) -> Finished:
        rest = self._show(self._finder.finish()) + self._stream.finish()
        began = self._began
        continuation = Continuation(
            maker=self.maker,
            prompt=self.prompt,
            prompt_ids=self.prompt_ids,
            ids=tuple(self.ids),
            written=bytes(self.written),
            settings=self.row.settings,
            lane=self.row.lane,
            stop_reason=reason,
            seconds=0.0 if began is None else time.perf_counter() - began,
        )
        return Finished(self.number, rest, continuation)

    def _show(self, data: bytes) -> str:
        self.written += data
        return self._stream.push(data)
