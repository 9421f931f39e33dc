"""Measure the bundled starter: `make figures CORPUS=folder`."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from export.exporter import export_checkpoint
from export.precisions import FP32
from export.training.corpus import CorpusError
from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import UserError
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.models.folder import sha256_of
from gpt2_tui.openings import openings

from . import pages
from .bits import score_text
from .books import Book, Corpus, read_corpus
from .openings import OpeningError, check_unread, write_samples
from .texts import COUNT, human_texts, samples
from .training import TrainingRun, read_run
from .variety import variety
from .verbatim import distribution, longest_matches, rounds_at_most

Advance = Callable[[int], None]


class _Display:
    """One moving line for each part of the work."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def say(self, text: str) -> None:
        self._progress.console.print(text, highlight=False)

    @contextmanager
    def part(self, name: str, total: int) -> Iterator[Advance]:
        """A part of the work: a function to tell how much more of `total` is done."""
        self.say(name)
        task = self._progress.add_task(name, total=total)
        yield lambda more: self._progress.advance(task, more)
        self._progress.update(task, visible=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the figures and the pages; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m docs.starter_figures", description=__doc__)
    parser.add_argument("corpus", type=Path, help="the folder that the starter was trained on")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        default=Path(".training/starter/checkpoint"),
        help="the folder that the starter was made of (default: %(default)s)",
    )
    parser.add_argument(
        "--only-samples",
        action="store_true",
        help="write the samples of the openings alone, and leave the figures as they are",
    )
    options = parser.parse_args(arguments)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            _measure(options.corpus, options.checkpoint, options.only_samples, _Display(progress))
    except (CorpusError, OpeningError, UserError, OSError) as error:
        console.print(str(error), markup=False, highlight=False)
        return 1
    pages.draw()
    return 0


def _measure(folder: Path, checkpoint: Path, only_samples: bool, display: _Display) -> None:
    run = read_run(checkpoint)
    corpus = read_corpus(folder, run.recipe, display.say)
    offered = openings()
    check_unread(offered, corpus)
    if not only_samples:
        figures = _figures(checkpoint, run, corpus, display)
        pages.FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    with display.part("samples of the openings", len(offered)) as advance:
        write_samples(offered, pages.SAMPLES, advance)


def _figures(
    checkpoint: Path, run: TrainingRun, corpus: Corpus, display: _Display
) -> dict[str, Any]:
    shipped = load_model(None, Device.CPU)
    return {
        "model": _about(shipped),
        "checkpoint": sha256_of(checkpoint / "model.safetensors"),
        "training": run.facts,
        "measured_on_the_way": run.measured,
        **_texts(shipped, corpus, display),
        "bits_per_byte": _bits_per_byte(shipped, checkpoint, corpus.books, display),
    }


def _about(model: LoadedModel) -> dict[str, Any]:
    manifest = model.folder.manifest
    return {
        "name": model.name,
        "precision": model.session.precision,
        "bytes": sum(each.size for each in manifest.files.values()),
        "files": model.folder.digests,
        "heads": manifest.architecture.heads,
    }


def _texts(model: LoadedModel, corpus: Corpus, display: _Display) -> dict[str, Any]:
    """Variety and verbatim matches of samples, and of human texts of the same lengths."""
    with display.part(f"{COUNT} samples", COUNT) as advance:
        made = list(samples(model, advance))
    human = list(human_texts(corpus.books, model.tokenizer, [len(each.ids) for each in made]))
    size = rounds_at_most() * sum(map(len, corpus.trained_on))
    with display.part("their longest matches in the training text", size) as advance:
        texts = [each.text for each in (*made, *human)]
        matches = longest_matches(texts, corpus.trained_on, advance)
    longest = max(matches[: len(made)], key=lambda match: len(match.text))
    return {
        "variety": {"samples": variety(made), "human": variety(human)},
        "verbatim": {
            "samples": distribution(matches[: len(made)]),
            "human": distribution(matches[len(made) :]),
            "longest": longest.text,
        },
    }


def _bits_per_byte(
    shipped: LoadedModel, checkpoint: Path, books: Sequence[Book], display: _Display
) -> list[dict[str, Any]]:
    """The figures of each book, by the shipped model and by its checkpoint in fp32."""
    with TemporaryDirectory() as folder:
        exported = Path(folder, "checkpoint")
        export_checkpoint(checkpoint, exported, precision=FP32.name)
        models = {"checkpoint": load_model(str(exported), Device.CPU), "shipped": shipped}
        if models["checkpoint"].tokenizer.sha256 != shipped.tokenizer.sha256:
            raise UserError(f"the bundled model was not made of {checkpoint}: other tokens")
        size = len(models) * sum(len(book.text.encode()) for book in books)
        with display.part("bits a byte", size) as advance:
            return [_score_book(book, models, advance, display) for book in books]


def _score_book(
    book: Book, models: Mapping[str, LoadedModel], advance: Advance, display: _Display
) -> dict[str, Any]:
    scores = {name: score_text(model, book.text, advance) for name, model in models.items()}
    display.say(f"{book.title}: {scores['shipped'].bits_per_byte:.4f}")
    return {
        "part": book.part,
        "title": book.title,
        "bytes": scores["shipped"].bytes,
        "tokens": scores["shipped"].tokens,
        **{name: score.bits_per_byte for name, score in scores.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
