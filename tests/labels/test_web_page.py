"""A sample as a web page: legible, marked, and nothing on it active."""

import base64
import hashlib
import json
import re

import pytest

from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Sample, label_draft
from gpt2_tui.labels.verdict import Verdict, judge_file
from tests.labels.parsers import Page
from tests.labels.samples import NOON, continuation, sample
from tests.labels.test_formats import NASTY, bodies

HOSTILE = "</script></div></mark><!--<img src=x onerror=alert(1)>&lt;&amp;]]>--><script>alert(1)"


def page(made: Sample) -> Page:
    return Page(render(made, Format.HTML))


def mixed() -> Sample:
    first = continuation(" the boat came.", "When")
    draft = AuthoredText.human("When").replaced(4, 4, AuthoredText.kept(first))
    return label_draft(draft.replaced(9, 13, AuthoredText.human("ship")), NOON)


@bodies
def test_no_text_makes_an_element(written: bytes) -> None:
    def around_the_text(made: Sample) -> list[str]:
        return [tag for tag, _ in page(made).elements if tag not in ("br", "span", "mark")]

    usual = around_the_text(sample("x"))
    last_script = len(usual) - usual[::-1].index("script")
    for made in (sample(written, "p"), sample(HOSTILE, HOSTILE), sample("x\r", "p")):
        exact = [] if made.is_plain else ["script"]
        assert around_the_text(made) == [*usual[:last_script], *exact, *usual[last_script:]]
        assert len(page(made).spans) == len(made.record["spans"])


def test_nothing_on_it_is_active() -> None:
    hostile = sample(HOSTILE + "\r", HOSTILE)
    found = page(hostile)
    kinds = [attributes["type"] for tag, attributes in found.elements if tag == "script"]
    assert kinds == ["application/ld+json", "application/json", "text/plain"]
    names = {name for _, attributes in found.elements for name in attributes}
    assert names == {
        "lang", "charset", "http-equiv", "content", "name", "type", "id", "data-origin"
    }  # fmt: skip
    assert "".join(text for _, text in found.spans) == f"{HOSTILE}{HOSTILE}␍"


def test_its_policy_admits_its_own_style_and_nothing_else() -> None:
    found = page(sample("x"))
    (policy,) = [a["content"] for _, a in found.elements if a.get("http-equiv")]
    digest = base64.b64encode(hashlib.sha256(found.texts["style"].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|expression", found.texts["style"])


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (sample("x"), "TrainedAlgorithmicMediaDigitalSource"),
        (sample("x", "p"), "CompositeWithTrainedAlgorithmicMediaDigitalSource"),
    ],
)
def test_machines_read_in_the_words_of_schema_org_that_it_is_synthetic(
    made: Sample, kind: str
) -> None:
    work = json.loads(page(made).texts["application/ld+json"])
    assert (work["@context"], work["@type"]) == ("https://schema.org", "CreativeWork")
    assert work["digitalSourceType"] == f"https://schema.org/{kind}"
    assert work["identifier"] == f"sha256:{made.record['id']}"
    assert work["dateCreated"] == "2026-08-02T12:00:00Z"


def test_every_span_is_marked_with_its_origin() -> None:
    assert page(mixed()).spans == [
        ("human", "When"),
        ("edited", " the ship came."),
    ]
    assert page(sample("two\nlines", "one ")).spans == [
        ("human", "one "),
        ("machine", "two\nlines"),
    ]


def test_without_the_style_lines_still_break_and_marks_still_show() -> None:
    data = render(sample("two\nlines\n"), Format.HTML).decode()
    assert '<mark data-origin="machine">two<br>\nlines<br>\n</mark>' in data
    head = page(mixed()).texts
    assert head["strong"] == "SYNTHETIC IN PART · tiny"
    assert "a person changed parts of that; the marks show which" in head["p"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'data-origin="machine"', b'data-origin="human"'),
        (b"<mark data", b"<span data"),
        (b"default-src 'none'", b"default-src *"),
        (b"</head>", b"<script>alert(1)</script></head>"),
        (b"CompositeWithTrained", b"Trained"),
        (b"<strong>SYNTHETIC", b"<strong>HUMAN"),
        (b"</html>\n", b"</html>\n<p>More.\n"),
        (b"<!DOCTYPE html>\n", b""),
    ],
)
def test_a_page_that_was_changed_around_its_text_is_modified(old: bytes, new: bytes) -> None:
    data = render(sample("a boat", "A prompt "), Format.HTML)
    assert old in data
    (judgment,) = judge_file(data.replace(old, new))
    assert judgment.verdict is Verdict.MODIFIED
    assert judgment.where is None


def test_several_pages_stand_in_one_file() -> None:
    made = [sample(written, "p") for written in NASTY.values()]
    data = b"".join(render(each, Format.HTML) for each in made)
    assert [each.verdict for each in judge_file(data)] == [Verdict.INTACT] * len(made)
    spoiled = judge_file(data.replace(b"green boat", b"red boat", 1))
    assert [each.verdict for each in spoiled].count(Verdict.MODIFIED) == 1


def test_a_page_without_a_label_is_unlabeled_and_one_cut_short_is_malformed() -> None:
    data = render(sample("x"), Format.HTML)
    assert [each.verdict for each in judge_file(b"<!DOCTYPE html>\n<p>Hello</p>")] == [
        Verdict.UNLABELED
    ]
    assert [each.verdict for each in judge_file(data[: data.index(b'"gens"')])] == [
        Verdict.MALFORMED
    ]
    beside = judge_file(b"<!DOCTYPE html>\n<p>Hello</p>\n" + data)
    assert [each.verdict for each in beside] == [Verdict.INTACT, Verdict.UNLABELED]
