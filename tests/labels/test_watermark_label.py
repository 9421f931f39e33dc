"""What a label says of the watermark."""

import copy
import json
from typing import Any

import pytest

from gpt2_tui.engine.watermark_key import sub_key
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import NOTICE, Sample, label_draft
from gpt2_tui.labels.schema import identity
from gpt2_tui.labels.verdict import Verdict, judge_file
from gpt2_tui.settings import Sampling, Settings
from tests.labels.samples import continuation, sample
from tests.labels.test_formats import formats

MARKED = Settings(Sampling(watermark=True), seed=7)
GREEDY = Settings(Sampling(0, watermark=True), seed=7)


def test_it_names_rule_key_and_sub_key() -> None:
    record = sample("text", settings=MARKED).record
    assert record["gens"][0]["watermark"] == {
        "rule": "gumbel-max-4/1",
        "key": "gpt2-tui-published/1",
        "sub_key": sub_key(7, 0),
    }
    assert record["notice"].startswith(NOTICE)
    assert "watermark" in record["notice"]


@pytest.mark.parametrize("settings", [Settings(seed=7), GREEDY], ids=["off", "greedy"])
def test_where_there_is_none_it_names_none(settings: Settings) -> None:
    made = sample("text", settings=settings)
    assert "watermark" not in made.label
    assert "watermark" not in made.caption


@formats
def test_it_is_read_back_from_every_format(file_format: Format) -> None:
    made = sample("some text", "a prompt", MARKED)
    (judgment,) = judge_file(render(made, file_format))
    assert (judgment.verdict, judgment.detail) == (Verdict.INTACT, "")
    assert judgment.record is not None
    assert judgment.record.generations[0].settings.sampling == MARKED.sampling
    assert "· watermark ·" in made.caption


def test_a_draft_names_it_for_the_generations_that_have_it() -> None:
    plain, marked = continuation("one"), continuation("two", settings=MARKED, lane=5)
    draft = AuthoredText.kept(plain).replaced(3, 3, AuthoredText.kept(marked))
    record = label_draft(draft).record
    assert [each.get("watermark", {}).get("sub_key") for each in record["gens"]] == [
        None,
        sub_key(7, 5),
    ]
    assert "watermark" in record["notice"]


@pytest.mark.parametrize(
    "change",
    [
        {"sub_key": (sub_key(7, 0) + 1) % 64},
        {"sub_key": str(sub_key(7, 0))},
        {"rule": "gumbel-max-4/2"},
        {"key": "mine/1"},
        {"key": ["gpt2-tui-published/1"]},
        {"more": 1},
        {"rule": None},
    ],
    ids=repr,
)
def test_one_that_cannot_be_is_malformed(change: dict[str, Any]) -> None:
    made = sample("text", settings=MARKED)
    record = copy.deepcopy(dict(made.record))
    record["gens"][0]["watermark"].update(change)
    assert judged(made, record) is Verdict.MALFORMED


@pytest.mark.parametrize("value", [None, True, [], {}, "gumbel-max-4/1"], ids=repr)
def test_one_that_is_no_such_object_is_malformed(value: object) -> None:
    made = sample("text", settings=MARKED)
    record = copy.deepcopy(dict(made.record))
    record["gens"][0]["watermark"] = value
    assert judged(made, record) is Verdict.MALFORMED


def test_a_greedy_generation_that_names_one_is_malformed() -> None:
    made = sample("text", settings=GREEDY)
    record = copy.deepcopy(dict(made.record))
    assert judged(made, record) is Verdict.INTACT
    record["gens"][0]["watermark"] = sample("text", settings=MARKED).record["gens"][0]["watermark"]
    assert judged(made, record) is Verdict.MALFORMED


def judged(made: Sample, record: dict[str, Any]) -> Verdict:
    """The verdict on `made` with another record, whose id fits it."""
    record["id"] = identity(json.loads(json.dumps(record)))
    data = render(Sample(made.body, record, made.continuation), Format.TEXT)
    (judgment,) = judge_file(data)
    return judgment.verdict
