"""The documented record: its JSON Schema, and the example in the documentation."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from jsonschema import Draft202012Validator

from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.record import label_draft, make_sample
from gpt2_tui.settings import Sampling, Settings, TopPRule
from tests.labels.samples import MAKER, continuation

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA: dict[str, Any] = json.loads((DOCS / "label.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def records() -> list[dict[str, Any]]:
    odd = Settings(
        Sampling(1e-7, 0, 0.125, TopPRule.ORIGINAL), 2**53 - 1, 2**53 - 1, ("\u2028", "}"), True
    )
    first = continuation(" the boat came.", "When", settings=odd, stop_reason=StopReason.STOP_TEXT)
    draft = AuthoredText.human("When").replaced(4, 4, AuthoredText.kept(first))
    edited = draft.replaced(6, 8, AuthoredText.human("né"))
    second = continuation(b"\xff\r\n", edited.text, stop_reason=StopReason.STOPPED)
    empty = continuation(b"", "", stop_reason=StopReason.END_OF_TEXT)
    marked = continuation("marked", settings=Settings(Sampling(watermark=True)), lane=3)
    of_another = continuation(" So.", draft.text, maker=replace(MAKER, model="other"))
    samples = [
        make_sample(AuthoredText.human("When"), first),
        make_sample(edited, second),
        make_sample(AuthoredText(), empty),
        make_sample(AuthoredText(), marked),
        label_draft(edited),
        label_draft(draft.replaced(14, 14, AuthoredText.kept(of_another))),
    ]
    return [json.loads(sample.label) for sample in samples]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("record", records())
def test_every_record_is_as_the_schema_says(record: dict[str, Any]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(record)] == []


@pytest.mark.parametrize("name", sorted(set(SCHEMA["properties"]) - {"signature"}))
def test_a_record_without_one_of_its_fields_is_not(name: str) -> None:
    record = records()[0]
    del record[name]
    assert not VALIDATOR.is_valid(record)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("body", "sha256"), "0" * 63),
        (("spans", 0, "origin"), "unknown"),
        (("gens", 0, "seed"), 2**53),
        (("gens", 0, "sampler", "temperature"), 0.8),
        (("gens", 0, "stop_reason"), "bored"),
        (("gens", 0, "tokenizer"), {"sha256": "0" * 64}),
        (("model", "files", "model.onnx"), ""),
        (("schema",), "gpt2-tui/label/2"),
    ],
)
def test_a_record_with_a_wrong_value_is_not(path: tuple[str | int, ...], wrong: object) -> None:
    record = records()[0]
    *before, last = path
    place: Any = record
    for step in before:
        place = place[step]
    place[last] = wrong
    assert not VALIDATOR.is_valid(record)


def test_the_example_in_the_documentation_is_a_true_record() -> None:
    page = (DOCS / "labels.md").read_text()
    found = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert found is not None
    record = json.loads(found[1])
    assert VALIDATOR.is_valid(record)
    identity = record.pop("id")
    assert identity == hashlib.sha256(rfc8785.dumps(record)).hexdigest()
    body = re.search(r"gave the text `(.*?)`", page)
    assert body is not None
    assert hashlib.sha256(body[1].encode()).hexdigest() == record["body"]["sha256"]
    for span in record["spans"]:
        part = body[1].encode()[span["start"] : span["end"]]
        assert hashlib.sha256(part).hexdigest() == span["sha256"]
