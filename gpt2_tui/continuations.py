"""Continuations as text: what the desk and the commands both read.

The engine below knows token ids; here they become text as it is written, stop texts end it, and a
finished continuation carries all that its label needs.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine.generation import Drawn, Generation, Lane, LaneEnded, WindowMoved
from gpt2_tui.engine.loop_alarm import loop_start
from gpt2_tui.engine.session import PromptProgress
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.engine.window import in_sight
from gpt2_tui.loading import LoadedModel
from gpt2_tui.models.maker import Maker
from gpt2_tui.settings import Settings
from gpt2_tui.text.pieces import TextStream
from gpt2_tui.writing import Writing


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
    first token on.

    With `after_space` the prompt ends with a space that is not in `prompt_ids`: it is the one that
    the first token begins with.
    """

    maker: Maker
    prompt: str
    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    written: bytes
    settings: Settings
    lane: int
    stop_reason: StopReason
    seconds: float
    after_space: bool = False

    @property
    def text(self) -> str:
        return self.written.decode("utf-8", "replace")


@dataclass(frozen=True)
class PromptTokens:
    """A prompt as the model gets it; `after_space` as in `Continuation`."""

    ids: tuple[int, ...]
    after_space: bool = False


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


def encode_prompt(model: LoadedModel, prompt: str, *, special: bool) -> PromptTokens:
    """The tokens of a prompt; an empty one is `<|endoftext|>`, as in unconditional sampling.

    GPT-2 has learned to write a space as the beginning of the next word, never as a token before
    it. So a last space is left out, and the next token is one that begins with a space: that is how
    the text would be encoded as a whole.
    """
    known = prompt.removesuffix(" ")
    ids = model.tokenizer.encode(known, special=special)
    return PromptTokens(tuple(ids) or (model.tokenizer.end_of_text,), known != prompt)


def first_ids(model: LoadedModel, *, after_space: bool) -> npt.NDArray[np.int64] | None:
    """Which tokens can be the first of a continuation; None if all can."""
    return np.array(model.tokenizer.after_a_space, np.int64) if after_space else None


def before_loop(model: LoadedModel, continuation: Continuation) -> int:
    """How many characters of its text stand before the loop that it fell into; 0 without one."""
    tokens = continuation.ids[: loop_start(continuation.ids) or 0]
    before = model.tokenizer.decode(tokens)
    if continuation.after_space:
        before = before.removeprefix(b" ")
    # A loop can begin inside a character.
    return len(TextStream().push(before))


def write(
    model: LoadedModel, request: Request, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Write all lanes of `request` together.

    After `should_stop` says so no token more is drawn, and every lane that was begun still ends
    with its Finished event.
    """
    if request.prompt_ids is None:
        tokens = encode_prompt(model, request.prompt, special=request.settings.special)
    else:
        tokens = PromptTokens(request.prompt_ids)
    rows = {lane: Row(request.settings, lane) for lane in request.lanes}
    return write_rows(model, request.prompt, tokens, rows, should_stop)


def write_rows(
    model: LoadedModel,
    prompt: str,
    tokens: PromptTokens,
    rows: Mapping[int, Row],
    should_stop: Callable[[], bool],
) -> Iterator[Event]:
    """Write rows of any settings behind one prompt, which has these `tokens`, together. Events
    name a row by its key in `rows`; else it is as `write`."""
    prompt_ids = in_sight(tokens.ids, model.window)
    yield Started(len(tokens.ids), len(prompt_ids), model.window)
    first = first_ids(model, after_space=tokens.after_space)
    lanes = [
        Lane(
            number,
            row.settings.seed,
            row.settings.sampling,
            row.settings.most_tokens,
            row.settings.keep_going,
            stream=row.lane,
            first=first,
        )
        for number, row in rows.items()
    ]
    generation = Generation(model.session, prompt_ids, lanes)
    writers = {
        number: _LaneWriter(
            model.maker, prompt, PromptTokens(prompt_ids, tokens.after_space), number, row
        )
        for number, row in rows.items()
    }
    for event in generation:
        match event:
            case Drawn(number, token_id):
                writer = writers[number]
                yield writer.add(token_id, model.tokenizer.bytes_of(token_id))
                if writer.ended is not None:
                    generation.end(number)
                    yield writers.pop(number).finish(writer.ended)
            case LaneEnded(number, reason):
                yield writers.pop(number).finish(reason)
            case _:
                yield event
        if should_stop():
            break
    for writer in writers.values():
        yield writer.finish(StopReason.STOPPED)


class _LaneWriter:
    """One row while it is written."""

    def __init__(
        self, maker: Maker, prompt: str, tokens: PromptTokens, number: int, row: Row
    ) -> None:
        self._maker = maker
        self._prompt = prompt
        self._tokens = tokens
        self._number = number
        self._row = row
        self._writing = Writing(row.settings, after_space=tokens.after_space)
        self._stream = TextStream()
        self._began: float | None = None

    @property
    def ended(self) -> StopReason | None:
        return self._writing.ended

    def add(self, token_id: int, data: bytes) -> Piece:
        if self._began is None:
            self._began = time.perf_counter()
        text = self._stream.push(self._writing.add(token_id, data))
        return Piece(self._number, text, len(self._writing.ids))

    def finish(self, reason: StopReason) -> Finished:
        rest = self._stream.push(self._writing.finish()) + self._stream.finish()
        began = self._began
        continuation = Continuation(
            maker=self._maker,
            prompt=self._prompt,
            prompt_ids=self._tokens.ids,
            ids=tuple(self._writing.ids),
            written=bytes(self._writing.written),
            settings=self._row.settings,
            lane=self._row.lane,
            stop_reason=reason,
            seconds=0.0 if began is None else time.perf_counter() - began,
            after_space=self._tokens.after_space,
        )
        return Finished(self._number, rest, continuation)
