"""Token caches on disk, and batches of rows from them that depend on the step alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from . import vocabulary
from .corpus import MANIFEST, CorpusError, read_manifest, read_split
from .recipe import Recipe

Ids = npt.NDArray[np.uint16]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Prepared:
    """The corpus as tokens: by source, ids to train on and ids held back."""

    tokenizer: Tokenizer
    training: list[Ids]
    held_out: list[Ids]
    facts: dict[str, Any]


def _fingerprint(corpus: Path, recipe: Recipe) -> dict[str, Any]:
    """What the caches depend on, of the corpus and of the recipe, as JSON gives it back."""
    manifest = corpus / MANIFEST
    facts = {
        "manifest_sha256": _sha256(manifest) if manifest.exists() else None,
        "vocabulary": recipe.vocabulary,
        "vocabulary_sample_bytes": recipe.vocabulary_sample_bytes,
        "seed": recipe.seed,
        "sources": [asdict(source) for source in recipe.sources],
    }
    loaded: dict[str, Any] = json.loads(json.dumps(facts))
    return loaded


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def prepare(corpus: Path, out: Path, recipe: Recipe, say: Callable[[str], None]) -> Prepared:
    """Open the caches in ``out``, after making them where they are missing, or are of another
    corpus or recipe. Raises CorpusError."""
    folder = out / "tokens"
    facts_path = folder / "facts.json"
    fingerprint = _fingerprint(corpus, recipe)
    if not facts_path.exists() or json.loads(facts_path.read_text())["made_for"] != fingerprint:
        folder.mkdir(parents=True, exist_ok=True)
        facts_path.unlink(missing_ok=True)
        sources = _write_caches(corpus, folder, recipe, say)
        # Written last: a cache without its facts is unfinished and made again.
        facts = {"made_for": fingerprint, "sources": sources}
        facts_path.write_text(json.dumps(facts, indent=1))

    def opened(part: str) -> list[Ids]:
        return [
            np.memmap(folder / f"{source.name}.{part}.u16", dtype=np.uint16, mode="r")
            for source in recipe.sources
        ]

    return Prepared(
        tokenizer=Tokenizer.from_file(str(folder / "tokenizer.json")),
        training=opened("training"),
        held_out=opened("held_out"),
        facts=json.loads(facts_path.read_text())["sources"],
    )


def _write_caches(
    corpus: Path, folder: Path, recipe: Recipe, say: Callable[[str], None]
) -> dict[str, Any]:
    """Train the vocabulary and write every source's tokens; what was counted, by source."""
    say("reading the corpus")
    manifest = read_manifest(corpus)
    splits = {
        source.name: read_split(corpus, source, manifest, recipe.seed) for source in recipe.sources
    }
    say("training the vocabulary")
    tokenizer = vocabulary.train(
        (
            piece
            for source in recipe.sources
            for piece in vocabulary.sample(
                splits[source.name].training, round(recipe.vocabulary_sample_bytes * source.share)
            )
        ),
        recipe.vocabulary,
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    facts: dict[str, Any] = {}
    for name, split in splits.items():
        say(f"tokenising {name}")
        counts = {}
        for part, texts in (("training", split.training), ("held_out", split.held_out)):
            with (folder / f"{name}.{part}.u16").open("wb") as file:
                counts[part] = sum(
                    file.write(ids.tobytes()) // ids.itemsize
                    for ids in vocabulary.encode(tokenizer, texts)
                )
        facts[name] = {
            "training_works": len(split.works),
            "training_bytes": sum(work.bytes for work in split.works),
            "training_tokens": counts["training"],
            "held_out_tokens": counts["held_out"],
            "held_out_works": [
                {"title": work.title, "author": work.author, "origin": work.origin}
                for work in split.held_out_works
            ],
        }
    return facts


def blocks_by_source(recipe: Recipe) -> dict[str, int]:
    """How many of a step's blocks each source gives: its share, by the largest remainders."""
    exact = {source.name: source.share * recipe.blocks_per_step for source in recipe.sources}
    counts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: recipe.blocks_per_step - sum(counts.values())]:
        counts[name] += 1
    return counts


class Batches:
    """The rows of every step.

    A source is cut into blocks of one full window, which come in a shuffled order, each once
    before any comes again; the cut moves with every round. Each step takes a fixed number of
    blocks from every source, so a step's rows follow from its number and a resumed run sees what
    an uninterrupted one would have seen.

    Documents are long, and hardly a row would begin with one by chance. But that is how a text from
    nothing begins, and a model that hardly saw ``end_of_text`` in the first place of a row ended
    most such texts at once. So where a document begins within a row, every second such row begins
    with it.
    """

    def __init__(self, sources: list[Ids], recipe: Recipe, end_of_text: int) -> None:
        self._sources = sources
        self._recipe = recipe
        self._end_of_text = end_of_text
        self._counts = list(blocks_by_source(recipe).values())
        self._orders: dict[int, tuple[int, npt.NDArray[np.int64]]] = {}

    def rows(self, step: int, window: int) -> Rows:
        """Rows [B, window + 1] of a step: inputs and, shifted by one, targets.

        With a short window there are more rows for the same number of tokens.
        """
        return np.stack(
            [
                self._piece(source, step * count + index, start, window)
                for source, count in enumerate(self._counts)
                for index in range(count)
                for start in range(0, self._recipe.window, window)
            ]
        )

    def _piece(self, source: int, number: int, start: int, window: int) -> Rows:
        """One row, [window + 1]: the piece at ``start`` of a block of a source.

        It is the ``number``-th block for the first piece. Later pieces come from blocks further
        on in the round: a step's rows are then from different places in the text, and still each
        piece comes once in a round, but for rows moved to the begin of a document.
        """
        ids = self._sources[source]
        full = self._recipe.window
        # One window less than fits, so that the moved cut stays inside.
        in_round = (len(ids) - 1) // full - 1
        if in_round < 1:
            raise CorpusError(f"{self._recipe.sources[source].name}: too little text to train on")
        round_number, place = divmod(number, in_round)
        if self._orders.get(source, (-1,))[0] != round_number:
            generator = np.random.default_rng([self._recipe.seed, source, round_number])
            order = generator.integers(full) + full * generator.permutation(in_round)
            self._orders[source] = (round_number, order)
        place = (place + start * in_round // full) % in_round
        begin = int(self._orders[source][1][place]) + start
        if number % 2 == 0:
            begin = self._begin_of_document(ids, begin, window)
        return ids[begin : begin + window + 1].astype(np.int64)

    def _begin_of_document(self, ids: Ids, begin: int, window: int) -> int:
        """Where the first document within the row at ``begin`` begins; ``begin`` if none does, or
        if too little text is left behind it."""
        within = np.flatnonzero(ids[begin : begin + window + 1] == self._end_of_text)
        moved = begin + int(within[0]) if len(within) else begin
        return moved if moved + window < len(ids) else begin


def held_out_rows(ids: Ids, count: int, window: int) -> Rows:
    """``count`` rows [count, window + 1] at even distances in held-out text, without overlap."""
    available = (len(ids) - 1) // window
    places = np.linspace(0, available, min(count, available), endpoint=False).astype(np.int64)
    return np.stack([ids[p * window : p * window + window + 1] for p in places]).astype(np.int64)
