"""Replay: what a label names comes out again, and what was changed is found."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.engine.runtime import Device
from gpt2_tui.engine.sampling import candidates, distance, draw
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.errors import ReplayError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record import Sample, label_draft, make_sample
from gpt2_tui.labels.replay import Outcome, replay
from gpt2_tui.labels.schema import identity
from gpt2_tui.labels.verdict import Verdict, judge
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.models.maker import Maker
from gpt2_tui.settings import Sampling, Settings
from tests.broken_runs import break_runs
from tests.labels.replays import random_samples, replayed, samples, written
from tests.labels.test_formats import formats

RANDOM_SAMPLES = int(os.environ.get("GPT2_TUI_REPLAY_SAMPLES", "60"))
"""How many random samples are replayed; the long run has a thousand."""

SETTINGS = Settings(Sampling(1.0, 40), length=20, seed=3)


@pytest.fixture(scope="module")
def plain(loaded_model: LoadedModel) -> Sample:
    (sample,) = samples(loaded_model, "The sea and", SETTINGS)
    return sample


def tampered(sample: Sample, change: Callable[[dict[str, Any]], object]) -> Sample:
    """With a changed record that has the id that fits it."""
    (found,) = read_labels(render(sample, Format.TEXT)).samples
    assert found.record is not None
    record = dict(found.record.value)
    change(record)
    return Sample(sample.body, {**record, "id": identity(record)}, sample.continuation)


def test_random_samples_of_every_kind_come_out_again(loaded_model: LoadedModel) -> None:
    reasons: Counter[StopReason] = Counter()
    moved = cut = 0
    for number, sample in enumerate(islice(random_samples(loaded_model, 14), RANDOM_SAMPLES)):
        made = sample.continuation
        assert made is not None
        result = replayed(sample, loaded_model, list(Format)[number % len(Format)])
        assert (result.outcome, result.detail, result.engine) == (Outcome.MATCH, "", {})
        assert result.tokens == len(made.ids)
        reasons[made.stop_reason] += 1
        moved += len(made.prompt_ids) + len(made.ids) > loaded_model.window + 1
        cut += len(loaded_model.tokenizer.encode(made.prompt)) > loaded_model.window
    # All that can happen to a sample did; what takes hundreds of tokens has a test of its own.
    assert reasons.keys() >= set(StopReason) - {StopReason.SENTENCE, StopReason.LOOP}
    assert moved
    assert cut


def test_a_generation_that_was_stopped_before_its_first_token_comes_out_again(
    loaded_model: LoadedModel,
) -> None:
    (made,) = written(loaded_model, "The sea", replace(SETTINGS, length=1))
    stopped = replace(made, ids=(), written=b"", stop_reason=StopReason.STOPPED)
    sample = make_sample(AuthoredText.human("The sea"), stopped)
    # Its prompt is the one that was encoded last, and then is not.
    for prompt in ("The sea", "Another"):
        written(loaded_model, prompt, SETTINGS)
        result = replayed(sample, loaded_model)
        assert (result.outcome, result.tokens) == (Outcome.MATCH, 0)


@formats
def test_a_draft_with_several_generations_comes_out_again(
    loaded_model: LoadedModel, file_format: Format
) -> None:
    draft = AuthoredText.human("The sea")
    for lane in range(3):
        (made,) = written(loaded_model, draft.text, replace(SETTINGS, length=30), (lane,))
        end = len(draft.text)
        draft = draft.replaced(end, end, AuthoredText.kept(made))
        draft = draft.replaced(end + 4, end + 6, AuthoredText.human(" or é "))
        draft = draft.replaced(len(draft.text), len(draft.text), AuthoredText.human(" and so"))
    sample = label_draft(draft)
    result = replayed(sample, loaded_model, file_format)
    assert (result.outcome, result.tokens) == (Outcome.MATCH, 90)


@pytest.mark.parametrize(
    "change",
    [
        lambda generation: generation.update(seed=4),
        lambda generation: generation.update(lane=1),
        lambda generation: generation["sampler"].update(temperature="3"),
        lambda generation: generation["prompt_ids"].reverse(),
        lambda generation: generation["ids"].__setitem__(7, 2**53 - 1),
        lambda generation: generation["ids"].pop(),
        lambda generation: generation["ids"].append(5),
        lambda generation: generation["sampler"].update(length=19),
        lambda generation: generation["sampler"].update(length=21),
        lambda generation: generation.update(stop_reason="end_of_text"),
        lambda generation: generation.update(stop_reason="stop_text"),
        lambda generation: generation.update(ids=[]),
    ],
)
@formats
def test_a_generation_that_was_tampered_with_differs(
    change: Callable[[dict[str, Any]], object],
    plain: Sample,
    loaded_model: LoadedModel,
    file_format: Format,
) -> None:
    result = replayed(tampered(plain, lambda r: change(r["gens"][0])), loaded_model, file_format)
    assert result.outcome is Outcome.DIFFERS
    assert result.difference is not None
    assert result.detail.startswith(f"generation 1, token {result.difference.place + 1}: ")


def test_a_seed_that_was_changed_by_hand_differs_and_the_record_is_named(
    plain: Sample, loaded_model: LoadedModel
) -> None:
    data = render(plain, Format.MARKDOWN).replace(b'"seed":3', b'"seed":4')
    (found,) = read_labels(data).samples
    result = replay(found, lambda _: loaded_model)
    assert result.outcome is Outcome.DIFFERS
    assert "its id does not fit it" in result.detail


def test_the_first_difference_is_told_with_both_tokens_and_their_margin(
    plain: Sample, loaded_model: LoadedModel
) -> None:
    ids = plain.record["gens"][0]["ids"]
    session = loaded_model.session
    prompt_ids = plain.record["gens"][0]["prompt_ids"]
    logits = list(session.predict([*prompt_ids, *ids[:5]]))[-1][-1]
    choice = candidates(logits, SETTINGS.sampling)
    other = next(int(each) for each in choice.ids if each != ids[5])
    result = replayed(
        tampered(plain, lambda r: r["gens"][0]["ids"].__setitem__(5, other)), loaded_model
    )
    difference = result.difference
    assert difference is not None
    assert (difference.place, difference.recorded, difference.drawn) == (5, other, ids[5])
    assert result.tokens == 5
    assert difference.draw_margin is not None
    assert 0 < difference.draw_margin < 1
    assert difference.logit_margin == pytest.approx(
        float(logits[ids[5]]) - float(logits[other]), abs=1e-4
    )
    assert difference.logit_margin is not None
    which = "lower" if difference.logit_margin >= 0 else "higher"
    assert f"; its logit is {abs(difference.logit_margin):.3g} {which}" in result.detail
    unlikely = int(logits.argmin())
    cannot_be_drawn = replayed(
        tampered(plain, lambda r: r["gens"][0]["ids"].__setitem__(5, unlikely)), loaded_model
    )
    assert cannot_be_drawn.difference is not None
    assert cannot_be_drawn.difference.draw_margin is None
    assert "no draw gives the label's token" in cannot_be_drawn.detail
    assert cannot_be_drawn.detail.endswith(" lower")


@given(
    logits=st.lists(st.integers(-8, 8), min_size=2, max_size=12),
    luck=st.floats(0, 1, exclude_max=True),
)
def test_the_margin_is_how_far_the_draw_must_move(logits: list[int], luck: float) -> None:
    choice = candidates(np.array(logits, np.float32), Sampling(1.0, 0))
    for token_id in map(int, choice.ids):
        margin = distance(choice, luck, token_id)
        assert margin is not None
        drawn = draw(choice, luck) == token_id
        assert drawn == (margin == 0) or margin < 1e-12
        if margin > 1e-12:
            moves = (luck - margin - 1e-12, luck + margin + 1e-12)
            reached = [draw(choice, each) for each in moves if 0 <= each < 1]
            assert token_id in reached
    assert distance(choice, luck, len(logits)) is None


def with_text(sample: Sample, old: bytes, new: bytes) -> Sample:
    """Another text of the same length with all hashes made to fit."""
    assert old in sample.body
    assert len(old) == len(new)
    body = sample.body.replace(old, new, 1)

    def mend(record: dict[str, Any]) -> None:
        record["body"] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for span in record["spans"]:
            span["sha256"] = hashlib.sha256(body[span["start"] : span["end"]]).hexdigest()

    return replace(tampered(sample, mend), body=body)


@formats
def test_a_text_that_the_tokens_do_not_give_differs_even_if_every_hash_fits(
    plain: Sample, loaded_model: LoadedModel, file_format: Format
) -> None:
    last = plain.body[-1:]
    forged = with_text(plain, plain.body[-6:], plain.body[-6:-1] + (b"x" if last != b"x" else b"y"))
    result = replayed(forged, loaded_model, file_format)
    assert result.outcome is Outcome.DIFFERS
    assert "span 2 (machine, bytes 11 to" in result.detail


@formats
def test_a_text_that_was_changed_after_it_was_written_differs(
    plain: Sample, loaded_model: LoadedModel, file_format: Format
) -> None:
    (found,) = read_labels(render(plain, file_format).replace(b"The sea", b"Tha sea")).samples
    result = replay(found, lambda _: loaded_model)
    assert result.outcome is Outcome.DIFFERS
    assert result.detail.startswith("the tokens of its label come out again, but ")


def test_a_prompt_that_is_not_that_of_the_tokens_is_a_remark(
    plain: Sample, loaded_model: LoadedModel
) -> None:
    result = replayed(with_text(plain, b"The sea", b"His sea"), loaded_model)
    assert result.outcome is Outcome.MATCH
    assert "before span 2 is not the prompt" in result.detail


def test_another_engine_is_told_with_the_outcome(plain: Sample, loaded_model: LoadedModel) -> None:
    there = tampered(plain, lambda r: r["engine"].update(cpu="Another", onnxruntime="1.0"))
    result = replayed(there, loaded_model)
    assert result.outcome is Outcome.MATCH
    assert {name: was for name, (was, _) in result.engine.items()} == {
        "cpu": "Another",
        "onnxruntime": "1.0",
    }


@pytest.mark.parametrize(
    ("prompt_ids", "reason"), [([1] * 65, "65 tokens does not fit"), ([2**53 - 1], "no token")]
)
def test_a_prompt_that_the_model_cannot_see_cannot_be_replayed(
    prompt_ids: list[int], reason: str, plain: Sample, loaded_model: LoadedModel
) -> None:
    odd = tampered(plain, lambda r: r["gens"][0].update(prompt_ids=prompt_ids))
    result = replayed(odd, loaded_model)
    assert result.outcome is Outcome.CANNOT
    assert reason in result.detail


def test_without_a_whole_label_or_a_model_it_cannot(plain: Sample) -> None:
    def missing(_: Maker) -> LoadedModel:
        raise ReplayError("there is no such model")

    data = render(plain, Format.TEXT)
    (found,) = read_labels(data).samples
    assert replay(found, missing).detail == "there is no such model"
    (damaged,) = read_labels(data.replace(b'"lane"', b'"lame"')).samples
    result = replay(damaged, missing)
    assert (result.outcome, result.record) == (Outcome.CANNOT, None)
    assert "its label is damaged" in result.detail


@pytest.fixture(scope="module")
def of_two(loaded_model: LoadedModel, other_model: LoadedModel) -> Sample:
    """A draft that two models wrote by turns, and a person."""
    draft = AuthoredText.human("The sea")
    for lane, model in enumerate((loaded_model, other_model, loaded_model)):
        (made,) = written(model, draft.text, SETTINGS, (lane,))
        end = len(draft.text)
        draft = draft.replaced(end, end, AuthoredText.kept(made))
        draft = draft.replaced(len(draft.text), len(draft.text), AuthoredText.human(" and so"))
    return label_draft(draft)


@pytest.fixture(scope="module")
def other_model(other_model_folder: Path) -> LoadedModel:
    return load_model(str(other_model_folder), Device.CPU)


@formats
def test_a_draft_of_two_models_comes_out_again_each_part_from_its_own(
    of_two: Sample, loaded_model: LoadedModel, other_model: LoadedModel, file_format: Format
) -> None:
    asked: list[str] = []

    def load(maker: Maker) -> LoadedModel:
        asked.append(maker.model)
        return loaded_model if maker.model == "tiny" else other_model

    (found,) = read_labels(render(of_two, file_format)).samples
    assert judge(found).verdict is Verdict.INTACT
    result = replay(found, load)
    assert (result.outcome, result.detail, result.tokens) == (Outcome.MATCH, "", 60)
    assert asked == ["tiny", "other"]


def test_a_generation_under_the_name_of_another_model_differs(
    of_two: Sample, loaded_model: LoadedModel
) -> None:
    result = replayed(of_two, loaded_model)
    assert result.outcome is Outcome.DIFFERS
    assert result.difference is not None
    assert result.difference.generation == 2


def test_without_one_of_its_models_a_draft_cannot_be_replayed(
    of_two: Sample, loaded_model: LoadedModel
) -> None:
    def load(maker: Maker) -> LoadedModel:
        if maker.model != "tiny":
            raise ReplayError("there is no such model")
        return loaded_model

    (found,) = read_labels(render(of_two, Format.TEXT)).samples
    result = replay(found, load)
    assert (result.outcome, result.detail) == (Outcome.CANNOT, "there is no such model")
    assert result.tokens == 40


@pytest.mark.parametrize("name", ["model", "tokenizer", "engine"])
def test_a_generation_names_all_of_what_wrote_it_or_nothing(of_two: Sample, name: str) -> None:
    part = tampered(of_two, lambda record: record["gens"][1].pop(name))
    (found,) = read_labels(render(part, Format.TEXT)).samples
    assert found.record is None
    assert f"no field '{name}'" in found.fault


def test_a_model_that_fails_while_it_writes_cannot_replay(
    plain: Sample, loaded_model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_runs(monkeypatch, after=5)
    result = replayed(plain, loaded_model)
    assert result.outcome is Outcome.CANNOT
    assert "not enough memory" in result.detail
