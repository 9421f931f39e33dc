"""Running generations to their end."""

from collections.abc import Iterable, Sequence

from gpt2_tui.engine.generation import Drawn, Generation, Lane, LaneEnded, WindowMoved
from gpt2_tui.engine.session import Session
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.settings import Sampling

PROMPT = (20, 65, 66, 67, 3, 4, 40, 41)
FREE = Sampling(temperature=1, top_k=0)
HOT = Sampling(temperature=10, top_k=0)
"""So hot that every token, also <|endoftext|>, comes about as often as any other."""

Outcome = tuple[tuple[int, ...], StopReason | None]


def lane(
    number: int,
    *,
    seed: int = 1,
    sampling: Sampling = FREE,
    length: int = 24,
    keep_going: bool = True,
) -> Lane:
    return Lane(number, seed, sampling, length, keep_going)


def lanes(numbers: Iterable[int], *, seed: int = 1, length: int = 24) -> list[Lane]:
    return [lane(number, seed=seed, length=length) for number in numbers]


def outcomes(
    session: Session, prompt: Sequence[int], asked: Sequence[Lane], end: Sequence[int] = ()
) -> dict[int, Outcome]:
    """The tokens of each lane and why it stopped. Lanes in `end` are ended after two tokens."""
    ids: dict[int, list[int]] = {each.number: [] for each in asked}
    reasons: dict[int, StopReason | None] = {each.number: None for each in asked}
    generation = Generation(session, prompt, asked)
    for event in generation:
        match event:
            case Drawn(number, token):
                assert reasons[number] is None, "a lane that has ended drew again"
                ids[number].append(token)
                if number in end and len(ids[number]) == 2:
                    generation.end(number)
            case LaneEnded(number, reason):
                assert reasons[number] is None, "a lane ended twice"
                reasons[number] = reason
            case _:
                pass
    return {number: (tuple(ids[number]), reasons[number]) for number in ids}


def moves(session: Session, prompt: Sequence[int], asked: Sequence[Lane]) -> list[tuple[int, int]]:
    """Of each move of the window: the tokens that its first lane had drawn, and what was kept."""
    drawn = 0
    seen = []
    for event in Generation(session, prompt, asked):
        if isinstance(event, Drawn) and event.lane == asked[0].number:
            drawn += 1
        if isinstance(event, WindowMoved):
            seen.append((drawn, event.kept))
    return seen
