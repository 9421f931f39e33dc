"""The corpus as it is measured with: whole books held back, and all that was trained on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from export.training.corpus import read_manifest, read_split
from export.training.recipe import Recipe

Bytes = npt.NDArray[np.uint8]

BOUNDARY = b"\0"
"""Stands between the documents of a training text, so that nothing is found across two."""


@dataclass(frozen=True)
class Book:
    """A work that was held back. `part` is the file of the corpus that it is from."""

    part: str
    title: str
    text: str


@dataclass(frozen=True)
class Corpus:
    """Books that were held back, and the bytes that were trained on, one array for each file."""

    books: tuple[Book, ...]
    trained_on: tuple[Bytes, ...]


def read_corpus(folder: Path, recipe: Recipe, say: Callable[[str], None]) -> Corpus:
    """Read the corpus, split as the recipe splits it. Raises CorpusError."""
    manifest = read_manifest(folder)
    books = []
    trained_on = []
    for source in recipe.sources:
        say(f"reading {source.name}")
        split = read_split(folder, source, manifest, recipe.seed)
        books += [Book(source.name, work.title, text) for work, text in split.held_out_books()]
        data = BOUNDARY.join(text.encode() for text in split.training)
        trained_on.append(np.frombuffer(data, np.uint8))
    return Corpus(tuple(books), tuple(trained_on))
