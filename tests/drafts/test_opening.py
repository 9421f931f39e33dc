"""A plain file and its history come together again, whatever happened to either."""

import sqlite3
from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.drafts.opening import open_file
from gpt2_tui.drafts.plain_file import digest_of
from gpt2_tui.drafts.store import Store
from gpt2_tui.errors import PromptError
from tests.drafts.writing import killed, makers, stores, write_and_close, write_in
from tests.labels.samples import MAKER


def test_a_draft_that_was_closed_is_as_it_was(story: Path) -> None:
    write_and_close(story)
    assert story.read_text() == "It rained. Hard. He slept."
    again = write_in(story)
    assert again.notes == ""
    assert again.origins() == [("It rained. Hard.", "human"), (" He slept.", "machine")]
    assert makers(again.draft.authored) == [MAKER]
    assert again.draft.undo()
    assert again.draft.undo()
    assert again.draft.authored.text == "It rained."
    assert again.draft.redo()
    assert again.draft.redo()
    assert again.origins()[1] == (" He slept.", "machine")


def test_a_file_that_was_only_looked_at_is_left_alone(story: Path) -> None:
    before = story.stat()
    write_in(story).autosave.leave()
    assert story.stat() == before
    assert stores() == []
    assert list(locations.history_folder().iterdir()) == []


def test_a_file_that_is_not_there_yet_comes_with_the_first_words(tmp_path: Path) -> None:
    file = tmp_path / "new.md"
    writing = write_in(file)
    assert not file.exists()
    writing.type("Rain")
    writing.save()
    assert file.read_text() == "Rain"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(PromptError, match="there is no folder"):
        open_file(tmp_path / "nowhere" / "new.md")


def test_what_was_saved_before_a_kill_is_restored_and_said(story: Path) -> None:
    with killed(story) as writing:
        writing.type(" Hard")
        writing.save()
    again = write_in(story)
    assert again.draft.authored.text == story.read_text() == "It rained. Hard"
    assert "not closed last time" in again.notes
    again.close()
    assert write_in(story).notes == ""


def test_a_kill_between_history_and_file_loses_nothing(story: Path) -> None:
    with killed(story) as writing:
        writing.type(" Hard.")
        writing.keep(" He slept.")
        writing.save()
    behind = b"It rained. Hard."
    story.write_bytes(behind)
    (store,) = stores()
    execute(store, "UPDATE head SET file_digest = ?", digest_of(behind))
    with killed(story) as writing:
        assert "story.md was behind" in writing.notes
        assert writing.origins()[1] == (" He slept.", "machine")
        assert makers(writing.draft.authored) == [MAKER]
        writing.save()
    assert story.read_text() == "It rained. Hard. He slept."


def test_a_file_that_another_program_changed_keeps_the_authors_of_what_is_the_same(
    story: Path,
) -> None:
    write_and_close(story)
    story.write_text("Yes, it rained. Hard. He slept. The end.")
    again = write_in(story)
    assert "story.md was changed by another program" in again.notes
    assert again.origins() == [
        ("Yes, it rained. Hard.", "human"),
        (" He slept.", "machine"),
        (" The end.", "human"),
    ]
    assert again.draft.undo()
    assert again.draft.authored.text == "It rained. Hard. He slept."


def test_a_file_that_is_gone_begins_empty_with_its_past_in_the_history(story: Path) -> None:
    write_and_close(story)
    story.unlink()
    again = write_in(story)
    assert "story.md is gone" in again.notes
    assert again.draft.authored.text == ""
    assert again.draft.undo()
    assert again.draft.authored.text == "It rained. Hard. He slept."


def test_a_file_that_was_moved_takes_its_history_along(story: Path, tmp_path: Path) -> None:
    write_and_close(story)
    moved = story.rename(tmp_path / "moved.md")
    again = write_in(moved)
    assert again.notes == ""
    assert again.origins()[1] == (" He slept.", "machine")
    assert again.draft.undo()
    assert len(stores()) == 1


def test_a_copy_of_a_file_knows_whose_words_are_whose(story: Path, tmp_path: Path) -> None:
    write_and_close(story)
    copy = tmp_path / "copy.md"
    copy.write_bytes(story.read_bytes())
    again = write_in(copy)
    assert again.origins()[1] == (" He slept.", "machine")
    assert makers(again.draft.authored) == [MAKER]
    assert len(again.draft.tree) == 1
    again.type("!")
    again.close()
    assert len(stores()) == 2
    assert story.read_text() == "It rained. Hard. He slept."


def test_a_copy_of_a_draft_that_got_its_name_late_takes_nothing_from_it(tmp_path: Path) -> None:
    writing = write_in(None)
    writing.keep("Rain fell")
    named = writing.close()
    copy = tmp_path / "copy.txt"
    copy.write_bytes(named.read_bytes())
    assert len(write_in(copy).draft.tree) == 1
    assert len(write_in(named).draft.tree) == 3


def test_a_second_desk_gets_a_sibling_and_overwrites_nothing(story: Path) -> None:
    first, second, third = write_in(story), write_in(story), write_in(story)
    assert "story.md is open in another desk; this is a copy, story-2.md" in second.notes
    assert "story-3.md" in third.notes
    for writing, text in ((first, " One"), (second, " Two"), (third, " Three")):
        writing.type(text)
    for writing in (first, second, third):
        writing.close()
    assert [path.read_text() for path in sorted(story.parent.iterdir())] == [
        "It rained. Two",
        "It rained. Three",
        "It rained. One",
    ]


def test_a_second_desk_through_a_link_is_a_second_desk(story: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.md"
    link.symlink_to(story)
    first = write_in(link)
    first.type("!")
    first.save()
    assert link.is_symlink()
    assert story.read_text() == "It rained.!"
    assert "is open in another desk" in write_in(story).notes


def test_a_copy_for_a_second_desk_has_the_authors_too(story: Path) -> None:
    first = write_in(story)
    first.keep(" He slept.")
    first.save()
    second = write_in(story)
    assert second.origins() == first.origins()


def test_a_copy_that_no_history_knows_says_that_its_authors_are_lost(story: Path) -> None:
    first = write_in(story)
    first.keep(" He slept.")
    first.save()
    story.write_text("It rained. He slept. And woke.")
    second = write_in(story)
    assert "is open in another desk" in second.notes
    assert "Whose words are whose cannot be told: all of it counts as yours now" in second.notes
    plain = story.with_name("plain.md")
    plain.write_text("My own words.")
    assert write_in(plain).notes == ""
    assert "cannot be told" not in write_in(plain).notes


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"not a database" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: execute(path, "DROP TABLE node"),
        lambda path: execute(path, "UPDATE node SET change = '{}' WHERE number = 2"),
        lambda path: execute(path, "UPDATE node SET parent = 77 WHERE number = 2"),
        lambda path: execute(path, "UPDATE head SET spans = '[[3, \"human\"]]'"),
        lambda path: execute(path, "UPDATE head SET node = 99"),
        lambda path: execute(path, "DELETE FROM made"),
        lambda path: execute(path, "UPDATE made SET continuation = '[]'"),
    ],
    ids=["noise", "cut", "table", "change", "parent", "spans", "head", "made", "json"],
)
def test_a_damaged_history_is_set_aside_and_the_text_is_there(spoil: object, story: Path) -> None:
    write_and_close(story)
    (store,) = stores()
    assert callable(spoil)
    spoil(store)
    again = write_in(story)
    assert "the history of story.md is damaged" in again.notes
    assert f"it was set aside as {store}.damaged-1" in again.notes
    assert "Whose words are whose cannot be told: all of it counts as yours now" in again.notes
    assert again.draft.authored.text == "It rained. Hard. He slept."
    again.type("!")
    again.close()
    assert story.read_text() == "It rained. Hard. He slept.!"
    assert write_in(story).notes == ""


def test_a_history_of_another_version_is_left_to_it(story: Path) -> None:
    write_and_close(story)
    (store,) = stores()
    execute(store, "PRAGMA user_version = 9")
    before = store.read_bytes()
    again = write_in(story)
    assert f"{store} was written by another version of gpt2-tui" in again.notes
    assert "Whose words are whose cannot be told: all of it counts as yours now" in again.notes
    again.type("!")
    again.close()
    assert story.read_text() == "It rained. Hard. He slept.!"
    assert store.read_bytes() == before
    assert stores() == [store]
    execute(store, "PRAGMA user_version = 1")
    newer = write_in(story)
    assert newer.origins() == [
        ("It rained. Hard.", "human"),
        (" He slept.", "machine"),
        ("!", "human"),
    ]


def test_a_damaged_history_of_a_text_that_another_has_too_loses_no_author(
    story: Path, tmp_path: Path
) -> None:
    write_and_close(story)
    (store,) = stores()
    copy = tmp_path / "copy.md"
    copy.write_bytes(story.read_bytes())
    writing = write_in(copy)
    writing.type("!")
    writing.draft.undo()
    writing.close()
    store.write_bytes(b"not a database" * 1000)
    again = write_in(story)
    assert "is damaged" in again.notes
    assert "cannot be told" not in again.notes
    assert again.origins()[1] == (" He slept.", "machine")


def execute(path: Path, statement: str, *values: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement, values)
    connection.close()


def test_an_unnamed_draft_is_named_by_its_words_when_it_is_left() -> None:
    writing = write_in(None)
    writing.type("Rain fell on the roof")
    writing.save()
    assert [path.name for path in locations.drafts_folder().iterdir()] == ["untitled.txt"]
    path = writing.close()
    assert path == locations.drafts_folder() / "rain-fell-on-the-roof.txt"
    assert path.read_text() == "Rain fell on the roof"
    again = write_in(path)
    assert again.notes == ""
    assert again.draft.undo()


def test_an_unnamed_draft_that_was_not_finished_is_there_the_next_time() -> None:
    with killed(None) as writing:
        writing.type("Rain")
        writing.keep(" fell")
        writing.save()
    again = write_in(None)
    assert "not closed last time" in again.notes
    assert again.origins() == [("Rain", "human"), (" fell", "machine")]
    other = write_in(None)
    assert other.draft.authored.text == ""
    other.type("Sun")
    assert {again.close().name, other.close().name} == {"rain-fell.txt", "sun.txt"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Untitled", "draft-untitled.txt"),
        ("untitled 2", "draft-untitled-2.txt"),
        ("Untitled poem", "untitled-poem.txt"),
        ("…", "draft.txt"),
    ],
)
def test_a_finished_draft_is_never_taken_for_an_unfinished_one(text: str, name: str) -> None:
    writing = write_in(None)
    writing.type(text)
    assert writing.close().name == name
    again = write_in(None)
    assert again.draft.authored.text == ""
    again.type("Rain")
    again.close()
    assert (locations.drafts_folder() / name).read_text() == text


def test_a_prompt_is_always_a_new_draft() -> None:
    with killed(None) as writing:
        writing.type("Rain")
        writing.save()
    new = write_in(None, "Once")
    assert new.draft.authored.text == "Once"
    new.type("!")
    new.close()
    assert write_in(None).draft.authored.text == "Rain"


def test_without_a_data_folder_the_file_is_still_saved(story: Path) -> None:
    locations.data_folder().parent.mkdir(parents=True, exist_ok=True)
    locations.data_folder().write_text("in the way")
    writing = write_in(story)
    assert "the desk keeps no history of this" in writing.notes
    writing.type(" Hard.")
    writing.close()
    assert story.read_text() == "It rained. Hard."


def test_a_history_is_private(story: Path) -> None:
    write_and_close(story)
    assert locations.history_folder().stat().st_mode & 0o777 == 0o700
    for path in locations.history_folder().iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_store_that_is_not_there_is_no_store(tmp_path: Path) -> None:
    assert Store(tmp_path / "none.sqlite3").mark() is None
    assert list(tmp_path.iterdir()) == []


def test_a_history_from_before_names_were_bytes_is_read(story: Path, tmp_path: Path) -> None:
    write_and_close(story)
    (store,) = stores()
    execute(store, "UPDATE head SET file = ?", str(story))
    moved = story.rename(tmp_path / "moved.md")
    again = write_in(moved)
    assert again.notes == ""
    assert again.origins()[1] == (" He slept.", "machine")
