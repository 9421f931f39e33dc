"""What is deleted goes into the bin and comes back; nothing is overwritten on the way."""

from pathlib import Path

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


def history() -> bytes:
    return b"".join(path.read_bytes() for path in locations.history_folder().glob("*"))


def write_draft(name: str, text: str, kept: str) -> Path:
    path = locations.drafts_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    writing = write_in(path)
    writing.type(text)
    writing.keep(kept)
    writing.close()
    return path


def empty_bin() -> None:
    for each in files.what_is_in_bin():
        files.delete_from_bin(each)


def test_what_is_deleted_for_good_leaves_no_history() -> None:
    gone = write_draft("gone.txt", "Xylophones.", " Zebras.")
    kept = write_draft("kept.txt", "It rained.", " He slept.")
    files.put_in_bin(entry_of(gone))
    assert b"Xylophones" in history()
    empty_bin()
    assert b"Xylophones" not in history()
    assert b"Zebras" not in history()
    again = write_in(kept)
    assert again.origins() == [("It rained.", "human"), (" He slept.", "machine")]
    again.autosave.leave()


def test_what_was_set_aside_of_a_history_is_deleted_with_it() -> None:
    path = write_draft("story.txt", "Xylophones.", " Zebras.")
    (store,) = locations.history_folder().glob("*.sqlite3")
    whole = store.read_bytes()
    store.write_bytes(whole[: len(whole) // 2])
    writing = write_in(path)
    assert "set aside" in writing.notes
    writing.type(" More.")
    writing.close()
    files.put_in_bin(entry_of(path))
    empty_bin()
    assert list(locations.history_folder().iterdir()) == []


def test_a_new_draft_of_that_name_has_nothing_of_the_one_in_the_bin() -> None:
    first = write_draft("story.txt", "It rained.", " He slept.")
    moved = files.put_in_bin(entry_of(first))
    second = write_in(first)
    assert "is new" in second.notes
    second.type("The sun shone.")
    second.close()
    back = files.bring_back(moved, Kind.DRAFT)
    again = write_in(back)
    assert again.notes == ""
    assert again.origins() == [("It rained.", "human"), (" He slept.", "machine")]
    again.autosave.leave()
    again = write_in(first)
    assert again.notes == ""
    assert again.origins() == [("The sun shone.", "human")]
    again.autosave.leave()


def test_one_that_comes_back_takes_the_place_of_none_that_was_moved_by_hand(
    tmp_path: Path,
) -> None:
    moved = files.put_in_bin(entry_of(write_draft("story.txt", "It rained.", " He slept.")))
    second = write_draft("story.txt", "The sun shone.", " She woke.")
    elsewhere = second.rename(tmp_path / "story.txt")
    assert files.bring_back(moved, Kind.DRAFT) == second
    for path, text in ((second, " He slept."), (elsewhere, " She woke.")):
        again = write_in(path)
        assert again.notes == ""
        assert again.origins()[1] == (text, "machine")
        again.autosave.leave()


def test_a_draft_that_is_open_in_the_bin_is_not_deleted() -> None:
    moved = files.put_in_bin(entry_of(write_draft("story.txt", "It rained.", " He slept.")))
    opened = open_file(moved)
    with pytest.raises(StorageError, match="open in a desk"):
        empty_bin()
    assert moved.exists()
    opened.place.leave()


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
