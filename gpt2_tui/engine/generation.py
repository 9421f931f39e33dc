"""Several continuations of one prompt, token by token: a plain iterator that any reader can stop.

All lanes start from one encoded prompt and step together. A lane's tokens depend on the prompt,
its own settings, its seed and its stream alone: rows of a batch do not feel each other, and the
draw of each position is its own.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine.cache import LaneCache
from gpt2_tui.engine.likeliest import Likeliest
from gpt2_tui.engine.randomness import uniform
from gpt2_tui.engine.sampling import Candidates, candidates, candidates_among, draw, wanted
from gpt2_tui.engine.session import PromptProgress, Session
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.engine.watermark import draw_marked
from gpt2_tui.engine.watermark_key import FreshContexts, sub_key
from gpt2_tui.engine.window import last_half
from gpt2_tui.settings import Sampling


@dataclass(frozen=True)
class Lane:
    """One continuation to write, known by its `number`. Its random stream is named by `seed` and
    `stream`; two lanes may share one. The stream is that of its number unless it is given. If
    `first` is given, the first token is one of these (rising int64 ids, at least one)."""

    number: int
    seed: int
    sampling: Sampling
    length: int
    keep_going: bool = False
    stream: int | None = None
    first: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Drawn:
    """`lane` has a new token."""

    lane: int
    token_id: int


@dataclass(frozen=True)
class WindowMoved:
    """The window of all lanes was full: the last `kept` tokens were encoded again."""

    kept: int


@dataclass(frozen=True)
class LaneEnded:
    """`lane` draws no more."""

    lane: int
    reason: StopReason


Event = PromptProgress | Drawn | WindowMoved | LaneEnded


class Generation:
    """Iterate over it for events; the work is done between them. `end` stops one lane early."""

    def __init__(self, session: Session, prompt_ids: Sequence[int], lanes: Sequence[Lane]) -> None:
        """`prompt_ids` are what the model shall see: 1 to window tokens."""
        self._session = session
        self._prompt_ids = tuple(prompt_ids)
        self._lanes = {lane.number: lane for lane in lanes}
        self._ids: dict[int, list[int]] = {lane.number: [] for lane in lanes}
        self._contexts = {lane.number: FreshContexts() for lane in lanes}
        self._ended: set[int] = set()
        self._last_logits: dict[int, npt.NDArray[np.float32]] = {}

    def end(self, lane: int) -> None:
        """Draw nothing more for `lane`; the reader knows why."""
        self._ended.add(lane)

    def last_logits(self, lane: int) -> npt.NDArray[np.float32]:
        """What `lane` drew from last: float32 [vocabulary]."""
        return self._last_logits[lane]

    def last_choice(self, lane: int, place: int) -> Candidates:
        """What `lane` drew from last, if that was for the token at `place`."""
        return _choice(self._lanes[lane], place, self._last_logits[lane])

    def __iter__(self) -> Iterator[Event]:
        encoded = yield from self._session.encode_prompt(self._prompt_ids)
        rows = list(self._lanes)
        pick = wanted(lane.sampling for lane in self._lanes.values())
        cache = self._session.fork(encoded, len(rows))
        for lane in rows:
            yield from self._draw(lane, encoded.logits)
        while True:
            alive = [lane for lane in rows if lane not in self._ended]
            if not alive:
                return
            # Where it would cost too much, rows whose lane has ended step on and draw nothing.
            if cache.is_worth_shrinking(len(alive)):
                cache = cache.keep_rows([rows.index(lane) for lane in alive])
                rows = alive
            if cache.length == self._session.architecture.window:
                del cache  # its memory is wanted for the next one
                rows = alive
                cache, following = yield from self._move_window(rows)
                for lane, logits in zip(rows, following, strict=True):
                    yield from self._draw(lane, logits)
            else:
                step = self._session.step(cache, [self._last_id(lane) for lane in rows], pick)
                for row, lane in enumerate(rows):
                    yield from self._draw(lane, step.logits[row], step.likeliest[row])

    def _draw(
        self, number: int, logits: npt.NDArray[np.float32], likeliest: Likeliest | None = None
    ) -> Iterator[Event]:
        if number in self._ended:
            return
        lane, ids = self._lanes[number], self._ids[number]
        self._last_logits[number] = logits
        token_id = self._next_token(lane, ids, logits, likeliest)
        if token_id == self._session.architecture.end_of_text and not lane.keep_going:
            self._ended.add(number)
            yield LaneEnded(number, StopReason.END_OF_TEXT)
            return
        ids.append(token_id)
        yield Drawn(number, token_id)
        if len(ids) >= lane.length and number not in self._ended:
            self._ended.add(number)
            yield LaneEnded(number, StopReason.LENGTH)

    def _next_token(
        self,
        lane: Lane,
        ids: Sequence[int],
        logits: npt.NDArray[np.float32],
        likeliest: Likeliest | None,
    ) -> int:
        choice = _choice(lane, len(ids), logits, likeliest)
        stream = lane.number if lane.stream is None else lane.stream
        words = self._contexts[lane.number].words(ids) if lane.sampling.leaves_marks else None
        if words is None:
            return draw(choice, uniform(lane.seed, stream, len(ids)))
        return draw_marked(choice, words, sub_key(lane.seed, stream))

    def _last_id(self, lane: int) -> int:
        """The last token of a lane; a lane that ended with its first draw has the prompt's."""
        return (self._ids[lane] or self._prompt_ids)[-1]

    def _move_window(
        self, rows: Sequence[int]
    ) -> Generator[Event, None, tuple[LaneCache, list[npt.NDArray[np.float32]]]]:
        """Encode the last half of each lane's tokens again; their cache, and logits of each."""
        window = self._session.architecture.window
        kept = [last_half((*self._prompt_ids, *self._ids[lane]), window) for lane in rows]
        cache = self._session.apart(len(rows), len(kept[0]))
        logits = []
        for row, ids in enumerate(kept):
            encoded = yield from self._session.encode(ids)
            cache.set_row(row, encoded.cache.on_host())
            logits.append(encoded.logits)
        yield WindowMoved(len(kept[0]))
        return cache, logits


def _choice(
    lane: Lane, place: int, logits: npt.NDArray[np.float32], likeliest: Likeliest | None = None
) -> Candidates:
    if place == 0 and lane.first is not None:
        return candidates_among(logits, lane.sampling, lane.first)
    return candidates(logits, lane.sampling, likeliest)
