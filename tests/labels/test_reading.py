"""Reading labels back: every sample of every format, and what is no sample."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record import Sample, label_draft, make_sample
from gpt2_tui.labels.verdict import Verdict, judge_file
from tests.labels.samples import NOON, continuation, sample
from tests.labels.test_formats import NASTY, bodies, formats
from tests.labels.test_schema import records


def said(data: bytes) -> list[tuple[Verdict, str]]:
    return [(each.verdict, each.detail) for each in judge_file(data)]


def check(made: Sample, file_format: Format) -> None:
    data = render(made, file_format)
    (found,) = read_labels(data).samples
    assert found.record is not None
    assert (found.record.value, found.record.line) == (made.record, made.label)
    assert found.body == made.body
    assert said(data) == [(Verdict.INTACT, "")]


@formats
@bodies
def test_a_sample_is_read_as_it_was_written(written: bytes, file_format: Format) -> None:
    check(sample(written), file_format)
    check(sample(written, "a prompt é\r\n"), file_format)
    draft = AuthoredText.human("I said: ").replaced(8, 8, AuthoredText.kept(continuation(written)))
    if written:
        check(label_draft(draft, NOON), file_format)


@formats
@given(st.binary(max_size=30) | st.text(max_size=30).map(lambda t: t.encode("utf-8", "replace")))
def test_any_sample_is_read_as_it_was_written(file_format: Format, written: bytes) -> None:
    check(sample(written), file_format)


@pytest.mark.parametrize("value", records())
def test_every_documented_record_is_one(value: dict[str, Any]) -> None:
    body = b"not its text"
    made = Sample(body, value, None)
    (judgment,) = judge_file(render(made, Format.TEXT))
    assert judgment.verdict is Verdict.MODIFIED
    assert judgment.record is not None
    assert judgment.record.value == value


@formats
def test_several_samples_stand_in_one_file(file_format: Format) -> None:
    between = b"\n" if file_format is Format.TEXT else b""
    made = [sample(written, "p") for written in NASTY.values()]
    data = between.join(render(each, file_format) for each in made)
    found = read_labels(data)
    assert [each.body for each in found.samples] == [each.body for each in made]
    assert said(data) == [(Verdict.INTACT, "")] * len(made)
    spoiled = data.replace(b"front matter", b"", 1).replace(b"green boat", b"red boat")
    verdicts = [verdict for verdict, _ in said(spoiled)]
    assert verdicts == [Verdict.MODIFIED] + [Verdict.INTACT] * (len(made) - 1)
    damaged = data.replace(b'"gens"', b'"germs"', 1)
    verdicts = [verdict for verdict, _ in said(damaged)]
    assert verdicts == [Verdict.MALFORMED] + [Verdict.INTACT] * (len(made) - 1)


def test_a_text_that_speaks_of_labels_of_pages_has_none() -> None:
    data = b'A page holds <script type="application/json" id="gpt2-tui-label">{}</script>.'
    assert [verdict for verdict, _ in said(data)] == [Verdict.UNLABELED]


def test_a_sample_inside_a_sample_belongs_to_it() -> None:
    inner = render(sample("inside"), Format.TEXT)
    for file_format in Format:
        data = render(sample(inner + b"\nmore " + inner), file_format)
        assert said(data) == [(Verdict.INTACT, "")]


def test_text_beside_the_samples_is_unlabeled() -> None:
    text = render(sample("text"), Format.TEXT)
    row = render(sample("text"), Format.JSON_LINES)
    for data in (b"Hello.\n\n" + text, text + b"\nHello", b"Hello\n" + row, row + b"{}\n"):
        assert [verdict for verdict, _ in said(data)] == [Verdict.INTACT, Verdict.UNLABELED]
    markdown = render(sample("text"), Format.MARKDOWN) + b"\nMore.\n"
    assert [verdict for verdict, _ in said(markdown)] == [Verdict.MODIFIED]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"plain",
        b"---\ntitle: x\n---\n\ntext",
        b'{"text": "\\"gpt2_tui\\" {}"}\n',
        b"\xff\xfe\0",
        b"---\n",
        b"the words [gpt2-tui label: {}] in a line",
    ],
)
def test_a_file_without_a_label_is_unlabeled(data: bytes) -> None:
    ((verdict, detail),) = said(data)
    assert verdict is Verdict.UNLABELED
    assert "human" not in detail


def test_reading_needs_no_numpy() -> None:
    program = "import sys, gpt2_tui.commands.verify; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_draft_tells_its_bytes_by_origin() -> None:
    first = continuation(" the boat came.", "When")
    draft = AuthoredText.human("When").replaced(4, 4, AuthoredText.kept(first))
    edited = draft.replaced(6, 8, AuthoredText.human("né"))
    made = make_sample(edited, continuation(" So.", edited.text), NOON)
    (judgment,) = judge_file(render(made, Format.MARKDOWN))
    assert judgment.verdict is Verdict.INTACT
    assert {origin.value: n for origin, n in judgment.shares.items()} == {
        "human": 4,
        "machine": 4,
        "edited": 16,
    }
    assert json.loads(made.label)["body"]["bytes"] == 24
