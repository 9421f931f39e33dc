"""Saving samples: one private file each, under a name made from its text."""

from collections.abc import Iterable
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Sample

_WORDS_IN_NAME = 6


def save(samples: Iterable[Sample], folder: Path, file_format: Format) -> list[Path]:
    """Write each sample as a new file in `folder`; nothing is ever overwritten.

    Raises StorageError; the files written before it stay.
    """
    return [
        storage.write_new(folder, _stem(sample), file_format.suffix, render(sample, file_format))
        for sample in samples
    ]


def _stem(sample: Sample) -> str:
    words = " ".join(sample.text.split()[:_WORDS_IN_NAME])
    made = sample.continuation
    return f"{storage.safe_stem(words, 'sample')}-seed{made.settings.seed}-lane{made.lane}"
