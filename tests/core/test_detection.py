"""Which texts of a file are judged, by which tokens, and which cannot be."""

import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui import detection, locations
from gpt2_tui.detection import (
    MOST_BYTES,
    Result,
    Source,
    Tokenizers,
    examine,
    names_watermark,
    texts_in,
)
from gpt2_tui.engine.watermark_evidence import Finding, weigh
from gpt2_tui.engine.watermark_key import sub_key
from gpt2_tui.errors import ModelError, PromptError
from gpt2_tui.labels.authorship import AuthoredText, Origin
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Sample, label_draft, make_sample
from gpt2_tui.labels.schema import identity
from gpt2_tui.labels.verdict import Verdict
from gpt2_tui.loading import LoadedModel
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.registry import open_model
from tests.labels.marked import PROMPT, starter, written
from tests.labels.samples import continuation
from tests.labels.test_formats import formats

HERE = Tokenizers(None)
OF_STARTER = Tokenizers(open_model(None))


def labeled(*, watermark: bool, length: int = 120) -> Sample:
    made = written(watermark=watermark, length=length)
    return make_sample(AuthoredText.human(PROMPT), made)


def examined(data: bytes, tokenizers: Tokenizers = HERE) -> list[Result]:
    (text,) = texts_in(data)
    return examine(text, tokenizers)


def findings(data: bytes, tokenizers: Tokenizers = HERE) -> list[tuple[Source, Finding]]:
    return [(each.source, each.evidence.finding) for each in examined(data, tokenizers)]


@formats
@pytest.mark.parametrize(
    ("watermark", "finding"), [(True, Finding.FOUND), (False, Finding.NOT_FOUND)]
)
def test_a_labeled_text_is_judged_by_its_label_and_by_itself(
    watermark: bool, finding: Finding, file_format: Format
) -> None:
    made = labeled(watermark=watermark)
    data = render(made, file_format)
    by_label, by_text = examined(data)
    assert (by_label.source, by_label.generation) == (Source.LABEL, 1)
    assert by_label.evidence == weigh(written(watermark=watermark).ids)
    assert (by_text.source, by_text.generation) == (Source.TEXT, None)
    assert by_text.evidence == weigh(starter().tokenizer.encode(made.text))
    assert {by_label.evidence.finding, by_text.evidence.finding} == {finding}
    assert names_watermark(texts_in(data)[0]) is watermark


def test_a_text_without_a_label_is_judged_by_the_tokenizer_that_was_named() -> None:
    data = labeled(watermark=True).body
    assert findings(data, OF_STARTER) == [(Source.TEXT, Finding.FOUND)]
    assert names_watermark(texts_in(data)[0]) is None
    crlf = b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    assert examined(crlf, OF_STARTER) == examined(data, OF_STARTER)
    with pytest.raises(PromptError, match="--model"):
        examined(data)


def test_of_a_changed_text_the_label_names_the_tokenizer_alone() -> None:
    data = render(labeled(watermark=True), Format.TEXT).replace(b"keeper", b"boat")
    (text,) = texts_in(data)
    assert text.judgment.verdict is Verdict.MODIFIED
    assert findings(data) == [(Source.TEXT, Finding.FOUND)]


def test_every_generation_of_a_draft_is_judged_alone() -> None:
    first, short, second = (
        written(watermark=True),
        written(watermark=True, length=30, lane=4),
        written(watermark=False, lane=5),
    )
    draft = AuthoredText.human("Words of a person. ")
    for each in (first, short, second):
        draft = draft.replaced(len(draft.text), len(draft.text), AuthoredText.kept(each))
    *by_label, by_text = examined(render(label_draft(draft), Format.MARKDOWN))
    assert [(each.generation, each.evidence.finding) for each in by_label] == [
        (1, Finding.FOUND),
        (2, Finding.NOT_JUDGED),
        (3, Finding.NOT_FOUND),
    ]
    assert by_label[0].evidence.sub_key == sub_key(7, 2)
    assert by_text.evidence.finding is Finding.FOUND


def test_of_a_generation_those_tokens_are_judged_that_stand_in_the_text() -> None:
    whole = written(watermark=True)
    kept = AuthoredText.kept(whole)
    spaces = [place for place, letter in enumerate(kept.text) if letter == " "]
    start, end = spaces[10], spaces[-10]
    part = kept.replaced(end, len(kept.text), AuthoredText()).replaced(0, start, AuthoredText())
    part = AuthoredText(part.text, tuple(replace(s, origin=Origin.MACHINE) for s in part.spans))
    (by_label, _) = examined(render(label_draft(part), Format.MARKDOWN))
    before = len(starter().tokenizer.encode(kept.text[:start]))
    count = len(starter().tokenizer.encode(part.text))
    assert by_label.evidence == weigh(whole.ids[before : before + count])


def test_what_a_person_changed_is_judged_by_the_text_alone() -> None:
    made = AuthoredText.kept(written(watermark=True))
    edited = made.replaced(9, 12, AuthoredText.human("boat"))
    by_label, by_text = examined(render(label_draft(edited), Format.TEXT))
    assert by_label.evidence.tokens == 0
    assert by_text.evidence.finding is Finding.FOUND


def test_the_body_that_ends_before_a_stop_text_is_judged() -> None:
    whole = written(watermark=True)
    shorter = replace(whole, written=whole.written[:-5])
    made = make_sample(AuthoredText.human(PROMPT), shorter)
    by_label, _ = examined(render(made, Format.TEXT))
    assert by_label.evidence.finding is Finding.FOUND
    assert by_label.evidence.tokens < weigh(whole.ids).tokens


def tiny_sample(model: LoadedModel) -> Sample:
    """A text of one-byte tokens of the tiny model."""
    text = bytes(range(33, 127)) * 2
    ids = tuple(model.tokenizer.encode(text.decode()))
    made = replace(continuation(text, maker=model.maker), ids=ids)
    return make_sample(AuthoredText(), made)


def test_a_label_can_name_a_tokenizer_that_is_not_here(
    loaded_model: LoadedModel, model_folder: Path
) -> None:
    data = render(tiny_sample(loaded_model), Format.TEXT)
    with pytest.raises(ModelError, match="no model on this machine has the tokenizer"):
        examined(data)
    with pytest.raises(ModelError, match="another tokenizer than that of --model"):
        examined(data, OF_STARTER)
    by_label, by_text = examined(data, Tokenizers(open_model(str(model_folder))))
    assert by_label.evidence == by_text.evidence


@pytest.fixture
def registered(model_folder: Path) -> Path:
    path = locations.models_folder() / "other-name"
    shutil.copytree(model_folder, path)
    return path


def test_a_models_tokenizer_is_found_by_its_digest_whatever_the_name(
    loaded_model: LoadedModel, registered: Path
) -> None:
    data = render(tiny_sample(loaded_model), Format.JSON_LINES)
    assert findings(data) == [(source, Finding.NOT_FOUND) for source in Source]
    tokenizer = registered / "tokenizer.json"
    tokenizer.write_bytes(tokenizer.read_bytes() + b"\n")
    with pytest.raises(ModelError, match="was altered"):
        examined(data, Tokenizers(None))


def test_each_tokenizer_is_loaded_once(loaded_model: LoadedModel, registered: Path) -> None:
    tokenizers = Tokenizers(None)
    digest = loaded_model.tokenizer.sha256
    first = tokenizers.with_digest(digest)
    (registered / "tokenizer.json").unlink()
    assert tokenizers.with_digest(digest) is first


@pytest.mark.parametrize("length", [1, 30, 45])
def test_under_fifty_tokens_there_is_no_judgment(length: int) -> None:
    with pytest.raises(PromptError, match="too few to judge by; it takes 50"):
        examined(render(labeled(watermark=True, length=length), Format.TEXT))


@pytest.mark.parametrize("data", [b"", b"\n", b"short", b"the same " * 5000], ids=len)
def test_a_text_with_too_little_in_it_is_not_judged(data: bytes) -> None:
    with pytest.raises(PromptError, match="too few to judge by"):
        examined(data, OF_STARTER)


def test_a_damaged_label_is_not_taken_for_text() -> None:
    data = render(labeled(watermark=True), Format.TEXT)
    for damaged in (data.replace(b'"lane":', b'"lame":'), data[:-2] + b"\n"):
        with pytest.raises(PromptError, match="its label is MALFORMED"):
            examined(damaged, OF_STARTER)


def test_what_is_outside_of_the_labeled_texts_is_named_and_not_judged() -> None:
    data = render(labeled(watermark=True), Format.TEXT)
    inside, outside = texts_in(b"Somebody says:\n\n" + data)
    assert [each.evidence.finding for each in examine(inside, HERE)] == [Finding.FOUND] * 2
    with pytest.raises(PromptError, match=r"14 bytes stand outside .* were not judged"):
        examine(outside, HERE)


def test_what_is_no_text_or_too_much_is_refused() -> None:
    with pytest.raises(PromptError, match="not UTF-8"):
        examined(b"\xff\xfe" * 500, OF_STARTER)
    with pytest.raises(PromptError, match="has more than"):
        examined(b"a" * (MOST_BYTES + 1), OF_STARTER)


@formats
def test_a_body_that_is_no_utf8_is_judged(file_format: Format) -> None:
    made = continuation(bytes(range(256)), maker=starter().maker)
    data = render(make_sample(AuthoredText(), made), file_format)
    assert findings(data) == [(Source.LABEL, Finding.NOT_JUDGED), (Source.TEXT, Finding.NOT_FOUND)]


def forged(ids: list[int]) -> bytes:
    """A marked text under a label of other ids that fits together."""
    made = labeled(watermark=True)
    record: dict[str, Any] = copy.deepcopy(dict(made.record))
    record["gens"][0]["ids"] = ids
    record["id"] = identity(json.loads(json.dumps(record)))
    return render(Sample(made.body, record, made.continuation), Format.TEXT)


@pytest.mark.parametrize(
    "ids", [[2**53 - 1] * 100, [], list(range(4000)), [5000], [0] * 50_000], ids=len
)
def test_ids_that_do_not_spell_the_text_count_for_nothing(ids: list[int]) -> None:
    by_label, by_text = examined(forged(ids))
    assert by_label.evidence.tokens == 0
    assert by_text.evidence.finding is Finding.FOUND


def test_a_label_of_too_many_tokens_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = forged([0] * 2001)
    monkeypatch.setattr(detection, "MOST_BYTES", 2000)
    with pytest.raises(PromptError, match="its label has more than 2000 tokens"):
        examined(data)


def test_many_parts_of_one_generation_are_found_in_a_time_that_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = AuthoredText.kept(written(watermark=True))
    draft = AuthoredText()
    for end in range(len(whole.text), 0, -40):
        part = replace(whole.spans[0], start=0, end=min(end, 40))
        text = whole.text[max(0, end - 40) : end]
        for new in (AuthoredText(text, (part,)), AuthoredText.human(" and ")):
            draft = draft.replaced(len(draft.text), len(draft.text), new)
    data = render(label_draft(draft), Format.TEXT)
    tokens = examined(data)[0].evidence.tokens
    assert 80 < tokens < 117
    monkeypatch.setattr(detection, "_MOST_SEARCHED", 1000)
    assert examined(data)[0].evidence.tokens == 0


def test_the_model_folder_that_was_named_is_the_only_one_used(model_folder: Path) -> None:
    folder: ModelFolder = open_model(str(model_folder))
    with pytest.raises(ModelError, match="another tokenizer"):
        Tokenizers(folder).with_digest(starter().tokenizer.sha256)
    assert Tokenizers(folder).of_given().sha256 != starter().tokenizer.sha256
