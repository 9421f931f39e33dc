"""What ends a text, and a space before it, stand in the label, and come out again with it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gpt2_tui.continuations import before_loop
from gpt2_tui.engine.loop_alarm import loop_start
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record import Sample, label_draft
from gpt2_tui.labels.replay import Outcome
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import Sampling, Settings
from gpt2_tui.text.sentences import sentence_ends
from tests.labels.replays import replayed, samples, written
from tests.labels.test_formats import formats
from tests.labels.test_replay import tampered

LOOP = Settings(Sampling(0), length=400, loop_alarm=True)
SENTENCE = Settings(Sampling(10, 0), length=5, seed=2, finish_sentence=900, keep_going=True)
FREE = Settings(Sampling(1.0, 0), length=20, seed=3)


@pytest.fixture(scope="module")
def loop(loaded_model: LoadedModel) -> Sample:
    return samples(loaded_model, "The sea", LOOP)[0]


@pytest.fixture(scope="module")
def sentence(loaded_model: LoadedModel) -> Sample:
    return samples(loaded_model, "The sea", SENTENCE)[0]


@formats
def test_a_loop_comes_out_again_and_ends_where_it_did(
    loop: Sample, loaded_model: LoadedModel, file_format: Format
) -> None:
    made = loop.continuation
    assert made is not None
    assert made.stop_reason is StopReason.LOOP
    start = loop_start(made.ids)
    assert start is not None
    assert 0 < start < len(made.ids) <= 400
    assert loop_start(made.ids[:-1]) is None
    assert loop.record["gens"][0]["sampler"]["loop_alarm"] == "cycle-3/1"
    assert replayed(loop, loaded_model, file_format).outcome is Outcome.MATCH


def test_without_the_alarm_the_same_text_goes_on(loop: Sample, loaded_model: LoadedModel) -> None:
    (plain,) = written(loaded_model, "The sea", Settings(Sampling(0), length=400))
    assert loop.continuation is not None
    count = len(loop.continuation.ids)
    assert (plain.ids[:count], len(plain.ids)) == (loop.continuation.ids, 400)


def test_an_alarm_ends_its_own_lane_alone(loaded_model: LoadedModel) -> None:
    free = Settings(Sampling(0.2, 3), length=400, loop_alarm=True, seed=1)
    together = written(loaded_model, "The sea", free, (0, 1, 2, 3))
    for lane, made in enumerate(together):
        (alone,) = written(loaded_model, "The sea", free, (lane,))
        assert (alone.ids, alone.stop_reason) == (made.ids, made.stop_reason)


def test_the_text_before_a_loop_is_that_of_the_tokens_before_it(
    loop: Sample, loaded_model: LoadedModel
) -> None:
    made = loop.continuation
    assert made is not None
    before = loaded_model.tokenizer.decode(made.ids[: loop_start(made.ids)])
    assert made.written.startswith(before)
    text = made.text[: before_loop(loaded_model, made)]
    whole = before.decode("utf-8", "replace")
    assert whole.startswith(text)
    assert len(whole) - len(text) <= 1


@formats
def test_a_text_that_ends_at_a_sentence_comes_out_again(
    sentence: Sample, loaded_model: LoadedModel, file_format: Format
) -> None:
    made = sentence.continuation
    assert made is not None
    assert made.stop_reason is StopReason.SENTENCE
    drawn = loaded_model.tokenizer.decode(made.ids)
    assert drawn.startswith(made.written)
    assert made.text[-1] in "!?."
    # What was drawn behind the end, which shows that it is one, is no part of the text.
    text = drawn.decode("utf-8", "surrogateescape")
    end = made.written.decode("utf-8", "surrogateescape")
    assert len(end) in sentence_ends(text)
    assert len(drawn) > len(made.written)
    assert replayed(sentence, loaded_model, file_format).outcome is Outcome.MATCH


@formats
@pytest.mark.parametrize("prompt", ["The sea ", "The sea  ", " ", "é ", "end.\n "])
@pytest.mark.parametrize("temperature", [0, 1, 3])
def test_a_space_at_the_end_of_a_prompt_does_no_harm(
    prompt: str, temperature: float, loaded_model: LoadedModel, file_format: Format
) -> None:
    asked = Settings(Sampling(temperature, 0), length=20, seed=3)
    (sample,) = samples(loaded_model, prompt, asked)
    made = sample.continuation
    assert made is not None
    tokenizer = loaded_model.tokenizer
    # The model saw no token that is a space at the end, and its first token begins with the space.
    known = prompt[:-1]
    assert made.prompt_ids == (tuple(tokenizer.encode(known)) or (tokenizer.end_of_text,))
    whole = prompt.encode() + made.written
    assert whole == known.encode() + (tokenizer.decode(made.ids) or b" ")
    assert sample.body == whole
    assert sample.record["gens"][0]["after_space"] is True
    result = replayed(sample, loaded_model, file_format)
    assert (result.outcome, result.detail) == (Outcome.MATCH, "")


def test_the_first_token_is_drawn_as_if_there_were_only_those_with_a_space(
    loaded_model: LoadedModel,
) -> None:
    tokenizer = loaded_model.tokenizer
    logits = list(loaded_model.session.predict(tokenizer.encode("The sea")))[-1][-1]
    allowed = [
        each
        for each in range(len(logits))
        if tokenizer.bytes_of(each).startswith(b" ") or each == tokenizer.end_of_text
    ]
    weights = np.exp(logits[allowed].astype(np.float64))
    first = Settings(Sampling(1.0, 0), length=1, seed=3, keep_going=True)
    drawn = [made.ids[0] for made in written(loaded_model, "The sea ", first, tuple(range(2000)))]
    assert set(drawn) <= set(allowed)
    for token_id, expected in zip(allowed, weights / weights.sum(), strict=True):
        error = (expected * (1 - expected) / len(drawn)) ** 0.5
        assert abs(drawn.count(token_id) / len(drawn) - expected) < 4 * error + 1 / len(drawn)


def test_a_draft_with_a_part_of_a_text_behind_a_space_comes_out_again(
    loaded_model: LoadedModel,
) -> None:
    (made,) = written(loaded_model, "The sea ", Settings(Sampling(0.5), length=30, seed=3))
    part = AuthoredText.kept(made).part(0, 9)
    draft = AuthoredText.human("The sea  is far.").replaced(8, 8, part)
    sample = label_draft(draft)
    result = replayed(sample, loaded_model)
    assert (result.outcome, result.detail) == (Outcome.MATCH, "")


@pytest.mark.parametrize(
    "change",
    [
        lambda generation: generation["sampler"].pop("loop_alarm"),
        lambda generation: generation.update(stop_reason="length"),
        lambda generation: generation.update(after_space=True),
    ],
)
def test_a_loop_that_was_tampered_with_differs(
    change: Callable[[dict[str, Any]], object], loop: Sample, loaded_model: LoadedModel
) -> None:
    forged = tampered(loop, lambda record: change(record["gens"][0]))
    assert replayed(forged, loaded_model).outcome is Outcome.DIFFERS


@pytest.mark.parametrize("tokens", [None, 5])
def test_another_end_of_a_sentence_differs(
    tokens: int | None, sentence: Sample, loaded_model: LoadedModel
) -> None:
    def change(record: dict[str, Any]) -> None:
        sampler = record["gens"][0]["sampler"]
        del sampler["finish_sentence"]
        if tokens is not None:
            sampler["finish_sentence"] = tokens

    assert replayed(tampered(sentence, change), loaded_model).outcome is Outcome.DIFFERS


def test_a_space_that_was_left_out_of_the_label_differs(loaded_model: LoadedModel) -> None:
    (sample,) = samples(loaded_model, "The sea ", FREE)
    forged = tampered(sample, lambda record: record["gens"][0].pop("after_space"))
    assert replayed(forged, loaded_model).outcome is Outcome.DIFFERS


@pytest.mark.parametrize(
    "change",
    [
        lambda generation: generation["sampler"].update(loop_alarm="cycle-9/9"),
        lambda generation: generation["sampler"].update(loop_alarm=True),
        lambda generation: generation["sampler"].update(finish_sentence=0),
        lambda generation: generation["sampler"].update(finish_sentence=100_000),
        lambda generation: generation.update(after_space=False),
    ],
)
def test_a_label_that_says_what_there_is_not_is_damaged(
    change: Callable[[dict[str, Any]], object], loop: Sample
) -> None:
    forged = tampered(loop, lambda record: change(record["gens"][0]))
    (found,) = read_labels(render(forged, Format.TEXT)).samples
    assert found.record is None


def test_a_label_without_any_of_it_has_no_field_for_it(loaded_model: LoadedModel) -> None:
    (sample,) = samples(loaded_model, "The sea", FREE)
    (generation,) = sample.record["gens"]
    assert "after_space" not in generation
    assert not {"finish_sentence", "loop_alarm"} & generation["sampler"].keys()
