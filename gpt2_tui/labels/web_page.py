"""A sample as a web page: a banner, the text with its origins marked, and the record.

Nothing on it is active: its content policy admits one style sheet by its hash and nothing else,
and all that is text is escaped. Newlines are `<br>`, so that a browser without the style breaks
lines as well. The page is wholly decided by the caption, the record and the body, so that a reader
can tell any change.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gpt2_tui.labels.authorship import Origin
from gpt2_tui.labels.caption import who_wrote_what
from gpt2_tui.labels.schema import MACHINE_ONLY, bytes_by_origin, label_line
from gpt2_tui.text.visible import one_line, visible

LABEL_START = b'<script type="application/json" id="gpt2-tui-label">'
PAGE_START = b"<!DOCTYPE html>"
_BODY_START = b'<script type="text/plain" id="gpt2-tui-body">'
_DATA_END = b"</script>"
_TEXT_START, _TEXT_END = b'<div id="gpt2-tui-text">', b"</div>"
_TAG = re.compile(r"<[^<>]*>")
_NEWLINE = "<br>\n"
_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1.1rem/1.6 serif; }
header { border: 2px solid; padding: 0 1rem; margin-bottom: 2rem; font: 1rem/1.5 sans-serif; }
div { white-space: pre-wrap; overflow-wrap: anywhere; }
div br { display: none; }
mark { color: inherit; background: rgb(255 176 0 / 20%); }
mark[data-origin=edited] { text-decoration: underline dotted; }
"""
_SCHEMA_ORG = "https://schema.org/"
# Inside a script element only these could end it or change how the rest is read.
_JSON_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}


@dataclass(frozen=True)
class PageParts:
    """Where in the bytes of a page the record stands, the body in base64 if there is one, and the
    text without its marks."""

    label: tuple[int, int]
    exact: bytes | None
    text: bytes


def web_page(caption: str, record: Mapping[str, Any], body: bytes, *, with_exact: bool) -> str:
    """The whole page; `with_exact` adds the exact bytes of a body that a page cannot show."""
    title = html.escape(one_line(caption))
    policy = f"default-src 'none'; style-src '{_style_hash()}'; base-uri 'none'; form-action 'none'"
    exact = ""
    if with_exact:
        exact = f"{_BODY_START.decode()}{base64.b64encode(body).decode()}{_DATA_END.decode()}\n"
    return (
        f"{PAGE_START.decode()}\n"
        '<html lang="en">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n"
        f"<style>{_STYLE}</style>\n"
        f'<script type="application/ld+json">{_linked_data(record)}</script>\n'
        f"{LABEL_START.decode()}{page_line(label_line(record))}{_DATA_END.decode()}\n"
        f"{exact}"
        "</head>\n"
        "<body>\n"
        "<header>\n"
        f"<p><strong>{title}</strong></p>\n"
        f"<p>{_explanation(record, body)}</p>\n"
        "</header>\n"
        # The language of the text is nobody's to say.
        '<main lang="">\n'
        f"{_TEXT_START.decode()}{''.join(_marked(record, body))}{_TEXT_END.decode()}\n"
        "</main>\n"
        "</body>\n"
        "</html>\n"
    )


def page_line(line: str) -> str:
    """JSON in one line as it stands inside a page; it reads as the same JSON."""
    return line.translate(_JSON_ESCAPES)


def page_parts(page: bytes) -> PageParts | None:
    """The parts of the page that carries a label; None if the page has no whole one."""
    start = page.find(LABEL_START) + len(LABEL_START)
    end = page.find(_DATA_END, start)
    if start < len(LABEL_START) or end < 0:
        return None
    exact = _between(page, _BODY_START, _DATA_END, end)
    shown = _between(page, _TEXT_START, _TEXT_END, end) or b""
    lines = shown.decode("utf-8", "surrogateescape").replace(_NEWLINE, "\n")
    text = html.unescape(_TAG.sub("", lines))
    return PageParts((start, end), exact, text.encode("utf-8", "surrogateescape"))


def _style_hash() -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def _linked_data(record: Mapping[str, Any]) -> str:
    kind = "Trained" if record["digital_source_type"] == MACHINE_ONLY else "CompositeWithTrained"
    work = {
        "@context": _SCHEMA_ORG.rstrip("/"),
        "@type": "CreativeWork",
        "dateCreated": record["created"],
        "description": record["notice"],
        "digitalSourceType": f"{_SCHEMA_ORG}{kind}AlgorithmicMediaDigitalSource",
        "identifier": f"sha256:{record['id']}",
    }
    return page_line(label_line(work))


def _explanation(record: Mapping[str, Any], body: bytes) -> str:
    lengths = bytes_by_origin(record)
    machine, edited = lengths[Origin.MACHINE], lengths[Origin.EDITED]
    sentence = who_wrote_what(machine, edited, len(body), "the marks show which")
    changed = (
        ' <mark data-origin="edited">Marked and underlined</mark>: changed by a person since.'
        if edited
        else ""
    )
    return f"{sentence} <mark>Marked</mark>: written by the model.{changed}"


def _marked(record: Mapping[str, Any], body: bytes) -> Iterator[str]:
    for span in record["spans"]:
        tag = "span" if span["origin"] == Origin.HUMAN else "mark"
        text = visible(body[span["start"] : span["end"]].decode("utf-8", "replace"))
        escaped = html.escape(text, quote=False).replace("\n", _NEWLINE)
        yield f'<{tag} data-origin="{span["origin"]}">{escaped}</{tag}>'


def _between(page: bytes, before: bytes, after: bytes, place: int) -> bytes | None:
    start = page.find(before, place)
    if start < 0:
        return None
    start += len(before)
    end = page.find(after, start)
    return page[start:] if end < 0 else page[start:end]
