"""What is found at the place of a label: its record, and the text that stands with it.

Nothing here judges; verdict.py does.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gpt2_tui.errors import SettingsError
from gpt2_tui.labels.record_check import Record, parse_json, read_record
from gpt2_tui.text.visible import visible

LONGEST_RECORD = 1 << 24
"""Bytes of a record, and of all that stands around a text in one JSON line."""
TOO_LONG = "its record is too long"
UNREADABLE = (ValueError, RecursionError, SettingsError)
"""What reading a damaged record raises; `reason` says it in words."""


@dataclass(frozen=True)
class Found:
    """A label and what stands at its place: `head` before the text, the text as `shown`, and the
    `exact` bytes of it where a file has them. `record` is None if `fault` says why.

    `changes` are the harmless things in which it differs from what was written; `row` holds the
    other fields of a JSON line, `page` all of a web page.
    """

    record: Record | None
    fault: str = ""
    head: bytes = b""
    shown: bytes = b""
    exact: bytes | None = None
    row: Mapping[str, Any] | None = None
    page: bytes | None = None
    changes: tuple[str, ...] = ()

    @property
    def body(self) -> bytes:
        return self.shown if self.exact is None else self.exact


def shown_text(body: bytes, *, in_row: bool) -> bytes:
    """How a file shows a body whose exact bytes stand beside the record."""
    text = body.decode("utf-8", "replace")
    return (text if in_row else visible(text)).encode()


def found_in_line(
    label: bytes, exact: bytes | None, as_written: Callable[[str], str] = str
) -> Found:
    """The record in one line of JSON, and its exact body if there is one; `as_written` gives the
    line that a writer makes of a record's."""
    try:
        if len(label) > LONGEST_RECORD:
            raise ValueError(TOO_LONG)
        record = read_record(parse_json(label))
        body = None if exact is None else decode_base64(exact)
    except UNREADABLE as error:
        return Found(None, reason(error))
    same = as_written(record.line).encode() == label
    changes = () if same else ("another program wrote the record again",)
    return Found(record, exact=body, changes=changes)


def reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "its JSON is nested too deep"
    if isinstance(error, UnicodeError):
        return "its record is not UTF-8"
    return str(error)[:200]


def decode_base64(text: bytes) -> bytes:
    body = base64.b64decode(text, validate=True)
    if base64.b64encode(body) != text:
        raise ValueError("its exact bytes are not proper base64")
    return body
