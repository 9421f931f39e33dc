"""Which texts of a file are judged, by which tokens, and which cannot be."""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui import locations
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
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Maker, Sample, label_draft, make_sample
from gpt2_tui.labels.schema import identity
from gpt2_tui.labels.verdict import Verdict
from gpt2_tui.loading import LoadedModel
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.registry import open_model
from gpt2_tui.settings import Sampling, Settings
from tests.labels.marked import PROMPT, starter, starter_maker, written
from tests.labels.samples import continuation, sample
from tests.labels.test_formats import formats

HERE = Tokenizers(None)
OF_STARTER = Tokenizers(open_model(None))


def labeled(*, watermark: bool, length: int = 120) -> Sample:
    made = written(watermark=watermark, length=length)
    return make_sample(AuthoredText.human(PROMPT), made, starter_maker())


def examined(data: bytes, tokenizers: Tokenizers = HERE) -> list[Result]:
    (text,) = texts_in(data)
    return examine(text, tokenizers)


def findings(data: bytes, tokenizers: Tokenizers = HERE) -> list[tuple[Source, Finding]]:
    return [(each.source, each.finding) for each in examined(data, tokenizers)]


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
    assert {by_label.finding, by_text.finding} == {finding}
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
    *by_label, by_text = examined(render(label_draft(draft, starter_maker()), Format.MARKDOWN))
    assert [(each.generation, each.finding) for each in by_label] == [
        (1, Finding.FOUND),
        (2, Finding.NOT_JUDGED),
        (3, Finding.NOT_FOUND),
    ]
    assert by_label[0].evidence is not None
    assert by_label[0].evidence.sub_key == sub_key(7, 2)
    assert by_text.finding is Finding.FOUND


def tiny_sample(model: LoadedModel) -> Sample:
    made = continuation(bytes(range(60, 122)) * 2)
    return make_sample(AuthoredText(), made, Maker.of(model))


def test_without_the_tokenizer_of_a_label_its_tokens_are_judged_alone(
    loaded_model: LoadedModel, model_folder: Path
) -> None:
    data = render(tiny_sample(loaded_model), Format.TEXT)
    by_label, by_text = examined(data)
    assert by_label.finding is Finding.NOT_FOUND
    assert (by_text.finding, by_text.evidence) == (Finding.NOT_JUDGED, None)
    assert "no model on this machine" in by_text.reason
    changed = data.replace(b"KLMN", b"NMLK")
    with pytest.raises(ModelError, match="no model on this machine"):
        examined(changed)
    given = Tokenizers(open_model(str(model_folder)))
    assert [each.finding for each in examined(data, given)] == [Finding.NOT_FOUND] * 2
    assert [each.finding for each in examined(changed, given)] == [Finding.NOT_FOUND]
    assert "another tokenizer than that of --model" in examined(data, OF_STARTER)[-1].reason


@pytest.fixture
def registered(model_folder: Path) -> Path:
    path = locations.models_folder() / "other-name"
    shutil.copytree(model_folder, path)
    return path


def test_a_models_tokenizer_is_found_by_its_digest_whatever_the_name(
    loaded_model: LoadedModel, registered: Path
) -> None:
    data = render(tiny_sample(loaded_model), Format.JSON_LINES)
    assert [each.finding for each in examined(data)] == [Finding.NOT_FOUND] * 2
    (registered / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(ModelError):
        examined(data.replace(b"KLMN", b"NMLK"), Tokenizers(None))
    altered = (loaded_model.folder.path / "tokenizer.json").read_bytes() + b"\n"
    (registered / "tokenizer.json").write_bytes(altered)
    assert "was altered" in examined(data, Tokenizers(None))[-1].reason


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
    assert [each.finding for each in examine(inside, HERE)] == [Finding.FOUND] * 2
    with pytest.raises(PromptError, match=r"14 bytes stand outside .* were not judged"):
        examine(outside, HERE)


def test_what_is_no_text_or_too_much_is_refused() -> None:
    with pytest.raises(PromptError, match="not UTF-8"):
        examined(b"\xff\xfe" * 500, OF_STARTER)
    with pytest.raises(PromptError, match="has more than"):
        examined(b"a" * (MOST_BYTES + 1), OF_STARTER)


@formats
def test_a_body_that_is_no_utf8_is_judged(file_format: Format) -> None:
    made = continuation(bytes(range(256)), settings=Settings(Sampling(watermark=True)))
    data = render(make_sample(AuthoredText(), made, starter_maker()), file_format)
    assert [each.finding for each in examined(data)] == [Finding.NOT_FOUND] * 2


def forged(ids: list[int]) -> bytes:
    """A label that names `ids`, with an id that fits it."""
    made = sample("some text", settings=Settings(Sampling(watermark=True)))
    record: dict[str, Any] = copy.deepcopy(dict(made.record))
    record["gens"][0]["ids"] = ids
    record["id"] = identity(json.loads(json.dumps(record)))
    return render(Sample(made.body, record, made.continuation), Format.TEXT)


def test_a_label_with_impossible_tokens_does_no_harm() -> None:
    largest = 2**53 - 1
    (by_label, _) = examined(forged([largest - n for n in range(100)]))
    assert by_label.finding is Finding.NOT_FOUND
    with pytest.raises(PromptError):
        examined(forged([largest] * 100))
    with pytest.raises(PromptError, match="MALFORMED"):
        examined(forged([1] * 100).replace(b'"ids":[1,', b'"ids":[-1,'))
    (by_label, _) = examined(forged(list(range(20_000))))
    assert by_label.evidence is not None
    assert by_label.evidence.tokens == 19_996


def test_the_model_folder_that_was_named_is_the_only_one_used(model_folder: Path) -> None:
    folder: ModelFolder = open_model(str(model_folder))
    with pytest.raises(ModelError, match="another tokenizer"):
        Tokenizers(folder).with_digest(starter().tokenizer.sha256)
    assert Tokenizers(folder).of_given().sha256 != starter().tokenizer.sha256
