"""Samples of the starter's openings, three lanes each: docs/samples.jsonl, and its page."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gpt2_tui.labels.caption import STOP_REASONS
from gpt2_tui.labels.plain_words import recorded_caption
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record_check import Record
from gpt2_tui.text.visible import visible

from .books import Corpus
from .verbatim import longest_matches

LANES = 3
_ARGUMENTS = {
    "count": LANES,
    "length": 120,
    "temperature": 0.8,
    "top-k": 40,
    "top-p": 1,
    "seed": 2,
    "model": "starter",
    "device": "cpu",
}

# What Markdown would take for its own, in a line or at its beginning.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&$]|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")


class OpeningError(Exception):
    """The openings cannot be used."""


def check_unread(openings: Sequence[str], corpus: Corpus) -> None:
    """Raise OpeningError if an opening stands in the text that was trained on."""
    matches = longest_matches(openings, corpus.trained_on)
    for opening, match in zip(openings, matches, strict=True):
        if match.text.strip() == opening.strip():
            raise OpeningError(f"this opening is in the training text: {opening}")


def command(opening: str) -> list[str]:
    """The command line that continues an opening; its settings are all named."""
    given = (word for name, value in _ARGUMENTS.items() for word in (f"--{name}", str(value)))
    return ["gpt2-tui", "sample", "--prompt", opening, *given]


def write_samples(openings: Sequence[str], path: Path, advance: Callable[[int], None]) -> None:
    """Run the command of each opening and write all samples, labeled, as JSON lines."""
    lines = []
    for opening in openings:
        program = [sys.executable, "-m", "gpt2_tui", *command(opening)[1:], "--json"]
        # Nothing here comes from outside: this interpreter, and the openings that are shipped.
        done = subprocess.run(program, check=True, stdout=subprocess.PIPE)  # noqa: S603
        lines.append(done.stdout)
        advance(1)
    path.write_bytes(b"".join(lines))


def sample_sections(data: bytes) -> str:
    """The samples of samples.jsonl as Markdown, each under its caption, opening by opening."""
    parts: list[str] = []
    before = None
    for found in read_labels(data).samples:
        if found.record is None:
            raise ValueError(found.fault)
        opening, written = _texts(found.record.value, found.body)
        if opening != before:
            before = opening
            number = sum(part.startswith("### ") for part in parts) + 1
            parts += [f"### Opening {number}", f"```\n{shlex.join(command(opening))}\n```"]
        parts += _sample(found.record, opening, written)
    return "\n\n".join(parts)


def _texts(record: Mapping[str, Any], body: bytes) -> tuple[str, str]:
    """A sample's two spans: what was given, and what the model wrote."""
    (_, machine) = record["spans"]
    data = body[: machine["start"]], body[machine["start"] :]
    return data[0].decode(), data[1].decode("utf-8", "replace")


def _sample(record: Record, opening: str, written: str) -> Iterator[str]:
    (made,) = record.generations
    ended = STOP_REASONS[made.stop_reason]
    yield f"**{recorded_caption(record)}** · {len(made.ids)} tokens, ended by: {ended}"
    first, *more = written.split("\n")
    lines = [f"<b>{_literal(opening)}</b>{_literal(first)}", *map(_literal, more)]
    yield "\n>\n".join(f"> {line}" for line in lines if line)


def _literal(text: str) -> str:
    """A line that Markdown shows as it is."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}", visible(text))
