"""Saving samples and drafts: one private file each, under a name made from its text."""

from collections.abc import Iterable
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Sample


def save(samples: Iterable[Sample], folder: Path, file_format: Format) -> list[Path]:
    """Write each sample as a new file in `folder`; nothing is ever overwritten.

    Raises StorageError; the files written before it stay.
    """
    return [
        storage.write_new(folder, _stem(sample), file_format.suffix, render(sample, file_format))
        for sample in samples
    ]


def save_labeled(draft: Sample, folder: Path) -> Path:
    """Write a labeled draft as a new Markdown file in `folder`. Raises StorageError."""
    stem = storage.stem_from(draft.text, "draft")
    data = render(draft, Format.MARKDOWN)
    return storage.write_new(folder, stem, Format.MARKDOWN.suffix, data)


def _stem(sample: Sample) -> str:
    name = storage.stem_from(sample.text, "sample")
    made = sample.continuation
    return name if made is None else f"{name}-seed{made.settings.seed}-lane{made.lane}"
