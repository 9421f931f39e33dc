"""A labeled file opens as a new draft with its authors; the file itself is never written over."""

from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.drafts.opening import OpenDraft, open_file
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.settings import Sampling, Settings
from tests.drafts.writing import Writing
from tests.labels.samples import MAKER, sample

SETTINGS = Settings(Sampling(0.5, 0, 0.9), length=40, seed=9)


def labeled(folder: Path, file_format: Format = Format.MARKDOWN) -> Path:
    path = folder / f"sample{file_format.suffix}"
    path.write_bytes(render(sample(" put down his lamp.", "The keeper", SETTINGS), file_format))
    return path


def notes(opened: OpenDraft) -> str:
    return "\n".join(opened.notes)


@pytest.mark.parametrize("file_format", list(Format))
def test_it_is_a_new_draft_that_names_its_origin(tmp_path: Path, file_format: Format) -> None:
    path = labeled(tmp_path, file_format)
    data = path.read_bytes()
    opened = open_file(path)
    writing = Writing(opened)
    assert writing.origins() == [("The keeper", "human"), (" put down his lamp.", "machine")]
    spans = opened.draft.authored.spans
    assert [each.continuation.maker for each in spans if each.continuation] == [MAKER]
    assert opened.settings == SETTINGS
    assert not opened.is_named
    assert opened.place.path.parent == locations.drafts_folder()
    assert notes(opened) == f"A new draft from {path.name}, which is INTACT and stays as it is"
    writing.type(" Then?")
    saved = writing.close()
    assert saved.read_text() == "The keeper put down his lamp. Then?"
    assert path.read_bytes() == data
    again = Writing(open_file(saved))
    assert again.origins()[1] == (" put down his lamp.", "machine")
    again.autosave.leave()


def test_only_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    Writing(open_file(labeled(tmp_path))).autosave.leave()
    assert list(locations.drafts_folder().glob("*")) == []


def test_a_modified_one_says_which_span(tmp_path: Path) -> None:
    path = labeled(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"his lamp", b"the lamp"))
    opened = open_file(path)
    assert "MODIFIED: span 2 (machine, bytes 10 to 29) was changed" in notes(opened)
    writing = Writing(opened)
    assert writing.origins() == [("The keeper", "human"), (" put down the lamp.", "edited")]
    writing.autosave.leave()


def test_a_damaged_label_leaves_the_text_as_it_stands(tmp_path: Path) -> None:
    path = labeled(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"seed":9', b'"seed":8'))
    opened = open_file(path)
    assert opened.draft.authored.text == path.read_text()
    assert opened.place.path == path
    assert "the label in sample.md is damaged" in notes(opened)
    assert "Whose words are whose cannot be told: all of it counts as yours now" in notes(opened)
    opened.place.leave()


def test_a_damaged_label_is_told_of_a_copy_too(tmp_path: Path) -> None:
    path = labeled(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"seed":9', b'"seed":8'))
    path.chmod(0o444)
    opened = open_file(path)
    assert opened.place.path.name == "sample-2.md"
    assert "the label in sample.md is damaged" in notes(opened)
    assert "Whose words are whose cannot be told: all of it counts as yours now" in notes(opened)
    opened.place.leave()


def test_of_several_samples_it_is_the_first(tmp_path: Path) -> None:
    path = labeled(tmp_path, Format.JSON_LINES)
    path.write_bytes(path.read_bytes() * 3)
    opened = open_file(path)
    assert opened.draft.authored.text == "The keeper put down his lamp."
    assert "It is the first of the 3 samples of the file" in notes(opened)
    opened.place.leave()


def test_text_outside_of_the_label_is_spoken_of(tmp_path: Path) -> None:
    path = labeled(tmp_path, Format.TEXT)
    path.write_bytes(path.read_bytes() + b"My remark.\n")
    opened = open_file(path)
    assert "bytes outside of the labeled text are left out" in notes(opened)
    opened.place.leave()


def test_a_draft_that_quotes_a_label_goes_on_as_that_draft(tmp_path: Path) -> None:
    quoted = labeled(tmp_path, Format.TEXT).read_text()
    path = tmp_path / "mine.txt"
    first = Writing(open_file(path))
    first.type("My words.\n\n")
    first.draft.become(type(first.draft.authored).human("My words.\n\n" + quoted))
    first.close()
    again = Writing(open_file(path))
    assert again.opened.is_named
    assert again.draft.authored.text.startswith("My words.")
    assert again.draft.authored.text.endswith(quoted)
    again.autosave.leave()
