"""A sample as a file: Markdown, text, JSON Lines or a web page, each with the record.

The body is found again by the record's length and hash, never by a marker, since a text can hold
any marker. Where a body cannot stand in a text file as it is (it is not UTF-8, or has characters
that act on a terminal, or carriage returns), the readable text shows stand-ins for them and the
exact bytes stand beside the record in base64.
"""

import base64
import json
from enum import StrEnum
from typing import TYPE_CHECKING

from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.labels.caption import front_matter_sentence
from gpt2_tui.labels.schema import bytes_by_origin
from gpt2_tui.labels.web_page import web_page
from gpt2_tui.text.visible import one_line, visible

if TYPE_CHECKING:
    # Who only asks for the names of the formats loads no numpy for it.
    from gpt2_tui.labels.record import Sample


class Format(StrEnum):
    """The formats by the names that `--format` takes."""

    MARKDOWN = "md"
    TEXT = "text"
    JSON_LINES = "jsonl"
    HTML = "html"

    @property
    def suffix(self) -> str:
        return ".txt" if self is Format.TEXT else f".{self.value}"


def render(sample: "Sample", file_format: Format) -> bytes:
    """The whole file of one sample."""
    match file_format:
        case Format.MARKDOWN:
            return _markdown(sample)
        case Format.TEXT:
            return _text(sample)
        case Format.JSON_LINES:
            return _json_line(sample)
        case Format.HTML:
            return web_page(
                sample.caption, sample.record, sample.body, with_exact=not sample.is_plain
            ).encode()


def text_head(caption: str) -> str:
    """What stands before the body in the text format; known before the body is."""
    return f"[{one_line(caption)}]\n\n"


def text_tail(sample: "Sample") -> str:
    """What stands after the body in the text format."""
    exact = "" if sample.is_plain else f"[gpt2-tui body: {_base64(sample)}]\n"
    return f"\n\n{exact}[gpt2-tui label: {sample.label}]\n"


def _text(sample: "Sample") -> bytes:
    return (text_head(sample.caption) + visible(sample.text) + text_tail(sample)).encode()


def _markdown(sample: "Sample") -> bytes:
    exact = "" if sample.is_plain else f"gpt2-tui-body: {_base64(sample)}\n"
    front_matter = f"---\ngpt2-tui: {sample.label}\n{exact}---\n"
    notice = f"> **{one_line(sample.caption)}**"
    head = f"{front_matter}\n{notice}\n> {_sentence(sample)}\n\n"
    return f"{head}{visible(sample.text)}\n".encode()


def _sentence(sample: "Sample") -> str:
    lengths = bytes_by_origin(sample.record)
    return front_matter_sentence(lengths[Origin.MACHINE], lengths[Origin.EDITED], len(sample.body))


def _json_line(sample: "Sample") -> bytes:
    made = sample.continuation
    generated = sum(len(each["ids"]) for each in sample.record["gens"])
    row = {
        "id": 0 if made is None else made.lane,
        "ended": made is not None and made.stop_reason is StopReason.END_OF_TEXT,
        "length": generated if made is None else len(made.ids),
        "text": sample.text,
    }
    if not sample.is_utf8:
        row["body_base64"] = _base64(sample)
    return f'{json.dumps(row)[:-1]}, "gpt2_tui": {sample.label}}}\n'.encode()


def _base64(sample: "Sample") -> str:
    return base64.b64encode(sample.body).decode()
