"""The corpus: works of one file, told apart by the manifest, some held back from training.

Each source is ``NAME.txt.xz``, its documents separated by a line ``<|endoftext|>``. A work is one
or more documents; ``MANIFEST.jsonl`` lists the works of every file in order, so that whole works
can be held back. A row has:

- ``title`` and ``author`` (may be null), ``source_repo`` and ``path``: what it is, and whence;
- ``file``: ``NAME.txt``, whose text it is part of;
- ``documents``: how many in a row are its own;
- ``bytes``: their size, with one newline between two of them.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .recipe import END_OF_TEXT, Source

SEPARATOR = f"\n{END_OF_TEXT}\n".encode()
HELD_OUT_BYTES = range(100_000, 800_000)
"""Works held back are of middling length: enough to measure on, little lost to training."""


MANIFEST = "MANIFEST.jsonl"


class CorpusError(Exception):
    """The corpus cannot be trained on: a file is missing, or is not what the manifest says."""


@dataclass(frozen=True)
class Work:
    """One row of the manifest."""

    title: str
    author: str
    file: str
    origin: str
    documents: int
    bytes: int


@dataclass(frozen=True)
class Split:
    """One source's text: documents to train on, documents held back, and whose they are."""

    training: list[str]
    held_out: list[str]
    works: list[Work]
    held_out_works: list[Work]

    def held_out_books(self) -> Iterator[tuple[Work, str]]:
        """Each work held back as one text, a newline between its documents."""
        documents = iter(self.held_out)
        for work in self.held_out_works:
            yield work, "\n".join(islice(documents, work.documents))


def read_manifest(folder: Path) -> list[Work]:
    """All works of the corpus, in the order of their text."""
    path = folder / MANIFEST
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise CorpusError(f"{path} is missing: held-out works are chosen from it") from None
    return [_work(line, f"{path}, row {number}") for number, line in enumerate(lines, 1)]


def _work(line: str, where: str) -> Work:
    try:
        row = json.loads(line)
        return Work(
            title=row["title"],
            author=row["author"] or "",
            file=row["file"],
            origin=f"{row['source_repo']}/{row['path']}",
            documents=int(row["documents"]),
            bytes=int(row["bytes"]),
        )
    except KeyError as error:
        raise CorpusError(f"{where}: no field {error}") from None
    except (TypeError, ValueError) as error:
        raise CorpusError(f"{where}: {error}") from None


def split_documents(text: bytes) -> list[bytes]:
    """Documents of a file's text, without their separators and the newline at its end."""
    return text.removesuffix(b"\n").split(SEPARATOR)


def works_documents(
    documents: Sequence[bytes], works: Sequence[Work]
) -> Iterator[tuple[Work, Sequence[bytes]]]:
    """Each work with its documents, checked against the manifest's sizes."""
    if len(documents) != sum(work.documents for work in works):
        raise CorpusError(f"{len(documents)} documents where the manifest counts others")
    start = 0
    for work in works:
        own = documents[start : start + work.documents]
        start += work.documents
        # The manifest counts one newline between documents of a work.
        size = sum(map(len, own)) + work.documents - 1
        if size != work.bytes:
            raise CorpusError(f"{work.title}: {size} bytes, {work.bytes} in the manifest")
        yield work, own


def choose_held_out(works: Sequence[Work], count: int, seed: int) -> set[Work]:
    """Works to hold back: a choice that depends on the seed and each work's origin only.

    A title that occurs twice is never chosen: its other edition would stay in training.
    """
    titles = [work.title.casefold() for work in works]
    candidates = [
        work
        for work in works
        if work.bytes in HELD_OUT_BYTES and titles.count(work.title.casefold()) == 1
    ]
    candidates.sort(key=lambda work: hashlib.sha256(f"{seed} {work.origin}".encode()).digest())
    return set(candidates[:count])


def read_split(folder: Path, source: Source, works: Sequence[Work], seed: int) -> Split:
    """Read one source and hold back its works; ``works`` is the whole manifest."""
    own = [work for work in works if work.file == f"{source.name}.txt"]
    held_out = choose_held_out(own, source.held_out_works, seed)
    split = Split([], [], [], [])
    for work, texts in works_documents(_documents(folder / f"{source.name}.txt.xz"), own):
        kept = work in held_out
        (split.held_out_works if kept else split.works).append(work)
        (split.held_out if kept else split.training).extend(text.decode() for text in texts)
    return split


def _documents(path: Path) -> list[bytes]:
    try:
        with lzma.open(path) as file:
            return split_documents(file.read())
    except FileNotFoundError:
        raise CorpusError(f"{path} is missing") from None
    except (lzma.LZMAError, EOFError) as error:
        raise CorpusError(f"{path} is damaged: {error}") from None
