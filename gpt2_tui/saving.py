"""Saving samples and drafts: one private file each, under a name made from its text."""

from collections.abc import Iterable
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.continuations import prompt_bytes
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Maker, Sample, label_draft

_WORDS_IN_NAME = 6
_LOOKED_AT = 400


def save(samples: Iterable[Sample], folder: Path, file_format: Format) -> list[Path]:
    """Write each sample as a new file in `folder`; nothing is ever overwritten.

    Raises StorageError; the files written before it stay.
    """
    return [
        storage.write_new(folder, _stem(sample), file_format.suffix, render(sample, file_format))
        for sample in samples
    ]


def save_draft(draft: AuthoredText, maker: Maker | None, folder: Path) -> Path:
    """Write a draft as a new file in `folder`: plain text if a person wrote all of it, Markdown
    with its label if not. Raises StorageError."""
    if maker is None or draft.synthetic_share == 0:
        return storage.write_new(
            folder, _name(draft.text, "draft"), ".txt", prompt_bytes(draft.text)
        )
    data = render(label_draft(draft, maker), Format.MARKDOWN)
    return storage.write_new(folder, _name(draft.text, "draft"), Format.MARKDOWN.suffix, data)


def _stem(sample: Sample) -> str:
    name = _name(sample.text, "sample")
    made = sample.continuation
    return name if made is None else f"{name}-seed{made.settings.seed}-lane{made.lane}"


def _name(text: str, otherwise: str) -> str:
    return storage.safe_stem(" ".join(text[:_LOOKED_AT].split()[:_WORDS_IN_NAME]), otherwise)
