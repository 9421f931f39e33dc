"""The texts of a file: what the library keeps of each, and one of them as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gpt2_tui.drafts.place import find_same
from gpt2_tui.drafts.plain_file import read_contents
from gpt2_tui.errors import PromptError, StorageError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.found import Found
from gpt2_tui.labels.reading import Reading, read_labels
from gpt2_tui.labels.record_check import Record
from gpt2_tui.labels.verdict import NO_LABEL, Judgment, Verdict, judge
from gpt2_tui.library import files
from gpt2_tui.library.entry import Entry, Facts, name_in
from gpt2_tui.library.files import FoundFile
from gpt2_tui.text.lines import as_lines

MOST_SAMPLES = 1000
"""Samples of one file that are listed."""
_LONGEST_BEGINNING = 160
_LONGEST_SEARCHED = 200_000


@dataclass(frozen=True)
class Shown:
    """A text and what is to be said of it. `found` is None where there is no label; `outside` are
    the bytes of the file that belong to no labeled text."""

    text: str
    judgment: Judgment
    found: Found | None
    outside: int = 0

    @property
    def record(self) -> Record | None:
        """The record of a label that is whole."""
        return self.judgment.record


def entries_of(file: FoundFile) -> Iterator[tuple[Entry, str]]:
    """Every text of a file, with what of it can be searched."""
    try:
        data = files.read(file.path)
    except StorageError as error:
        yield _entry(file, 1, 1, None, str(error), Facts(), ""), ""
        return
    reading = read_labels(data)
    count = len(reading.samples)
    for number in range(1, min(max(count, 1), MOST_SAMPLES) + 1):
        shown = _shown(reading, data, number)
        judgment, text = shown.judgment, shown.text[:_LONGEST_SEARCHED]
        facts = Facts() if shown.record is None else _facts(shown.record)
        detail = judgment.detail
        if number == MOST_SAMPLES < count:
            detail = f"{count - number} more samples of this file are not listed; {detail}"
        yield _entry(file, number, max(count, 1), judgment.verdict, detail, facts, text), text


def read_entry(path: Path, sample: int) -> Shown:
    """The text number `sample`, from 1, of a file as it is now. Raises StorageError."""
    data = files.read(path)
    reading = read_labels(data)
    if not 1 <= sample <= max(len(reading.samples), 1):
        raise StorageError(f"{path} has no sample {sample}")
    return _shown(reading, data, sample)


def known_authors(path: Path, text: str) -> AuthoredText | None:
    """Whose words are whose in an unlabeled draft that holds `text`, if the desk kept a history of
    it."""
    try:
        contents = read_contents(path)
    except PromptError:
        return None
    draft = None if contents is None or contents.text != text else find_same(contents)
    return None if draft is None else draft.authored


def _shown(reading: Reading, data: bytes, number: int) -> Shown:
    if not reading.samples:
        text = as_lines(data.decode("utf-8-sig", "replace"))
        return Shown(text, Judgment(Verdict.UNLABELED, NO_LABEL), None)
    found = reading.samples[number - 1]
    return Shown(found.body.decode("utf-8", "replace"), judge(found), found, reading.rest)


def _entry(
    file: FoundFile,
    sample: int,
    samples: int,
    verdict: Verdict | None,
    detail: str,
    facts: Facts,
    text: str,
) -> Entry:
    return Entry(
        path=file.path,
        kind=file.kind,
        in_bin=file.in_bin,
        name=name_in(files.folder_of(file.kind, in_bin=file.in_bin), file.path),
        sample=sample,
        samples=samples,
        time=file.changed / 1e9 if facts.time is None else facts.time,
        verdict=verdict,
        detail=detail,
        facts=facts,
        beginning=" ".join(text[: 2 * _LONGEST_BEGINNING].split())[:_LONGEST_BEGINNING],
    )


def _facts(record: Record) -> Facts:
    last = record.generations[-1] if record.generations else None
    sampling = None if last is None else last.settings.sampling
    return Facts(
        time=_seconds(str(record.value["created"])),
        model=record.maker.model,
        temperature=None if sampling is None else sampling.temperature,
        top_k=None if sampling is None else sampling.top_k,
        top_p=None if sampling is None else sampling.top_p,
        seed=None if last is None else last.settings.seed,
        lane=None if last is None else last.lane,
    )


def _seconds(moment: str) -> float | None:
    """A record's moment; None for one that is written well and is none, as the 31st of June."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except (ValueError, OverflowError):
        return None
