"""Lanes that carry the watermark."""

import math
from dataclasses import replace

import pytest

from gpt2_tui.engine import generation
from gpt2_tui.engine.sampling import Candidates
from gpt2_tui.engine.session import Session
from gpt2_tui.engine.watermark import draw_marked
from gpt2_tui.engine.watermark_evidence import weigh
from gpt2_tui.engine.watermark_key import FreshContexts, Words, sub_key
from gpt2_tui.settings import Sampling
from tests.engine import reference_watermark as reference
from tests.engine.runs import FREE, PROMPT, lane, lanes, moves, outcomes

MARKED = replace(FREE, watermark=True)
LOOPING = Sampling(0.4, 3, watermark=True)


def tokens(session: Session, number: int, sampling: Sampling, length: int = 24) -> tuple[int, ...]:
    return outcomes(session, PROMPT, [lane(number, sampling=sampling, length=length)])[number][0]


def test_it_is_off_unless_it_is_asked_for() -> None:
    assert not Sampling().watermark
    assert not Sampling().leaves_marks


def test_it_is_found_by_the_sub_key_of_the_lane(session: Session) -> None:
    asked = [lane(number, sampling=MARKED, length=150) for number in range(4)]
    for number, (ids, _) in outcomes(session, PROMPT, asked).items():
        evidence = weigh(ids)
        assert evidence.sub_key == sub_key(1, number)
        assert evidence.p_value < 1e-9
        assert weigh(tokens(session, number, FREE, 150)).p_value > 1e-4


@pytest.mark.parametrize("sampling", [MARKED, LOOPING], ids=["free", "looping"])
def test_generator_and_detector_agree_on_the_contexts(
    sampling: Sampling, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked: list[tuple[Words, int]] = []

    def noted(choice: Candidates, words: Words, key: int) -> int:
        token = draw_marked(choice, words, key)
        marked.append((words, token))
        return token

    monkeypatch.setattr(generation, "draw_marked", noted)
    ids = tokens(session, 2, sampling, 300)
    distinct = reference.distinct(ids)
    fresh = FreshContexts()
    assert marked == [(fresh.words(context), token) for context, token in distinct.items()]
    assert weigh(ids).tokens == len(marked)
    assert 20 < len(marked) < 296, "some contexts were repeated"


def test_the_first_four_tokens_are_those_without_the_watermark(session: Session) -> None:
    for number in range(8):
        marked, plain = tokens(session, number, MARKED), tokens(session, number, FREE)
        assert marked[:4] == plain[:4]
        assert marked != plain


def test_greedy_is_as_without(session: Session) -> None:
    assert tokens(session, 0, Sampling(0, watermark=True)) == tokens(session, 0, Sampling(0))


def test_panes_stay_different_after_they_share_four_tokens(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Their own streams give all lanes the same first tokens.
    monkeypatch.setattr(generation, "uniform", lambda _seed, _lane, _position: 0.5)
    asked = [lane(number, sampling=MARKED, length=40) for number in range(8)]
    texts = [ids for ids, _ in outcomes(session, PROMPT, asked).values()]
    assert len({ids[:4] for ids in texts}) == 1
    assert len({ids[4:12] for ids in texts}) == 8


def test_a_lane_is_the_same_among_any_others_and_again(session: Session) -> None:
    marked = [lane(n, sampling=MARKED, length=100) for n in range(5)]
    alone = {each.number: outcomes(session, PROMPT, [each])[each.number] for each in marked}
    assert outcomes(session, PROMPT, marked) == alone
    assert outcomes(session, PROMPT, marked[::-1]) == alone
    among_others = outcomes(session, PROMPT, [marked[3], *lanes([8, 9]), marked[1]])
    assert {n: among_others[n] for n in (3, 1)} == {n: alone[n] for n in (3, 1)}
    assert moves(session, PROMPT, marked[:1]), "the window moved meanwhile"


def test_a_shorter_length_gives_the_start_of_the_same_text(session: Session) -> None:
    assert tokens(session, 4, MARKED, 30)[:11] == tokens(session, 4, MARKED, 11)


def test_over_seeds_the_next_token_is_as_often_the_same_as_without(session: Session) -> None:
    """The fifth token, the first that can be marked, over many seeds."""

    def frequency(sampling: Sampling) -> tuple[int, float]:
        asked = [lane(n, sampling=sampling, length=5) for n in range(800)]
        fifth = [ids[4] for ids, _ in outcomes(session, PROMPT, asked).values()]
        most = max(set(fifth), key=fifth.count)
        return most, fifth.count(most) / 800

    few = Sampling(1, 3)
    (token, marked), (other, plain) = frequency(replace(few, watermark=True)), frequency(few)
    assert token == other
    assert abs(marked - plain) < 5 * math.sqrt(2 * 0.25 / 800)
