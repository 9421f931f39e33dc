"""Readers of labeled files that share nothing with the program."""

import base64
import hashlib
import json
from dataclasses import dataclass
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
