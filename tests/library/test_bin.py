"""What is deleted goes into the bin and comes back; nothing is overwritten on the way."""

import pytest

from gpt2_tui import locations
from gpt2_tui.drafts.opening import open_file
from gpt2_tui.errors import StorageError
from gpt2_tui.library import files
from gpt2_tui.library.entry import Kind
from gpt2_tui.library.query import Query
from tests.drafts.writing import write_in
from tests.library.files import entry_of, names, save_draft, save_sample


def test_it_is_in_the_bin_and_comes_back_as_it_was() -> None:
    path = save_sample(" slept")
    data = path.read_bytes()
    moved = files.put_in_bin(entry_of(path))
    assert moved.is_relative_to(locations.bin_folder())
    assert names() == []
    assert names(Query("slept", in_bin=True)) == [path.name]
    assert files.bring_back(moved, Kind.SAMPLE) == path
    assert path.read_bytes() == data
    assert names(Query(in_bin=True)) == []


def test_two_of_one_name_both_stay() -> None:
    path = save_draft("a.txt", "first")
    files.put_in_bin(entry_of(path))
    save_draft("a.txt", "second")
    other = files.put_in_bin(entry_of(path))
    assert names(Query(in_bin=True)) == ["a-2.txt", "a.txt"]
    save_draft("a.txt", "third")
    assert files.bring_back(other, Kind.DRAFT).read_text() == "second"
    assert path.read_text() == "third"


def test_a_draft_comes_back_with_its_history() -> None:
    path = locations.drafts_folder() / "story.txt"
    path.parent.mkdir(parents=True)
    writing = write_in(path)
    writing.type("It rained.")
    writing.keep(" He slept.")
    writing.close()
    moved = files.put_in_bin(entry_of(path))
    assert files.bring_back(moved, Kind.DRAFT) == path
    again = write_in(path)
    assert again.origins() == [("It rained.", "human"), (" He slept.", "machine")]
    again.autosave.leave()


def test_a_draft_that_is_open_stays_where_it_is() -> None:
    path = save_draft("mine.txt", "It rained.")
    opened = open_file(path)
    with pytest.raises(StorageError, match="open in a desk"):
        files.put_in_bin(entry_of(path))
    assert path.read_text() == "It rained."
    opened.place.leave()


def test_a_file_that_is_gone_by_then_is_an_error_in_words() -> None:
    path = save_sample(" slept")
    entry = entry_of(path)
    path.unlink()
    with pytest.raises(StorageError, match="cannot write in"):
        files.put_in_bin(entry)
