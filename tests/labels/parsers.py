"""Readers of labeled files that share nothing with the program."""

import base64
import hashlib
import json
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any


@dataclass(frozen=True)
class Parsed:
    """What a reader of a file gets."""

    caption: str | None
    record: dict[str, Any]
    body: bytes


def parse_markdown(data: bytes) -> Parsed:
    opening, label, rest = data.split(b"\n", 2)
    assert opening == b"---"
    record = json.loads(label.removeprefix(b"gpt2-tui: "))
    exact = None
    if rest.startswith(b"gpt2-tui-body: "):
        line, rest = rest.split(b"\n", 1)
        exact = base64.b64decode(line.removeprefix(b"gpt2-tui-body: "), validate=True)
    closing, blank, title, notice, blank_too, rest = rest.split(b"\n", 5)
    assert (closing, blank, blank_too) == (b"---", b"", b"")
    assert title.startswith(b"> **")
    assert notice.startswith(b"> ")
    shown = rest[: record["body"]["bytes"]] if exact is None else exact
    assert exact is not None or rest[len(shown) :] == b"\n"
    return Parsed(title.decode()[4:-2], record, shown)


def parse_text(data: bytes) -> Parsed:
    first, blank, rest = data.split(b"\n", 2)
    assert blank == b""
    assert rest.endswith(b"]\n")
    before, label = rest[:-2].rsplit(b"\n[gpt2-tui label: ", 1)
    record = json.loads(label)
    shown = rest[: record["body"]["bytes"]]
    exact = None
    last_line = before.rsplit(b"\n", 1)[-1]
    if hashlib.sha256(shown).hexdigest() != record["body"]["sha256"]:
        exact = base64.b64decode(
            last_line.removeprefix(b"[gpt2-tui body: ").removesuffix(b"]"), validate=True
        )
    return Parsed(first.decode()[1:-1], record, shown if exact is None else exact)


def parse_json_line(data: bytes) -> Parsed:
    assert data.endswith(b"\n")
    (line,) = data.decode().splitlines()
    row = json.loads(line)
    exact = row.get("body_base64")
    body = row["text"].encode() if exact is None else base64.b64decode(exact, validate=True)
    return Parsed(None, row["gpt2_tui"], body)


class Page(HTMLParser):
    """A web page as a browser's parser sees it: every element, and the text in each place."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.spans: list[tuple[str, str]] = []
        self._tags: list[str] = []
        self._open: list[str] = []
        self.feed(data.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        origin = attributes.get("data-origin")
        if origin is not None and self._open[-1] == "gpt2-tui-text":
            self.spans.append((origin, ""))
        if tag not in ("meta", "br"):
            self._tags.append(tag)
            self._open.append(attributes.get("id") or attributes.get("type") or tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._tags.pop() == tag
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open:
            assert data.strip() == ""
            return
        self.texts[self._open[-1]] = self.texts.get(self._open[-1], "") + data
        if "gpt2-tui-text" in self._open:
            origin, before = self.spans.pop()
            self.spans.append((origin, before + data))


def parse_page(data: bytes) -> Parsed:
    page = Page(data)
    record = json.loads(page.texts["gpt2-tui-label"])
    shown = "".join(text for _, text in page.spans).encode()
    exact = page.texts.get("gpt2-tui-body")
    body = shown if exact is None else base64.b64decode(exact, validate=True)
    assert [origin for origin, _ in page.spans] == [span["origin"] for span in record["spans"]]
    assert page.texts["title"] == page.texts["strong"]
    return Parsed(page.texts["title"], record, body)
