"""Each format, read by a parser that shares nothing with the program."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.caption import caption, settings_parts
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Sample, label_draft, make_sample
from gpt2_tui.settings import Sampling, Settings, TopPRule
from tests.labels.parsers import parse_json_line, parse_markdown, parse_page, parse_text
from tests.labels.samples import NOON, continuation, edited_to, sample

CAPTION = "SYNTHETIC · tiny · temperature 0.80 · top-k 40 · top-p off · seed 7 · lane 0"
NASTY: dict[str, bytes] = {
    "plain": b"It was a small green boat.",
    "paragraphs": "one\n\n\ttwo – “three”\n\n".encode(),
    "nothing": b"",
    "only newlines": b"\n\n\n",
    "carriage returns": b"one\r\ntwo\rthree",
    "escape sequences": b"\x1b]52;c;aGFjaw==\x07\x1b[2J",
    "C1 controls": "\x9b2J\x85".encode(),
    "invalid UTF-8": b"half \xe2\x82 and \xff",
    "cut character": b"end \xf0\x9f",
    "replacement characters": "\ufffd is \ufffd".encode(),
    "bidirectional": "\u202eevil\u202c".encode(),
    "line separators": "a\u2028b\u2029c".encode(),
    "byte order mark": "\ufeffx\ufeff".encode(),
    "null": b"\0",
    "front matter": b"---\ngpt2-tui: {}\n---\n\ntext",
    "rules": b"\n---\n---\n",
    "script": b"</script><script>alert(1)</script><!--",
    "our own markers": b"\n\n[gpt2-tui label: {}]\n\n[gpt2-tui body: AAAA]\n[SYNTHETIC]\n",
    "a page": b'<!DOCTYPE html>\n<script type="application/json" id="gpt2-tui-label">{}</script>\n'
    b'<div id="gpt2-tui-text"></div>&lt;br&gt;<br>\n',
    "markup": b"[@click=app.quit] [/] [bold]",
    "JSON": b'"}, "gpt2_tui": {}}\n{"id": 1}',
}
bodies = pytest.mark.parametrize("written", NASTY.values(), ids=NASTY.keys())


PARSERS = {
    Format.MARKDOWN: parse_markdown,
    Format.TEXT: parse_text,
    Format.JSON_LINES: parse_json_line,
    Format.HTML: parse_page,
}
formats = pytest.mark.parametrize("file_format", Format)


def check(made: Sample, file_format: Format) -> None:
    parsed = PARSERS[file_format](render(made, file_format))
    assert parsed.record == made.record
    assert parsed.body == made.body
    assert hashlib.sha256(parsed.body).hexdigest() == parsed.record["body"]["sha256"]
    for span in parsed.record["spans"]:
        piece = parsed.body[span["start"] : span["end"]]
        assert hashlib.sha256(piece).hexdigest() == span["sha256"]
    assert parsed.caption == (None if file_format is Format.JSON_LINES else CAPTION)


@formats
@bodies
def test_the_body_and_its_record_are_found_again(written: bytes, file_format: Format) -> None:
    check(sample(written), file_format)
    check(sample(written, "a prompt\n"), file_format)


@formats
@given(st.binary(max_size=30) | st.text(max_size=30).map(lambda t: t.encode("utf-8", "replace")))
def test_any_body_and_its_record_are_found_again(file_format: Format, written: bytes) -> None:
    check(sample(written), file_format)


@bodies
def test_the_record_is_the_same_in_each_format(written: bytes) -> None:
    made = sample(written, "prompt")
    records = [PARSERS[each](render(made, each)).record for each in Format]
    assert all(record == made.record for record in records)


@formats
@bodies
def test_no_file_holds_a_byte_that_acts_on_a_terminal(written: bytes, file_format: Format) -> None:
    text = render(sample(written), file_format).decode()
    allowed = {"\n", "\t"}
    acting = {c for c in text if c < " " or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029\u202e"}
    assert acting <= allowed


@pytest.mark.parametrize("file_format", [Format.MARKDOWN, Format.TEXT, Format.HTML])
@bodies
def test_a_person_sees_the_label_before_the_text(written: bytes, file_format: Format) -> None:
    text = render(sample(written), file_format).decode()
    label_line = next(line for line in text.split("\n") if "SYNTHETIC" in line)
    assert CAPTION in label_line
    assert len(label_line) < 100


def test_a_text_file_starts_with_its_label_and_markdown_says_who_wrote_what() -> None:
    assert render(sample("x"), Format.TEXT).decode().split("\n")[0] == f"[{CAPTION}]"
    alone = render(sample("four"), Format.MARKDOWN).decode()
    assert "> All of this text was written by the model." in alone
    mixed = render(sample("four", "é"), Format.MARKDOWN).decode()
    assert "> The model wrote 4 of the 6 bytes below" in mixed
    edited = edited_to(AuthoredText.kept(continuation("some text")), "some test")
    changed = render(label_draft(edited), Format.MARKDOWN).decode()
    assert "All of this text" not in changed
    assert "a person changed" in changed


def test_a_row_can_be_read_by_the_tools_of_the_output_dataset() -> None:
    made = continuation("ab", "pr", lane=3, stop_reason=StopReason.END_OF_TEXT)
    row = json.loads(render(make_sample(AuthoredText.human("pr"), made, NOON), Format.JSON_LINES))
    assert list(row)[:4] == ["id", "ended", "length", "text"]
    assert (row["id"], row["ended"], row["length"], row["text"]) == (3, True, 2, "prab")
    for reason in (StopReason.LENGTH, StopReason.STOP_TEXT, StopReason.STOPPED):
        other = make_sample(AuthoredText(), continuation("x", stop_reason=reason))
        assert json.loads(render(other, Format.JSON_LINES))["ended"] is False


@formats
def test_a_whole_draft_is_labeled_as_synthetic_in_part(file_format: Format) -> None:
    draft = AuthoredText.human("I said: ").replaced(8, 8, AuthoredText.kept(continuation("yes")))
    made = label_draft(draft, NOON)
    parsed = PARSERS[file_format](render(made, file_format))
    assert (parsed.body, parsed.record) == (b"I said: yes", made.record)
    if file_format is not Format.JSON_LINES:
        assert parsed.caption == "SYNTHETIC IN PART · tiny"


def test_a_caption_names_every_setting() -> None:
    assert caption("tiny", Settings(seed=7), 0) == CAPTION
    unusual = Settings(Sampling(0, 0, 0.9, TopPRule.ORIGINAL), seed=1)
    assert settings_parts(unusual, 2) == [
        "temperature 0.00",
        "top-k off",
        "top-p 0.90 (original rule)",
        "seed 1",
        "lane 2",
    ]
    assert settings_parts(Settings(Sampling(top_p_rule=TopPRule.ORIGINAL)), 0)[2] == "top-p off"


def test_formats_have_the_names_and_endings_of_the_design() -> None:
    assert {each.value: each.suffix for each in Format} == {
        "md": ".md",
        "text": ".txt",
        "jsonl": ".jsonl",
        "html": ".html",
    }
