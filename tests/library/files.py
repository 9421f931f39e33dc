"""Samples and drafts on the disk, and what the index has of them."""

from pathlib import Path

from gpt2_tui import locations
from gpt2_tui.labels.formats import Format
from gpt2_tui.library.entry import Entry
from gpt2_tui.library.index import Index
from gpt2_tui.library.query import Query
from gpt2_tui.saving import save
from gpt2_tui.settings import Sampling, Settings
from tests.labels.samples import sample

PROMPT = "The keeper"


def save_sample(
    written: str,
    *,
    temperature: float = 0.8,
    seed: int = 7,
    file_format: Format = Format.MARKDOWN,
) -> Path:
    settings = Settings(Sampling(temperature), seed=seed)
    made = sample(written, PROMPT, settings)
    return save([made], locations.samples_folder(), file_format)[0]


def save_draft(name: str, text: str) -> Path:
    path = locations.drafts_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(query: Query | None = None) -> list[str]:
    """The names of what fits, in order of name."""
    index = refreshed()
    try:
        return sorted(entry.name for entry in index.find(query or Query()))
    finally:
        index.close()


def refreshed() -> Index:
    index = Index.open()
    index.refresh()
    return index


def entry_of(path: Path, *, in_bin: bool = False) -> Entry:
    index = refreshed()
    found = index.find(Query(in_bin=in_bin))
    index.close()
    return next(entry for entry in found if entry.path == path)
