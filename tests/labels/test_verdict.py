"""What is said of files that were changed after they were written."""

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gpt2_tui.labels import reading
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.caption import caption
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Sample, label_draft, make_sample
from gpt2_tui.labels.schema import canonical
from gpt2_tui.labels.signing import SigningKey, sign
from gpt2_tui.labels.verdict import Judgment, Verdict, judge_file
from gpt2_tui.labels.web_page import page_line
from gpt2_tui.settings import Settings
from tests.labels.samples import NOON, continuation, edited_to, sample
from tests.labels.test_formats import NASTY, formats

PROMPT = "A prompt: "
PLAIN = sample("It was a small\ngreen boat.\n", PROMPT)


def judged(data: bytes) -> Judgment:
    (judgment,) = judge_file(data)
    return judgment


SIGNED = sign(PLAIN, SigningKey(Ed25519PrivateKey.generate(), Path("key.pem"), new=True))
SIGNATURE_LENGTH = len('"signature":') + len(canonical(SIGNED.record["signature"]))
SAMPLES = [PLAIN, SIGNED, *(sample(NASTY[name]) for name in ("our own markers", "invalid UTF-8"))]
SAMPLES += [sample(NASTY[name], "p\n") for name in ("nothing", "paragraphs", "carriage returns")]


@formats
@settings(max_examples=400, deadline=None)
@given(
    made=st.sampled_from(SAMPLES),
    where=st.floats(0, 1),
    kind=st.sampled_from(["flip", "insert", "delete"]),
    byte=st.sampled_from(b'\n\r \t>[]{}-"0a\xff\0') | st.integers(0, 255),
)
@example(PLAIN, 0.0, "insert", 10)
@example(PLAIN, 1.0, "delete", 10)
def test_no_changed_byte_goes_unseen(
    file_format: Format, made: Sample, where: float, kind: str, byte: int
) -> None:
    data = render(made, file_format)
    place = min(int(where * len(data)), len(data) - 1)
    rest = data[place if kind == "insert" else place + 1 :]
    changed = data[:place] + (b"" if kind == "delete" else bytes([byte])) + rest
    if changed == data:
        return
    # Empty lines before the first sample are outside; all else is label or text.
    outside = file_format is not Format.MARKDOWN and changed.strip(b"\n") == data.strip(b"\n")
    judgments = judge_file(changed)
    seen = any(each.verdict is not Verdict.INTACT or each.detail for each in judgments)
    assert seen or (outside and changed.endswith(b"\n"))


@formats
@pytest.mark.parametrize("made", [SIGNED, sample(NASTY["invalid UTF-8"])], ids=["plain", "exact"])
def test_a_bit_flipped_anywhere_gets_the_verdict_of_its_region(
    made: Sample, file_format: Format
) -> None:
    data = render(made, file_format)
    label = page_line(made.label) if file_format is Format.HTML else made.label
    record = data.index(label.encode())
    text = data.index(b"green") if b"green" in data else len(data)
    signature = data.find(b'"signature"')
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        judgments = judge_file(bytes(changed))
        verdicts = {each.verdict for each in judgments}
        if record <= place < record + len(label):
            signed = signature <= place < signature + SIGNATURE_LENGTH
            possible = {Verdict.MALFORMED, Verdict.MODIFIED} if signed else {Verdict.MALFORMED}
        elif text <= place < text + len("green"):
            # In a row a flipped bit can end the JSON text early.
            row = file_format is Format.JSON_LINES
            possible = {Verdict.MODIFIED, Verdict.MALFORMED} if row else {Verdict.MODIFIED}
        else:
            possible = set(Verdict)
            assert verdicts != {Verdict.INTACT} or judgments[0].detail or len(judgments) > 1
        assert verdicts & possible


@formats
@given(data=st.binary(max_size=200), place=st.integers(0, 2000), length=st.integers(0, 300))
@settings(deadline=None)
def test_no_damage_is_too_much(file_format: Format, data: bytes, place: int, length: int) -> None:
    whole = render(PLAIN, file_format)
    for each in judge_file(whole[:place] + data + whole[place + length :]):
        assert each.verdict in Verdict


@formats
@pytest.mark.parametrize(
    ("change", "remark"),
    [
        (lambda data: data.replace(b"\n", b"\r\n"), "the ends of lines became CRLF"),
        (lambda data: b"\xef\xbb\xbf" + data, "a byte order mark was added"),
        (lambda data: data + b"\n", "a final newline was added"),
        (lambda data: data[:-1], "the final newline was removed"),
    ],
)
@pytest.mark.parametrize("made", SAMPLES)
def test_one_harmless_change_is_a_remark(
    made: Sample, change: Callable[[bytes], bytes], remark: str, file_format: Format
) -> None:
    judgment = judged(change(render(made, file_format)))
    assert (judgment.verdict, judgment.detail) == (Verdict.INTACT, remark)


@formats
def test_two_harmless_changes_are_not_harmless(file_format: Format) -> None:
    data = b"\xef\xbb\xbf" + render(PLAIN, file_format).replace(b"\n", b"\r\n")
    judgment = judged(data)
    assert judgment.verdict is Verdict.MODIFIED
    assert "CRLF" in judgment.detail


@pytest.mark.parametrize(
    ("old", "new", "where", "detail"),
    [
        (b"A prompt", b"B prompt", 1, "span 1 (human, bytes 0 to 10) was changed"),
        (b"green", b"black", 2, "span 2 (machine, bytes 10 to 37) was changed"),
        (b"green", b"", 2, "span 2 (machine, bytes 10 to 37) was changed; it has 5 bytes too few"),
        (b"prompt: It was", b"", 1, "span 1 (human, bytes 0 to 10) or up to span 2"),
        (b": It", b": \xc2\xa0It", None, "bytes were put in at byte 10, between spans"),
    ],
)
@pytest.mark.parametrize("file_format", [Format.MARKDOWN, Format.TEXT])
def test_a_changed_text_is_modified_and_the_span_is_named(
    old: bytes, new: bytes, where: int | None, detail: str, file_format: Format
) -> None:
    judgment = judged(render(PLAIN, file_format).replace(old, new, 1))
    assert judgment.verdict is Verdict.MODIFIED
    assert judgment.detail.startswith(detail)
    assert (judgment.where[0] if judgment.where else None) == where


@formats
def test_a_label_moved_to_another_text_is_modified(file_format: Format) -> None:
    other = Sample(b"Quite another text.", PLAIN.record, PLAIN.continuation)
    assert judged(render(other, file_format)).verdict is Verdict.MODIFIED


@pytest.mark.parametrize("file_format", [Format.MARKDOWN, Format.TEXT])
def test_a_changed_or_removed_caption_is_modified(file_format: Format) -> None:
    data = render(PLAIN, file_format)
    line = next(line for line in data.split(b"\n") if b"SYNTHETIC" in line)
    start = data.index(line)
    removed = data[:start] + data[data.index(b"\n\n", start) + 2 :]
    for changed in (data.replace(b"SYNTHETIC", b"Authentic", 1), removed):
        judgment = judged(changed)
        assert judgment.verdict is Verdict.MODIFIED
        assert "caption" in judgment.detail


TWO_PARTS = (continuation("one "), continuation("two", "one "))
OF_MODELS = AuthoredText.kept(TWO_PARTS[0]).replaced(4, 4, AuthoredText.kept(TWO_PARTS[1]))
CHANGED = edited_to(AuthoredText.kept(continuation("some text")), "some test")


@pytest.mark.parametrize("file_format", [Format.MARKDOWN, Format.TEXT, Format.HTML])
@pytest.mark.parametrize(
    ("made", "another"),
    [
        # Nothing of the last generation stands in it, so it is no draft.
        (sample("", "A prompt: "), "SYNTHETIC IN PART · tiny"),
        # What the last generation wrote was changed, or is not at the end: it is no sample.
        (label_draft(CHANGED, NOON), caption("tiny", Settings(seed=7), 0)),
        (
            label_draft(CHANGED.replaced(9, 9, AuthoredText.human(" Mine.")), NOON),
            caption("tiny", Settings(seed=7), 0),
        ),
    ],
    ids=["a draft's over a sample", "a sample's over a change", "a sample's over a mixture"],
)
def test_the_caption_of_another_kind_of_text_is_modified(
    made: Sample, another: str, file_format: Format
) -> None:
    data = render(made, file_format)
    swapped = data.replace(made.caption.encode(), another.encode())
    assert swapped != data
    assert judged(data).verdict is Verdict.INTACT
    assert judged(swapped).verdict is Verdict.MODIFIED


@pytest.mark.parametrize("file_format", [Format.MARKDOWN, Format.TEXT, Format.HTML])
def test_a_draft_of_models_alone_is_synthetic_and_older_captions_of_it_hold(
    file_format: Format,
) -> None:
    made = label_draft(OF_MODELS, NOON)
    assert made.caption == "SYNTHETIC · tiny"
    data = render(made, file_format)
    assert judged(data) == judged(data.replace(b"SYNTHETIC", b"SYNTHETIC IN PART"))
    assert judged(data).verdict is Verdict.INTACT
    # The other way round it would claim more than the record.
    mixed = label_draft(OF_MODELS.replaced(7, 7, AuthoredText.human("!")), NOON)
    data = render(mixed, file_format)
    assert judged(data).verdict is Verdict.INTACT
    assert judged(data.replace(b" IN PART", b"")).verdict is Verdict.MODIFIED


@formats
def test_readable_text_that_is_not_the_exact_text_is_modified(file_format: Format) -> None:
    data = render(sample(b"one two\xff three"), file_format)
    judgment = judged(data.replace(b"two", b"six"))
    assert judgment.verdict is Verdict.MODIFIED
    assert "readable" in judgment.detail


def with_record(change: Callable[[dict[str, Any]], object], *, mend: bool = True) -> Sample:
    first = continuation("one ", PROMPT)
    prompt = AuthoredText.human(PROMPT).replaced(10, 10, AuthoredText.kept(first))
    made = make_sample(prompt, continuation("two", prompt.text), NOON)
    record = copy.deepcopy(dict(made.record))
    change(record)
    if mend:
        del record["id"]
        record["id"] = hashlib.sha256(rfc8785.dumps(record)).hexdigest()
    return Sample(made.body, record, made.continuation)


@formats
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: r["spans"][1].update(start=11), "span 2 leaves a gap"),
        (lambda r: r["spans"][1].update(start=9), "span 2 overlaps the one before"),
        (lambda r: r["spans"][2].update(end=99), "span 3 has no bytes or leaves the text"),
        (lambda r: r["spans"].pop(), "gap at the end"),
        (lambda r: r["spans"][1].update(gen=2), "names a generation that is not there"),
        (lambda r: r["spans"][1].update(sha256="0" * 64), "contradicts itself"),
        (lambda r: r.update(schema="gpt2-tui/label/2"), "its schema is 'gpt2-tui/label/2'"),
        (lambda r: r.update(more=1), "unknown field 'more'"),
        (lambda r: r.pop("engine"), "no field 'engine'"),
        (lambda r: r["gens"][0].update(seed=-1), "'seed'"),
        (lambda r: r["gens"][0].update(ids=[True]), "'ids'"),
        (lambda r: r["gens"][0]["sampler"].update(temperature="11"), "temperature must be"),
        (lambda r: r["gens"][0]["sampler"].update(random="dice"), "'random'"),
        (lambda r: r["model"].update(files={}), "no file of the model"),
    ],
)
def test_a_record_that_does_not_fit_together_is_malformed(
    change: Callable[[dict[str, Any]], object], reason: str, file_format: Format
) -> None:
    judgment = judged(render(with_record(change), file_format))
    assert judgment.verdict is Verdict.MALFORMED
    assert reason in judgment.detail


@formats
def test_a_record_with_another_id_is_malformed(file_format: Format) -> None:
    made = with_record(lambda record: record.update(notice="Nothing."), mend=False)
    judgment = judged(render(made, file_format))
    assert (judgment.verdict, "id does not fit" in judgment.detail) == (Verdict.MALFORMED, True)


@formats
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"schema":', b'"schema":"gpt2-tui/label/1","schema":'),
        (b'"lane":0', b'"lane":0.0'),
        (b'"lane":0', b'"lane":NaN'),
        (b'"lane":0', b'"lane":' + b"9" * 5000),
        (b'"lane":0', b'"lane":' + b"[" * 100_000),
        (b'"stop":[]', b'"stop":["\\ud800"]'),
        (b'"stop":[]', b'"stop":["\xff"]'),
    ],
)
def test_json_that_is_not_strict_is_malformed(old: bytes, new: bytes, file_format: Format) -> None:
    judgment = judged(render(PLAIN, file_format).replace(old, new, 1))
    assert judgment.verdict is Verdict.MALFORMED
    assert "\n" not in judgment.detail


@formats
def test_a_record_that_is_too_long_is_malformed(file_format: Format) -> None:
    data = render(PLAIN, file_format).replace(b'"lane":0', b'"lane":0' + b" " * (1 << 24))
    assert judged(data) == Judgment(Verdict.MALFORMED, "its record is too long")


@pytest.mark.parametrize(
    "field",
    [
        b'"more": [' + b"[], " * (1 << 16) + b"[]]",
        b'"more": [' + b'"", ' * (1 << 16) + b'""]',
        b'"more": "' + b'\\"' * (1 << 16) + b'", "end": [' + b"0, " * (1 << 17) + b"0]",
        b'"more": ' + b"[" * (1 << 18),
    ],
    ids=["lists", "short strings", "behind a long string", "depth"],
)
def test_a_row_with_too_much_beside_its_text_is_not_taken_apart(
    field: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = render(PLAIN, Format.JSON_LINES).replace(b'"ended"', field + b', "ended"')
    monkeypatch.setattr(reading, "LONGEST_RECORD", 1 << 17)
    monkeypatch.setattr(reading, "parse_json", None)
    assert judged(data) == Judgment(Verdict.MALFORMED, "its record is too long")


def test_a_row_can_have_a_text_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_RECORD", 1 << 17)
    prompt = 'He said "no" and \\ left.\n' * (1 << 13)
    made = make_sample(AuthoredText.human(prompt), continuation("The end."), NOON)
    assert judged(render(made, Format.JSON_LINES)).verdict is Verdict.INTACT


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"---\n", b"---\ngpt2-tui: {}\n", 1),
        lambda data: data.replace(b"\n---\n", b"\n", 1),
    ],
)
def test_front_matter_that_is_damaged_is_malformed(change: Callable[[bytes], bytes]) -> None:
    assert judged(change(render(PLAIN, Format.MARKDOWN))).verdict is Verdict.MALFORMED


def test_what_other_programs_do_to_front_matter_and_rows_is_a_remark() -> None:
    markdown = render(PLAIN, Format.MARKDOWN).replace(b"---\n", b"---\ntitle: x\n", 1)
    assert judged(markdown).detail == "other lines were added to the front matter"
    row = json.loads(render(PLAIN, Format.JSON_LINES))
    again = json.dumps(row, sort_keys=True).encode() + b"\n"
    assert judged(again).detail == "another program wrote the line again"
    data = render(PLAIN, Format.JSON_LINES)
    signed = data.replace(b"{", b'{"author": "Jane Doe", "source": "human", ', 1)
    assert judged(signed).detail == "another program put fields into the line, as author"
    assert judged(signed.replace(b'"id": 0', b'"id": 5')).verdict is Verdict.MODIFIED
    moved = data.replace(b'"id": 0, "ended": false', b'"ended": false, "id": 0')
    assert judged(moved).detail == "another program wrote the line again"
    numbered = render(PLAIN, Format.JSON_LINES).replace(b'"id": 0', b'"id": 5')
    assert judged(numbered).detail.startswith("id, ended or length")
    assert judged(numbered).verdict is Verdict.INTACT
