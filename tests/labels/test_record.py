"""The record: canonical, complete, and right about every byte."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.engine import randomness
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record import Sample, decimal, label_draft, make_sample
from gpt2_tui.labels.restoring import restore
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import Sampling, Settings, TopPRule
from tests.labels.samples import MAKER, NOON, continuation, edited_to, sample

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
texts = st.text(st.sampled_from("aé€😀\n\r\x1b\u2028"), max_size=8)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def leaves(value: Any) -> list[Any]:
    """All that is no object and no list, keys too."""
    if isinstance(value, dict):
        return [leaf for pair in value.items() for part in pair for leaf in leaves(part)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def check_spans(made: Sample) -> None:
    """They cover the body in order, and each hash is that of its bytes."""
    spans = made.record["spans"]
    edges = [0, *(span["end"] for span in spans)]
    assert [span["start"] for span in spans] == edges[:-1]
    assert edges[-1] == len(made.body) == made.record["body"]["bytes"]
    assert made.record["body"]["sha256"] == sha256(made.body)
    for span in spans:
        assert span["start"] < span["end"]
        assert span["sha256"] == sha256(made.body[span["start"] : span["end"]])
        assert (span["origin"] == "human") == ("gen" not in span)
        assert span.get("gen", 0) < len(made.record["gens"]) or span["origin"] == "human"


def test_it_is_canonical_json_and_its_id_is_the_hash_of_the_rest() -> None:
    made = sample("wrote\r\n this é", "a prompt", Settings(stop=("\x1b", "é€\u2028")))
    record = json.loads(made.label)
    assert record == made.record
    canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert rfc8785.dumps(record) == canonical.encode()
    identifier = record.pop("id")
    assert identifier == sha256(rfc8785.dumps(record))


def test_its_line_is_one_line_that_harms_no_terminal() -> None:
    made = sample("text", settings=Settings(stop=("a\u2028b\x85c", "\x9b31m", "\u202e", "é\x7f")))
    assert len(made.label.splitlines()) == 1
    assert not set(made.label) & set("\u2028\x85\x9b\u202e\x7f")
    assert "é" in made.label
    assert json.loads(made.label)["gens"][0]["sampler"]["stop"][1] == "\x9b31m"


@given(temperature=st.floats(0, 10), top_p=st.floats(0, 1, exclude_min=True))
def test_it_holds_no_floats_and_its_decimals_read_as_the_same_numbers(
    temperature: float, top_p: float
) -> None:
    settings = Settings(Sampling(temperature, 40, top_p), seed=2**53 - 1)
    record = sample("text", settings=settings).record
    assert {type(leaf) for leaf in leaves(dict(record))} <= {str, int, bool}
    sampler = record["gens"][0]["sampler"]
    assert float(sampler["temperature"]) == temperature
    assert float(sampler["top_p"]) == top_p


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (0.8, "0.8"), (0, "0"), (1e-9, "1e-09")])
def test_decimals_are_written_plainly(value: float, text: str) -> None:
    assert decimal(value) == text


def test_it_tells_people_what_it_is() -> None:
    record = sample("text").record
    assert record["schema"] == "gpt2-tui/label/1"
    assert record["created"] == "2026-08-02T12:00:00Z"
    assert "synthetic" in record["notice"]


def test_its_time_is_utc_wherever_it_was_made() -> None:
    made = continuation("text")
    there = datetime(2026, 8, 2, 14, 0, 0, tzinfo=timezone(timedelta(hours=2)))
    assert make_sample(AuthoredText(), made, there).record["created"] == ("2026-08-02T12:00:00Z")


@given(prompt=texts, written=st.binary(max_size=12) | texts.map(str.encode))
def test_its_spans_are_the_prompt_and_what_was_written(prompt: str, written: bytes) -> None:
    made = sample(written, prompt)
    check_spans(made)
    assert made.body == prompt.encode() + written
    origins = [span["origin"] for span in made.record["spans"]]
    assert origins == ["human"] * bool(prompt) + ["machine"] * bool(written)


@given(st.lists(st.tuples(st.floats(0, 1), texts, st.booleans()), max_size=6))
def test_the_spans_of_a_draft_are_right_about_every_byte(
    changes: list[tuple[float, str, bool]],
) -> None:
    draft = AuthoredText()
    for where, text, by_machine in changes:
        place = round(where * len(draft.text))
        new = AuthoredText.kept(continuation(text)) if by_machine else AuthoredText.human(text)
        draft = draft.replaced(place, place, new)
    last = continuation("…end", draft.text)
    samples = [make_sample(draft, last, NOON)]
    if draft.synthetic_share:
        samples.append(label_draft(draft, NOON))
    for made in samples:
        check_spans(made)
        for span, record in zip(draft.spans, made.record["spans"], strict=False):
            piece = made.body[record["start"] : record["end"]]
            assert piece == draft.text[span.start : span.end].encode()
            assert record["origin"] == span.origin.value
            if span.continuation is not None:
                ids = made.record["gens"][record["gen"]]["ids"]
                assert ids == list(span.continuation.ids)
    assert make_sample(draft, last, NOON).record["gens"][-1]["ids"] == list(last.ids)


def test_a_prompt_that_is_no_utf8_is_recorded_as_it_was_encoded() -> None:
    made = sample("!", "a\udcffb")
    assert made.body == b"a?b!"
    check_spans(made)


def test_the_source_type_tells_machine_from_mixture() -> None:
    assert sample("text").record["digital_source_type"] == IPTC + "trainedAlgorithmicMedia"
    mixed = IPTC + "compositeWithTrainedAlgorithmicMedia"
    assert sample("text", "prompt").record["digital_source_type"] == mixed
    edited = edited_to(AuthoredText.kept(continuation("some text")), "some test")
    assert label_draft(edited).record["digital_source_type"] == mixed


def test_each_generation_holds_all_that_replay_needs() -> None:
    settings = Settings(
        Sampling(0.7, 5, 0.9, TopPRule.ORIGINAL), length=9, seed=3, stop=("x",), keep_going=True
    )
    made = continuation("ab", "p", settings=settings, lane=4, stop_reason=StopReason.STOP_TEXT)
    (generation,) = make_sample(AuthoredText.human("p"), made).record["gens"]
    sampler = generation.pop("sampler")
    assert generation == {
        "prompt_ids": [112],
        "ids": [97, 98],
        "seed": 3,
        "lane": 4,
        "stop_reason": "stop_text",
    }
    assert sampler["random"] == randomness.RULE
    assert {name: sampler[name] for name in ("temperature", "top_k", "top_p", "top_p_rule")} == {
        "temperature": "0.7",
        "top_k": 5,
        "top_p": "0.9",
        "top_p_rule": "original",
    }
    assert {name: sampler[name] for name in ("length", "stop", "keep_going")} == {
        "length": 9,
        "stop": ["x"],
        "keep_going": True,
    }


def test_a_continuation_that_wrote_nothing_still_has_its_generation() -> None:
    made = sample("", "prompt")
    assert [span["origin"] for span in made.record["spans"]] == ["human"]
    assert made.record["gens"][0]["ids"] == []


def test_a_generation_that_is_used_twice_is_recorded_once() -> None:
    first = continuation("one")
    prompt = edited_to(AuthoredText.kept(first), "one, two").replaced(
        8, 8, AuthoredText.kept(first)
    )
    made = make_sample(prompt, continuation("three", prompt.text))
    assert [generation["ids"] for generation in made.record["gens"]] == [
        list(b"one"),
        list(b"three"),
    ]
    assert [span.get("gen") for span in made.record["spans"]] == [0, None, 0, 1]


def test_the_model_and_the_engine_are_named(loaded_model: LoadedModel) -> None:
    record = make_sample(AuthoredText(), continuation("x", maker=loaded_model.maker)).record
    assert record["model"] == {"name": "tiny", "files": loaded_model.folder.digests}
    assert record["tokenizer"]["sha256"] == loaded_model.folder.digests["tokenizer.json"]
    assert record["engine"].keys() == {
        "app",
        "onnxruntime",
        "provider",
        "precision",
        "numpy",
        "arch",
        "cpu",
    }
    assert all(record["engine"].values())
    assert record["engine"]["provider"] == "CPUExecutionProvider"


def test_a_label_names_the_engine_that_wrote_it_and_not_the_one_that_labels(
    loaded_model: LoadedModel,
) -> None:
    first = make_sample(AuthoredText(), continuation("x", maker=loaded_model.maker), NOON)
    of_old = {**first.record["engine"], "cpu": "Another", "onnxruntime": "1.0"}
    old = continuation("x", maker=replace(loaded_model.maker, engine=of_old))
    sample = make_sample(AuthoredText(), old, NOON)
    assert sample.record["engine"] == of_old

    # It is read, written on, and labeled again: by then the text is of two engines.
    (found,) = read_labels(render(sample, Format.MARKDOWN)).samples
    restored = restore(found)
    assert restored is not None
    draft = restored.authored.replaced(
        1, 1, AuthoredText.kept(continuation("y", "x", maker=loaded_model.maker))
    )
    record = label_draft(draft, NOON).record
    assert record["engine"] == of_old
    assert [each.get("engine") for each in record["gens"]] == [None, first.record["engine"]]


OTHER = replace(
    MAKER,
    model="other",
    files={"model.onnx": "c" * 64},
    engine={**MAKER.engine, "precision": "int8"},
)


def test_a_generation_of_another_model_names_it_itself() -> None:
    one = continuation("one", maker=MAKER)
    two = continuation(" two", "one", maker=OTHER)
    three = continuation(" three", "one two", maker=MAKER)
    draft = AuthoredText.kept(one)
    for made in (two, three):
        draft = draft.replaced(len(draft.text), len(draft.text), AuthoredText.kept(made))
    sample = label_draft(draft, NOON)
    assert sample.record["model"]["name"] == "tiny"
    first, other, last = sample.record["gens"]
    assert other["model"] == {"name": "other", "files": {"model.onnx": "c" * 64}}
    assert (other["engine"]["precision"], sample.record["engine"]["precision"]) == ("int8", "fp32")
    assert {"model", "tokenizer", "engine"}.isdisjoint([*first, *last])
    assert sample.caption == "SYNTHETIC · tiny, other"


def test_a_sample_is_named_after_what_wrote_its_end() -> None:
    prompt = AuthoredText.kept(continuation("one", maker=OTHER))
    sample = make_sample(prompt, continuation(" two", "one", maker=MAKER), NOON)
    assert sample.record["model"]["name"] == "tiny"
    assert [each.get("model", {}).get("name") for each in sample.record["gens"]] == ["other", None]
    assert sample.caption.startswith("SYNTHETIC · tiny · ")


def test_a_text_that_people_wrote_gets_no_label() -> None:
    with pytest.raises(ValueError, match="no label"):
        label_draft(AuthoredText.human("mine"))
