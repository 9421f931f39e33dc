"""Finding the labeled samples of a file again, in every format that formats.py writes.

A body is looked for where the writer put it and recognised by its length and hash. Nothing here
judges; it only says what stands where, and which harmless things were undone to read it.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gpt2_tui.errors import SettingsError
from gpt2_tui.json_fields import JsonFields
from gpt2_tui.labels.record_check import Record, parse_json, read_record
from gpt2_tui.labels.schema import sha256
from gpt2_tui.text.visible import visible

_LONGEST_RECORD = 1 << 24
_LONGEST_CAPTION = 4096
_MOST_HASHING = 8
_BOM = b"\xef\xbb\xbf"
_LABEL_LINE, _BODY_LINE = b"[gpt2-tui label: ", b"[gpt2-tui body: "
_LABEL_KEY, _BODY_KEY = b"gpt2-tui:", b"gpt2-tui-body:"
_ROW_KEY = b'"gpt2_tui"'
_NOTICE = re.compile(rb"\n(?:>[^\n]*\n)+\n")
NEWLINE_REMOVED = "the final newline was removed"
NEWLINE_ADDED = "a final newline was added"


@dataclass(frozen=True)
class Found:
    """A label and what stands at its place: `head` before the text, the text as `shown`, and the
    `exact` bytes of it where a file has them. `record` is None if `fault` says why.

    `changes` are the harmless things in which it differs from what was written; `row` holds the
    other fields of a JSON line.
    """

    record: Record | None
    fault: str = ""
    head: bytes = b""
    shown: bytes = b""
    exact: bytes | None = None
    row: Mapping[str, Any] | None = None
    changes: tuple[str, ...] = ()

    @property
    def body(self) -> bytes:
        return self.shown if self.exact is None else self.exact


@dataclass(frozen=True)
class Reading:
    """The samples of a file in their order, and how many bytes, newlines apart, belong to none."""

    samples: tuple[Found, ...]
    rest: int


def read_labels(data: bytes) -> Reading:
    """Every labeled sample in the bytes of a file."""
    changes: list[str] = []
    if data.startswith(_BOM):
        data = data.removeprefix(_BOM)
        changes.append("a byte order mark was added")
    # No format ever writes a carriage return, so this harms no sample.
    if b"\r\n" in data and data.count(b"\r\n") == data.count(b"\n"):
        data = data.replace(b"\r\n", b"\n")
        changes.append("the ends of lines became CRLF")
    reading = _read_markdown(data) or _read_text(data) or _read_json_lines(data)
    samples = [replace(each, changes=(*changes, *each.changes)) for each in reading.samples]
    return Reading(tuple(samples), reading.rest)


def shown_text(body: bytes, *, in_row: bool) -> bytes:
    """How a file shows a body whose exact bytes stand beside the record."""
    text = body.decode("utf-8", "replace")
    return (text if in_row else visible(text)).encode()


def _read_markdown(data: bytes) -> Reading | None:
    if not data.startswith(b"---\n"):
        return None
    close = data.find(b"\n---\n", 3)
    lines = data[4:close].split(b"\n") if close > 3 else [data[4 : data.find(b"\n", 4)]]
    labels = [line for line in lines if line.startswith(_LABEL_KEY)]
    exacts = [line for line in lines if line.startswith(_BODY_KEY)]
    if not labels:
        return None
    if close < 0 or len(labels) > 1 or len(exacts) > 1:
        fault = "its front matter has no end" if close < 0 else "its front matter has two labels"
        return Reading((Found(None, fault),), 0)
    found = _found(labels[0].removeprefix(_LABEL_KEY + b" "), _after(exacts, _BODY_KEY + b" "))
    if found.record is None:
        return Reading((found,), 0)
    changes = list(found.changes)
    if lines != labels + exacts:
        changes.append("other lines were added to the front matter")
    rest = data[close + 5 :]
    recognised = _Recogniser(found)
    length, fits = recognised.length, recognised.fits
    notice = _NOTICE.match(rest)
    start = notice.end() if notice else 0
    if notice is None and fits(rest[-length - 1 : -1]):
        start = len(rest) - length - 1
    text = rest[start:]
    ends = {b"": NEWLINE_REMOVED, b"\n\n": NEWLINE_ADDED}
    if (end := text[length : length + 3]) in ends and fits(text[:length]):
        changes.append(ends[end])
        shown = text[:length]
    else:
        shown = text.removesuffix(b"\n")
    return Reading((replace(found, head=rest[:start], shown=shown, changes=tuple(changes)),), 0)


def _read_text(data: bytes) -> Reading | None:
    """From the last label to the first: a body that is recognised hides the labels inside it."""
    places = list(_line_starts(data, _LABEL_LINE))
    if not places:
        return None
    samples: list[Found] = []
    rest = 0
    hashing = _MOST_HASHING * len(data)
    below = len(data)
    for number in range(len(places) - 1, -1, -1):
        place = places[number]
        if place >= below:
            continue
        end = _line_end(data, place)
        rest += _count(data[end + 1 : below])
        found, stop = _text_label(data, place, end)
        floor = _line_end(data, places[number - 1]) + 1 if number else 0
        start = None
        if found.record is not None:
            recognised = _Recogniser(found)
            length, fits = recognised.length, recognised.fits
            head, begin = _text_head(data, stop - 2, length)
            if data[stop - 2 : stop] == b"\n\n" and head is not None and length <= hashing:
                hashing -= length
                start = head if fits(data[begin : stop - 2]) else None
                found = replace(found, head=data[head:begin], shown=data[begin : stop - 2])
        if start is None:
            start = floor + max(0, data[floor:stop].find(b"[SYNTHETIC"))
            text = data[start:stop].removesuffix(b"\n\n")
            begin = text.find(b"\n\n") + 2 if text.startswith(b"[SYNTHETIC") else 0
            begin = begin if begin > 1 else 0
            found = replace(found, head=text[:begin], shown=text[begin:])
        if end == len(data):
            found = replace(found, changes=(*found.changes, NEWLINE_REMOVED))
        elif below == len(data) and data[end:] == b"\n\n":
            found = replace(found, changes=(*found.changes, NEWLINE_ADDED))
        samples.append(found)
        below = start
    return Reading(tuple(reversed(samples)), rest + _count(data[:below]))


def _text_label(data: bytes, place: int, end: int) -> tuple[Found, int]:
    """The label in the line at `place`, and where the text before it and its exact bytes stops."""
    stop, exact = place, None
    before = data.rfind(b"\n", 0, place - 1) + 1 if place else 0
    if data.startswith(_BODY_LINE, before) and data[place - 2 : place] == b"]\n":
        stop, exact = before, data[before + len(_BODY_LINE) : place - 2]
    if data[end - 1 : end] != b"]":
        return Found(None, "the line of its label has no end"), stop
    return _found(data[place + len(_LABEL_LINE) : end - 1], exact), stop


def _text_head(data: bytes, stop: int, length: int) -> tuple[int | None, int]:
    """Where the caption begins (None if there is none) before a text that ends at `stop`."""
    begin = stop - length
    if begin == 0:
        return 0, 0
    if begin < 0 or data[begin - 3 : begin] != b"]\n\n":
        return None, 0
    lowest = max(0, begin - _LONGEST_CAPTION)
    start = max(lowest, data.rfind(b"\n", lowest, begin - 2) + 1)
    return (start if data[start : start + 1] == b"[" else None), begin


def _read_json_lines(data: bytes) -> Reading:
    samples = []
    rest = done = 0
    while (place := data.find(_ROW_KEY, done)) >= 0:
        start = max(done, data.rfind(b"\n", done, place) + 1)
        end = _line_end(data, place)
        found = _row(data[start:end]) if data[start : start + 1] == b"{" else None
        rest += _count(data[done : end if found is None else start])
        if found is not None:
            ending = NEWLINE_REMOVED if end == len(data) else NEWLINE_ADDED
            if end == len(data) or (end + 2 == len(data) and data.endswith(b"\n")):
                found = replace(found, changes=(*found.changes, ending))
            samples.append(found)
        done = end
    return Reading(tuple(samples), rest + _count(data[done:]))


def _row(line: bytes) -> Found | None:
    """The sample in a JSON line; None if the line holds no label."""
    try:
        row = parse_json(line)
        if not isinstance(row, dict) or "gpt2_tui" not in row:
            return None
        fields = JsonFields(row, "the line")
        record = read_record(fields.get("gpt2_tui"))
        shown = fields.text("text", may_be_empty=True).encode("utf-8", "surrogatepass")
        exact = _base64(fields.text("body_base64").encode()) if "body_base64" in row else None
    except (ValueError, RecursionError, SettingsError) as error:
        return Found(None, _reason(error))
    others = {name: value for name, value in row.items() if name != "gpt2_tui"}
    written = f'{json.dumps(others)[:-1]}, "gpt2_tui": {record.line}}}'
    changes = () if written.encode() == line else ("another program wrote the line again",)
    return Found(record, shown=shown, exact=exact, row=others, changes=changes)


def _found(label: bytes, exact: bytes | None) -> Found:
    """The record in one line of JSON, and its exact body if there is one."""
    try:
        if len(label) > _LONGEST_RECORD:
            raise ValueError("its record is too long")
        record = read_record(parse_json(label))
        body = None if exact is None else _base64(exact)
    except (ValueError, RecursionError, SettingsError) as error:
        return Found(None, _reason(error))
    changes = () if record.line.encode() == label else ("another program wrote the record again",)
    return Found(record, exact=body, changes=changes)


class _Recogniser:
    """Whether bytes are what a file shows of a body."""

    def __init__(self, found: Found) -> None:
        self._expected = None if found.exact is None else shown_text(found.exact, in_row=False)
        self._record = found.record

    @property
    def length(self) -> int:
        if self._expected is not None:
            return len(self._expected)
        return 0 if self._record is None else self._record.length

    def fits(self, data: bytes) -> bool:
        if self._expected is not None:
            return data == self._expected
        return self._record is not None and sha256(data) == self._record.sha256


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "its JSON is nested too deep"
    if isinstance(error, UnicodeError):
        return "its record is not UTF-8"
    return str(error)[:200]


def _base64(text: bytes) -> bytes:
    body = base64.b64decode(text, validate=True)
    if base64.b64encode(body) != text:
        raise ValueError("its exact bytes are not proper base64")
    return body


def _after(lines: Sequence[bytes], prefix: bytes) -> bytes | None:
    return lines[0].removeprefix(prefix) if lines else None


def _line_starts(data: bytes, text: bytes) -> Iterator[int]:
    if data.startswith(text):
        yield 0
    place = -1
    while (place := data.find(b"\n" + text, place + 1)) >= 0:
        yield place + 1


def _line_end(data: bytes, place: int) -> int:
    end = data.find(b"\n", place)
    return len(data) if end < 0 else end


def _count(data: bytes) -> int:
    """How many bytes there are beside newlines."""
    return len(data) - data.count(b"\n")
