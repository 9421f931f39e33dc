"""Finding the labeled samples of a file again, in every format that formats.py writes.

A body is looked for where the writer put it and recognised by its length and hash. Nothing here
judges; it only says what stands where, and which harmless things were undone to read it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from gpt2_tui.json_fields import JsonFields
from gpt2_tui.labels.found import (
    LONGEST_RECORD,
    TOO_LONG,
    UNREADABLE,
    Found,
    decode_base64,
    found_in_line,
    reason,
    shown_text,
)
from gpt2_tui.labels.record_check import parse_json, read_record
from gpt2_tui.labels.schema import sha256
from gpt2_tui.labels.web_page import LABEL_START, PAGE_START, page_line, page_parts
from gpt2_tui.text.visible import quoted

_LONGEST_CAPTION = 4096
_MOST_HASHING = 8
_BOM = b"\xef\xbb\xbf"
_LABEL_LINE, _BODY_LINE = b"[gpt2-tui label: ", b"[gpt2-tui body: "
_LABEL_KEY, _BODY_KEY = b"gpt2-tui:", b"gpt2-tui-body:"
_ROW_KEY = b'"gpt2_tui"'
_ROW_NAMES = ["id", "ended", "length", "text", "body_base64"]
# One that does not end goes on to the end of the line, so that no byte is looked at twice.
_JSON_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_LONG_STRING = 1 << 16
_NOTICE = re.compile(rb"\n(?:>[^\n]*\n)+\n")
NEWLINE_REMOVED = "the final newline was removed"
NEWLINE_ADDED = "a final newline was added"
_NEXT_MARKDOWN = b"\n---\ngpt2-tui:"
_ENDS = {b"": NEWLINE_REMOVED, b"\n": "", b"\n\n": NEWLINE_ADDED}


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
    pages = LABEL_START in data
    reading = _read_markdown(data) or (_read_pages(data) if pages and _is_markup(data) else None)
    reading = reading or _read_text(data) or _read_json_lines(data)
    if pages and not reading.samples:
        # A page whose beginning was changed, or a text that speaks of pages.
        inside = _read_pages(data)
        reading = inside if any(each.record for each in inside.samples) else reading
    samples = [replace(each, changes=(*changes, *each.changes)) for each in reading.samples]
    return Reading(tuple(samples), reading.rest)


def _read_markdown(data: bytes) -> Reading | None:
    """One sample behind the other; each ends where its body does, or, if that cannot be told,
    before the next front matter with a label."""
    samples: list[Found] = []
    budget = _HashingBudget(data)
    start = 0
    while data.startswith(b"---\n", start):
        found, start = _markdown_sample(data, start, budget)
        if found is None:
            break
        samples.append(found)
    return Reading(tuple(samples), 0) if samples else None


def _markdown_sample(data: bytes, start: int, budget: "_HashingBudget") -> tuple[Found | None, int]:
    """The sample whose front matter begins at `start`, and where the next one does."""
    close = data.find(b"\n---\n", start + 3)
    end = _line_end(data, start + 4) if close < 0 else close
    lines = data[start + 4 : end].split(b"\n")
    labels = [line for line in lines if line.startswith(_LABEL_KEY)]
    exacts = [line for line in lines if line.startswith(_BODY_KEY)]
    if not labels:
        return None, start
    if close < 0 or len(labels) > 1 or len(exacts) > 1:
        fault = "its front matter has no end" if close < 0 else "its front matter has two labels"
        return Found(None, fault), len(data)
    found = found_in_line(
        labels[0].removeprefix(_LABEL_KEY + b" "), _after(exacts, _BODY_KEY + b" ")
    )
    if found.record is None:
        return found, _next_markdown(data, close)
    changes = list(found.changes)
    if lines != labels + exacts:
        changes.append("other lines were added to the front matter")
    place = close + 5
    notice = _NOTICE.match(data, place)
    begin = notice.end() if notice else place
    body = budget.recogniser(found)
    if notice is None and body.stands_at(data, len(data) - body.length - 1):
        begin = len(data) - body.length - 1
    stop = begin + body.length
    tail = data[stop : stop + 3]
    following = data.startswith(_NEXT_MARKDOWN, stop)
    if (tail in _ENDS or following) and body.stands_at(data, begin):
        if not following and _ENDS[tail]:
            changes.append(_ENDS[tail])
        after = stop + 1 if following else len(data)
    else:
        after = _next_markdown(data, begin)
        stop = after - 1 if data[after - 1 : after] == b"\n" else after
    found = replace(found, head=data[place:begin], shown=data[begin:stop], changes=tuple(changes))
    return found, after


def _next_markdown(data: bytes, place: int) -> int:
    """Where the next front matter with a label begins after `place`, or the end."""
    before = data.find(_NEXT_MARKDOWN, place)
    return len(data) if before < 0 else before + 1


def _read_pages(data: bytes) -> Reading:
    """Web pages, one behind the other; no text on a page holds the line with which one starts."""
    starts = [*_line_starts(data, PAGE_START)] or [0]
    samples: list[Found] = []
    rest = _count(data[: starts[0]])
    for start, end in pairwise([*starts, len(data)]):
        found = _page(data[start:end])
        if found is None:
            rest += _count(data[start:end])
            continue
        ending = _ENDS.get(data[data.rfind(b">") + 1 :]) if end == len(data) else None
        if ending:
            found = replace(found, changes=(*found.changes, ending))
        samples.append(found)
    return Reading(tuple(samples), rest)


def _page(page: bytes) -> Found | None:
    if LABEL_START not in page:
        return None
    parts = page_parts(page)
    if parts is None:
        return Found(None, "its record has no end")
    start, end = parts.label
    found = found_in_line(page[start:end], parts.exact, page_line)
    if found.record is None:
        return found
    line = page_line(found.record.line).encode()
    whole = page[:start] + line + page[end:].rstrip(b"\n") + b"\n"
    return replace(found, shown=parts.text, page=whole)


def _is_markup(data: bytes) -> bool:
    return data[:_LONGEST_CAPTION].lstrip().startswith(b"<")


def _read_text(data: bytes) -> Reading | None:
    """From the last label to the first: a body that is recognised hides the labels inside it."""
    places = list(_line_starts(data, _LABEL_LINE))
    if not places:
        return None
    samples: list[Found] = []
    rest = 0
    budget = _HashingBudget(data)
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
            body = budget.recogniser(found)
            head, begin = _text_head(data, stop - 2, body.length)
            if data[stop - 2 : stop] == b"\n\n" and head is not None:
                start = head if body.stands_at(data, begin) else None
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
    return found_in_line(data[place + len(_LABEL_LINE) : end - 1], exact), stop


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
    if _has_too_long_record(line):
        return Found(None, TOO_LONG)
    try:
        row = parse_json(line)
        if not isinstance(row, dict) or "gpt2_tui" not in row:
            return None
        fields = JsonFields(row, "the line")
        record = read_record(fields.get("gpt2_tui"))
        if len(record.line) > LONGEST_RECORD:
            raise ValueError(TOO_LONG)
        shown = fields.text("text", may_be_empty=True).encode("utf-8", "surrogatepass")
        exact = decode_base64(fields.text("body_base64").encode()) if "body_base64" in row else None
    except UNREADABLE as error:
        return Found(None, reason(error))
    others = {name: value for name, value in row.items() if name != "gpt2_tui"}
    written = f'{json.dumps(others)[:-1]}, "gpt2_tui": {record.line}}}'
    changes: tuple[str, ...] = ()
    if added := set(others).difference(_ROW_NAMES):
        changes = (f"another program put fields into the line, as {quoted(min(added))}",)
    elif (
        written.encode() != line
        or list(others) != [name for name in _ROW_NAMES if name in others]
        or shown == exact
    ):
        changes = ("another program wrote the line again",)
    return Found(record, shown=shown, exact=exact, row=others, changes=changes)


def _has_too_long_record(line: bytes) -> bool:
    """Whether a JSON line holds more than a record may beside its long strings, which are texts: as
    JSON it would need many times its bytes of memory."""
    if len(line) <= LONGEST_RECORD:
        return False
    texts = 0
    for string in _JSON_STRING.finditer(line):
        if string.end() - string.start() >= _LONG_STRING:
            texts += string.end() - string.start()
        elif string.end() - texts > LONGEST_RECORD:
            return True
    return len(line) - texts > LONGEST_RECORD


class _HashingBudget:
    """How many bytes may still be hashed while bodies are looked for. Labels can claim any length;
    without a limit many of them would have the same bytes hashed over and over."""

    def __init__(self, data: bytes) -> None:
        self._left = _MOST_HASHING * len(data)

    def recogniser(self, found: Found) -> "_Recogniser":
        return _Recogniser(found, self)

    def take(self, count: int) -> bool:
        """Use up `count` bytes; False if there are not so many left."""
        if count > self._left:
            return False
        self._left -= count
        return True


class _Recogniser:
    """Where in a file the body of a record stands, as the file shows it."""

    def __init__(self, found: Found, budget: _HashingBudget) -> None:
        self._expected = None if found.exact is None else shown_text(found.exact, in_row=False)
        self._record = found.record
        self._budget = budget

    @property
    def length(self) -> int:
        if self._expected is not None:
            return len(self._expected)
        return 0 if self._record is None else self._record.length

    def stands_at(self, data: bytes, begin: int) -> bool:
        end = begin + self.length
        if begin < 0 or end > len(data) or not self._budget.take(self.length):
            return False
        if self._expected is not None:
            return data[begin:end] == self._expected
        return self._record is not None and sha256(data[begin:end]) == self._record.sha256


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
