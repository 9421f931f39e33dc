"""The tokens of a lane depend on its prompt, settings, seed and number, and on nothing else."""

from itertools import pairwise

import pytest

from gpt2_tui.engine.generation import Drawn, Generation, Lane, LaneEnded
from gpt2_tui.engine.session import PromptProgress, Session
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.settings import Sampling, TopPRule
from tests.engine.conftest import NewSession
from tests.engine.runs import FREE, HOT, PROMPT, Outcome, lane, lanes, outcomes


@pytest.fixture
def alone(session: Session) -> dict[int, Outcome]:
    """Each of eight lanes, written with no other beside it."""
    return {number: outcomes(session, PROMPT, lanes([number]))[number] for number in range(8)}


def test_lanes_and_seeds_differ(alone: dict[int, Outcome], session: Session) -> None:
    assert len(set(alone.values())) == 8
    assert outcomes(session, PROMPT, lanes([0], seed=2))[0] != alone[0]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_a_lane_is_the_same_among_any_number_of_lanes(
    count: int, session: Session, alone: dict[int, Outcome]
) -> None:
    together = outcomes(session, PROMPT, lanes(range(count)))
    assert together == {number: alone[number] for number in range(count)}


@pytest.mark.parametrize("numbers", [[7, 0], [3, 1, 2], [5, 6, 4, 0, 7, 2, 3, 1], [6]], ids=str)
def test_a_lane_is_the_same_in_any_order_and_choice_of_lanes(
    numbers: list[int], session: Session, alone: dict[int, Outcome]
) -> None:
    together = outcomes(session, PROMPT, lanes(numbers))
    assert together == {number: alone[number] for number in numbers}


def test_a_lane_is_the_same_whatever_was_written_before(
    session: Session, alone: dict[int, Outcome]
) -> None:
    outcomes(session, PROMPT, lanes(range(3), seed=9, length=70))
    abandoned = iter(Generation(session, PROMPT[:3], lanes(range(2))))
    for _ in range(7):
        next(abandoned)
    assert outcomes(session, PROMPT, lanes([2, 5])) == {2: alone[2], 5: alone[5]}
    outcomes(session, (*PROMPT, *alone[2][0][:5]), lanes([1]))
    assert outcomes(session, PROMPT, lanes([2])) == {2: alone[2]}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_lane_is_the_same_in_a_new_session_with_any_number_of_threads(
    threads: int, new_session: NewSession, alone: dict[int, Outcome]
) -> None:
    fresh = new_session(threads)
    assert fresh.threads == threads
    assert outcomes(fresh, PROMPT, lanes(range(8))) == alone


def test_two_generations_of_one_session_can_be_read_by_turns(
    session: Session, alone: dict[int, Outcome]
) -> None:
    drawn: dict[int, list[int]] = {3: [], 4: []}
    readers = [iter(Generation(session, PROMPT, lanes([number]))) for number in drawn]
    while readers:
        for reader in list(readers):
            event = next(reader, None)
            if event is None:
                readers.remove(reader)
            elif isinstance(event, Drawn):
                drawn[event.lane].append(event.token_id)
    assert {number: tuple(ids) for number, ids in drawn.items()} == {
        number: alone[number][0] for number in drawn
    }


def test_a_shorter_length_gives_the_start_of_the_same_text(
    session: Session, alone: dict[int, Outcome]
) -> None:
    ids, reason = outcomes(session, PROMPT, lanes([4], length=10))[4]
    assert (ids, reason) == (alone[4][0][:10], StopReason.LENGTH)


def test_lanes_may_differ_in_everything(session: Session) -> None:
    mixed = [
        lane(0, seed=5, length=3),
        lane(1, seed=5, length=30, sampling=Sampling(0.7, 3)),
        lane(2, seed=6, length=9, sampling=Sampling(0)),
        lane(9, seed=6, length=30, sampling=Sampling(1, 0, 0.6, TopPRule.ORIGINAL)),
        lane(4, seed=7, length=60, sampling=HOT, keep_going=False),
    ]
    together = outcomes(session, PROMPT, mixed)
    for each in mixed:
        assert outcomes(session, PROMPT, [each]) == {each.number: together[each.number]}


def test_greedy_is_the_same_for_every_seed_and_lane(session: Session) -> None:
    greedy = [lane(n, seed=n, sampling=Sampling(0), length=30) for n in range(3)]
    assert len(set(outcomes(session, PROMPT, greedy).values())) == 1


def test_end_of_text_ends_a_lane_without_being_one_of_its_tokens(session: Session) -> None:
    end_of_text = session.architecture.end_of_text
    asked = [lane(n, sampling=HOT, length=100, keep_going=False) for n in range(8)]
    going_on = [lane(n, sampling=HOT, length=100, keep_going=True) for n in range(8)]
    ended = outcomes(session, PROMPT, asked)
    whole = outcomes(session, PROMPT, going_on)
    reasons = [reason for _, reason in ended.values()]
    assert StopReason.END_OF_TEXT in reasons
    assert StopReason.LENGTH in reasons
    for number, (ids, reason) in ended.items():
        full = whole[number][0]
        assert end_of_text not in ids
        assert len(full) == 100
        if reason is StopReason.END_OF_TEXT:
            assert full[: len(ids) + 1] == (*ids, end_of_text)
        else:
            assert ids == full


@pytest.mark.parametrize("ended", [[0], [1], [2], [0, 2], [0, 1, 2]], ids=str)
def test_a_lane_that_is_ended_draws_no_more_and_leaves_its_neighbours_alone(
    ended: list[int], session: Session, alone: dict[int, Outcome]
) -> None:
    together = outcomes(session, PROMPT, lanes(range(3)), end=ended)
    for number in range(3):
        ids, reason = alone[number]
        assert together[number] == ((ids[:2], None) if number in ended else (ids, reason))


def test_every_lane_draws_one_token_a_round_in_the_order_that_was_asked(session: Session) -> None:
    events = list(Generation(session, PROMPT, lanes([5, 1, 3], length=4)))
    drawn = [event.lane for event in events if isinstance(event, Drawn)]
    assert drawn == [5, 1, 3] * 4
    ends = [event for event in events if isinstance(event, LaneEnded)]
    assert ends == [LaneEnded(number, StopReason.LENGTH) for number in (5, 1, 3)]


def test_a_token_is_computed_only_when_it_is_asked_for(
    session: Session, graph_runs: list[tuple[int, int]]
) -> None:
    events = iter(Generation(session, PROMPT[:5], lanes([0, 1])))
    counts = []
    for event in events:
        counts.append(len(graph_runs))
        if len(counts) == 9:
            break
        assert isinstance(event, PromptProgress | Drawn)
    assert all(after - before <= 1 for before, after in pairwise(counts))
    assert counts == [1, 1, 1, 2, 2, 3, 3, 4, 4]


def test_no_lanes_are_over_at_once(session: Session) -> None:
    assert outcomes(session, PROMPT, []) == {}


def test_sampling_of_a_lane_is_heeded(session: Session) -> None:
    few = outcomes(session, PROMPT, [lane(0, sampling=Sampling(10, 1), length=12)])[0]
    greedy = outcomes(session, PROMPT, [lane(0, sampling=Sampling(0), length=12)])[0]
    assert few == greedy
    assert outcomes(session, PROMPT, [lane(0, sampling=FREE, length=12)])[0] != greedy


def test_lanes_can_share_a_random_stream_and_differ_in_their_sampling(
    session: Session, alone: dict[int, Outcome]
) -> None:
    narrow = Sampling(1, 2)
    shared = [
        Lane(0, 1, FREE, 24, keep_going=True, stream=5),
        Lane(1, 1, narrow, 24, keep_going=True, stream=5),
        Lane(2, 1, FREE, 24, keep_going=True, stream=5),
    ]
    together = outcomes(session, PROMPT, shared)
    assert together[0] == together[2] == alone[5]
    own = outcomes(session, PROMPT, [lane(5, sampling=narrow)])
    assert together[1] == own[5] != alone[5]
