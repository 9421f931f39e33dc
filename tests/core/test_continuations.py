"""Continuations as text: pieces as they come, and all that a label needs at the end."""

from collections.abc import Callable, Iterator

import pytest

from gpt2_tui.continuations import (
    Continuation,
    Event,
    Finished,
    Piece,
    Request,
    Started,
    prompt_bytes,
    write,
)
from gpt2_tui.engine import session as session_module
from gpt2_tui.engine.generation import WindowMoved
from gpt2_tui.engine.session import PromptProgress
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import Sampling, Settings

PLAIN = Sampling(1, 0)
HOT = Sampling(10, 0)
"""So hot that every token comes about as often as any other: much of it is no UTF-8."""


def settings(
    sampling: Sampling = PLAIN,
    *,
    length: int = 40,
    seed: int = 1,
    stop: tuple[str, ...] = (),
    keep_going: bool = True,
) -> Settings:
    return Settings(sampling, length, seed, stop, keep_going)


def continuations(events: Iterator[Event]) -> dict[int, Continuation]:
    return {event.lane: event.continuation for event in events if isinstance(event, Finished)}


def one(model: LoadedModel, asked: Settings, prompt: str = "The cat") -> Continuation:
    return continuations(write(model, Request(prompt, asked, (0,))))[0]


@pytest.mark.parametrize("stop", [(), ("e",), ("the", "\x00")], ids=repr)
def test_the_pieces_and_the_rest_are_the_text_of_the_continuation(
    stop: tuple[str, ...], loaded_model: LoadedModel
) -> None:
    asked = settings(HOT, length=100, stop=stop)
    shown: dict[int, str] = dict.fromkeys(range(6), "")
    finished = 0
    for event in write(loaded_model, Request("The cat", asked, tuple(range(6)))):
        if isinstance(event, Piece):
            shown[event.lane] += event.text
        if isinstance(event, Finished):
            finished += 1
            made = event.continuation
            assert shown[event.lane] + event.rest == made.text
            assert made.text == made.written.decode("utf-8", "replace")
            assert b"".join(map(loaded_model.tokenizer.bytes_of, made.ids)).startswith(made.written)
    assert finished == 6


def test_pieces_count_tokens_and_hold_whole_characters_alone(loaded_model: LoadedModel) -> None:
    # Every lead byte is followed by something else than its character, or by its end.
    counts = []
    for event in write(loaded_model, Request("é", settings(HOT, length=60), (0,))):
        if isinstance(event, Piece):
            counts.append(event.tokens)
            event.text.encode()
    assert counts == list(range(1, 61))


def test_what_is_finished_holds_all_that_a_label_needs(loaded_model: LoadedModel) -> None:
    asked = settings(length=12, seed=9)
    made = continuations(write(loaded_model, Request("The cat", asked, (4, 2))))
    assert list(made) == [4, 2]
    for lane, each in made.items():
        assert (each.prompt, each.settings, each.lane) == ("The cat", asked, lane)
        assert each.prompt_ids == tuple(loaded_model.tokenizer.encode("The cat"))
        assert len(each.ids) == 12
        assert each.written == loaded_model.tokenizer.decode(each.ids)
        assert each.stop_reason is StopReason.LENGTH
        assert each.seconds >= 0


def test_no_prompt_is_unconditional(loaded_model: LoadedModel) -> None:
    asked = settings(length=8)
    made = one(loaded_model, asked, "")
    assert made.prompt_ids == (loaded_model.tokenizer.end_of_text,)
    special = Settings(PLAIN, 8, 1, (), keep_going=True, special=True)
    assert one(loaded_model, special, "<|endoftext|>").ids == made.ids
    typed = one(loaded_model, asked, "<|endoftext|>")
    assert loaded_model.tokenizer.end_of_text not in typed.prompt_ids


def test_a_prompt_is_announced_with_its_tokens_and_those_in_sight(
    loaded_model: LoadedModel,
) -> None:
    for prompt, tokens, seen in (("abc", 3, 3), ("x" * 64, 64, 64), ("x" * 65, 65, 32)):
        events = write(loaded_model, Request(prompt, settings(length=1), (0,)))
        assert next(events) == Started(tokens, seen, 64)
        made = continuations(events)[0]
        assert made.prompt == prompt
        assert len(made.prompt_ids) == seen


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_stop_text_ends_a_lane_before_it_appears_wherever_tokens_are_cut(
    count: int, loaded_model: LoadedModel
) -> None:
    tried = 0
    for seed in range(12):
        whole = one(loaded_model, settings(HOT, length=60, seed=seed))
        text = whole.text
        for place in range(len(text) - count):
            # Taken from the text itself, so across the borders of tokens too.
            stop = text[place : place + count]
            if "\ufffd" in stop:
                continue
            tried += 1
            asked = settings(HOT, length=60, seed=seed, stop=("never written", stop))
            made = one(loaded_model, asked)
            assert made.stop_reason is StopReason.STOP_TEXT
            assert made.text == text[: text.index(stop)]
            assert made.ids == whole.ids[: len(made.ids)]
            assert stop.encode() not in loaded_model.tokenizer.decode(made.ids[:-1])
    assert tried >= 10


def test_a_stop_text_ends_its_own_lane_alone(loaded_model: LoadedModel) -> None:
    lanes = tuple(range(5))
    free = continuations(write(loaded_model, Request("The cat", settings(), lanes)))
    stop = next(c for c in free[0].text if c.isascii() and c not in free[1].text)
    stopped = continuations(write(loaded_model, Request("The cat", settings(stop=(stop,)), lanes)))
    assert stopped[0].stop_reason is StopReason.STOP_TEXT
    for lane, made in stopped.items():
        assert made.text == free[lane].text.split(stop)[0]
        assert (made.stop_reason is StopReason.STOP_TEXT) == (stop in free[lane].text)


def test_the_start_of_a_stop_text_at_the_end_is_not_lost(loaded_model: LoadedModel) -> None:
    tried = 0
    for seed in range(20):
        whole = one(loaded_model, settings(HOT, length=12, seed=seed))
        last = whole.text[-1]
        if last.isascii():
            tried += 1
            asked = settings(HOT, length=12, seed=seed, stop=(last + "never comes",))
            made = one(loaded_model, asked)
            assert (made.text, made.stop_reason) == (whole.text, StopReason.LENGTH)
    assert tried >= 3


def test_keep_going_writes_on_past_end_of_text(loaded_model: LoadedModel) -> None:
    lanes = tuple(range(8))
    ended = continuations(
        write(loaded_model, Request("", settings(HOT, length=90, keep_going=False), lanes))
    )
    whole = continuations(write(loaded_model, Request("", settings(HOT, length=90), lanes)))
    reasons = {made.stop_reason for made in ended.values()}
    assert reasons == {StopReason.END_OF_TEXT, StopReason.LENGTH}
    for lane, made in ended.items():
        assert whole[lane].written.startswith(made.written)
        assert b"<|endoftext|>" not in made.written
        if made.stop_reason is StopReason.END_OF_TEXT:
            assert whole[lane].written.startswith(made.written + b"<|endoftext|>")
        assert len(whole[lane].ids) == 90


def test_a_lane_is_the_same_text_alone_and_among_others(loaded_model: LoadedModel) -> None:
    asked = settings(Sampling(), length=80)
    together = continuations(write(loaded_model, Request("The cat", asked, (0, 1, 2))))
    for lane in (2, 0, 1):
        alone = continuations(write(loaded_model, Request("The cat", asked, (lane,))))[lane]
        assert (alone.ids, alone.written) == (together[lane].ids, together[lane].written)


def asked_after(calls: int) -> Callable[[], bool]:
    """Says that it should stop from call number `calls` on."""
    count = 0

    def should_stop() -> bool:
        nonlocal count
        count += 1
        return count >= calls

    return should_stop


@pytest.mark.parametrize("calls", [1, 2, 3, 4, 5, 6, 7, 20])
def test_once_it_should_stop_no_token_more_is_drawn_and_every_lane_is_finished(
    calls: int, loaded_model: LoadedModel
) -> None:
    request = Request("The cat", settings(length=1000), (0, 1, 2))
    events = list(write(loaded_model, request, asked_after(calls)))
    pieces = [event for event in events if isinstance(event, Piece)]
    asked = [event for event in events if isinstance(event, Piece | PromptProgress)]
    assert len(asked) == calls
    made = [event.continuation for event in events[-3:] if isinstance(event, Finished)]
    assert [each.lane for each in made] == [0, 1, 2]
    assert {each.stop_reason for each in made} == {StopReason.STOPPED}
    assert sum(len(each.ids) for each in made) == len(pieces)
    whole = continuations(write(loaded_model, Request("The cat", settings(length=40), (0, 1, 2))))
    for each in made:
        assert whole[each.lane].ids[: len(each.ids)] == each.ids


def test_lanes_that_ended_before_the_stop_keep_their_reason(loaded_model: LoadedModel) -> None:
    request = Request("The cat", settings(length=2), (0, 1))
    list(write(loaded_model, request))
    # The prompt is known now, so: three tokens, and the end of lane 0 before the second of lane 1.
    events = list(write(loaded_model, request, asked_after(4)))
    reasons = {e.lane: e.continuation.stop_reason for e in events if isinstance(e, Finished)}
    assert reasons == {0: StopReason.LENGTH, 1: StopReason.STOPPED}


def test_a_long_prompt_can_be_stopped_while_it_is_encoded(
    loaded_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "TOKENS_PER_CALL", 8)
    request = Request("xy" * 20, settings(), (0, 1))
    events = list(write(loaded_model, request, asked_after(2)))
    assert [e.done for e in events if isinstance(e, PromptProgress)] == [8, 16]
    made = [event.continuation for event in events if isinstance(event, Finished)]
    assert [(each.ids, each.stop_reason) for each in made] == [((), StopReason.STOPPED)] * 2


def test_the_window_moves_in_sight_of_the_reader(loaded_model: LoadedModel) -> None:
    events = list(write(loaded_model, Request("The cat", settings(length=100), (0, 1))))
    assert WindowMoved(32) in events
    assert len(continuations(iter(events))[1].ids) == 100


@pytest.mark.parametrize(
    "prompt",
    ["\x1b[2J\u202e[@click=app.quit][/]", "\x00", "a\ud83d", "the cat sat " * 90_000],
    ids=["attack", "null", "half a character", "a megabyte"],
)
def test_any_prompt_is_accepted_and_harmless(prompt: str, loaded_model: LoadedModel) -> None:
    made = one(loaded_model, settings(length=3), prompt)
    assert made.prompt == prompt
    assert len(made.ids) == 3
    seen = loaded_model.tokenizer.decode(made.prompt_ids)
    assert prompt_bytes(prompt.removesuffix(" ")).endswith(seen)
