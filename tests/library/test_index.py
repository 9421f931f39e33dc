"""The index of the library: the files are the truth, and whatever happens to it is mended."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpt2_tui import database, locations, storage
from gpt2_tui.labels.formats import Format
from gpt2_tui.labels.verdict import Verdict
from gpt2_tui.library import files, reading
from gpt2_tui.library import index as module
from gpt2_tui.library.entry import Kind
from gpt2_tui.library.index import Index
from gpt2_tui.library.query import Query
from tests.library.files import names, refreshed, save_draft, save_sample


@pytest.mark.parametrize("file_format", list(Format))
def test_an_entry_holds_what_the_label_says(file_format: Format) -> None:
    path = save_sample(" put down his lamp.", temperature=0.5, seed=9, file_format=file_format)
    (entry,) = refreshed().find(Query())
    assert (entry.path, entry.name, entry.kind) == (path, path.name, Kind.SAMPLE)
    assert (entry.sample, entry.samples, entry.verdict) == (1, 1, Verdict.INTACT)
    assert entry.beginning == "The keeper put down his lamp."
    assert (entry.facts.model, entry.facts.seed, entry.facts.lane) == ("tiny", 9, 0)
    assert entry.settings == ["temperature 0.50", "top-k 40", "top-p off", "seed 9", "lane 0"]


def test_what_has_no_label_is_there_too() -> None:
    save_draft("mine.txt", "It rained.")
    (entry,) = refreshed().find(Query())
    assert (entry.kind, entry.verdict, entry.facts.model) == (Kind.DRAFT, Verdict.UNLABELED, None)
    assert entry.settings == []


def test_a_changed_text_is_modified() -> None:
    path = save_sample(" slept")
    refreshed().close()
    path.write_bytes(path.read_bytes().replace(b" slept", b" awoke up"))
    assert [entry.verdict for entry in refreshed().find(Query())] == [Verdict.MODIFIED]


def test_every_sample_of_a_file_is_an_entry() -> None:
    rows = [save_sample(text, file_format=Format.JSON_LINES) for text in (" slept", " woke")]
    both = b"".join(path.read_bytes() for path in rows)
    for path in rows:
        path.unlink()
    (locations.samples_folder() / "both.jsonl").write_bytes(both)
    found = refreshed().find(Query())
    assert [(each.sample, each.samples) for each in found] == [(1, 2), (2, 2)]
    assert [each.title for each in found] == ["both.jsonl (sample 1)", "both.jsonl (sample 2)"]


def test_it_follows_the_files() -> None:
    first = save_sample(" slept")
    assert len(names()) == 1
    second = save_sample(" woke")
    assert len(names()) == 2
    first.unlink()
    assert names() == [second.name]
    save_draft("mine.txt", "It rained.")
    save_draft("mine.txt", "It poured down.")
    assert names(Query("poured")) == ["mine.txt"]
    assert names(Query("rained")) == []


def test_a_second_look_reads_no_file_again(monkeypatch: pytest.MonkeyPatch) -> None:
    save_sample(" slept")
    refreshed().close()
    monkeypatch.setattr(files, "read", None)
    assert len(names()) == 1


@pytest.mark.parametrize(
    "query",
    [
        Query("lamp"),
        Query("LAM"),
        Query("keeper put"),
        Query(seed=9),
        Query(temperature=0.5),
        Query(model="TIN", top_k=40, top_p=1),
        Query(whole_model="tiny"),
        Query("lamp", Kind.SAMPLE, "tiny", 0.5, 40, 1, 9, Verdict.INTACT),
    ],
)
def test_it_finds_by_words_and_by_settings(query: Query) -> None:
    path = save_sample(" put down his lamp.", temperature=0.5, seed=9)
    save_draft("mine.txt", "It rained.")
    assert names(query) == [path.name]


@pytest.mark.parametrize(
    "query",
    [
        Query("lamb"),
        Query("lamp rained"),
        Query(seed=8),
        Query(temperature=0.8),
        Query(model="gpt2"),
        Query(whole_model="tin"),
        Query(verdict=Verdict.MODIFIED),
        Query("lamp", Kind.DRAFT),
        Query("lamp", in_bin=True),
        Query("NEAR(lamp keeper)"),
        Query('"'),
    ],
)
def test_it_does_not_find_what_does_not_fit(query: Query) -> None:
    save_sample(" put down his lamp.", temperature=0.5, seed=9)
    save_draft("mine.txt", "It rained.")
    assert names(query) == []


def test_words_are_found_in_names_and_without_accents() -> None:
    save_draft("Übersicht.txt", "Un café.")
    for words in ("ubersicht", "cafe", "café txt"):
        assert names(Query(words)) == ["Übersicht.txt"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.text())
def test_whatever_is_typed_is_a_query(words: str, model: str) -> None:
    index = _memory()
    try:
        index.find(Query(words, model=model))
    finally:
        index.close()


def _memory() -> Index:
    return Index(module._in_memory())


def _spoil(change: Callable[[Path], object]) -> None:
    path = locations.library_index_file()
    for side in ("-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    change(path)


def _set_version(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def _drop_a_table(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE words")
    connection.close()


def _overwrite_the_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:] = b"\xaa" * (len(data) - 100)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "change",
    [
        Path.unlink,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no database at all" * 100),
        _overwrite_the_middle,
        _set_version,
        _drop_a_table,
    ],
    ids=["gone", "empty", "no database", "overwritten", "another version", "a table gone"],
)
def test_it_is_made_anew_from_the_files(change: Callable[[Path], object]) -> None:
    path = save_sample(" put down his lamp.")
    refreshed().close()
    _spoil(change)
    index = refreshed()
    assert [entry.path for entry in index.find(Query("lamp"))] == [path]
    assert index.note == ""
    index.close()
    assert locations.library_index_file().is_file()


def test_without_a_cache_it_is_held_in_memory() -> None:
    path = save_sample(" put down his lamp.")
    locations.cache_folder().parent.mkdir(parents=True, exist_ok=True)
    locations.cache_folder().write_text("in the way")
    index = refreshed()
    assert [entry.path for entry in index.find(Query("lamp"))] == [path]
    assert "cannot be kept" in index.note
    index.close()


def test_one_that_another_program_is_writing_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "_SECONDS_TO_WAIT", 0.05)
    save_sample(" slept")
    refreshed().close()
    save_sample(" woke")
    with closing(sqlite3.connect(locations.library_index_file())) as other:
        other.execute("BEGIN EXCLUSIVE")
        index = refreshed()
        assert index.count(Query()) == 2
        assert index.note
        index.close()
        other.rollback()
    index = refreshed()
    assert (index.count(Query()), index.note) == (2, "")
    index.close()


@pytest.mark.skipif(os.name == "nt", reason="rights as POSIX has them")
def test_it_is_private() -> None:
    save_sample(" slept")
    refreshed().close()
    assert stat.S_IMODE(locations.library_index_file().stat().st_mode) == 0o600


def test_hostile_files_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_sample(" slept")
    folder = locations.samples_folder()
    secret = tmp_path / "secret.md"
    secret.write_text("not of the library")
    (folder / "link.md").symlink_to(secret)
    (folder / "folder").symlink_to(tmp_path, target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "binary.md").write_bytes(bytes(range(256)) * 100)
    (folder / "program.exe").write_bytes(b"MZ")
    (folder / "a folder.md").mkdir()
    (folder / "[red]\x1b]0;x\x07.txt").write_text("\x1b[31m" + "a" * 300)
    os.mkfifo(folder / "pipe.md")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.txt")).write_text("odd name")
    monkeypatch.setattr(storage, "LARGEST_READ", 100_000)
    (folder / "large.md").write_bytes(b"a" * 100_001)
    found = {entry.name: entry for entry in refreshed().find(Query())}
    assert sorted(found) == sorted(
        [
            "the-keeper-slept-seed7-lane0.md",
            "binary.md",
            "large.md",
            "[red]\x1b]0;x\x07.txt",
            "��.txt",
        ]
    )
    assert found["binary.md"].verdict is Verdict.UNLABELED
    assert found["large.md"].verdict is None
    assert "larger than" in found["large.md"].detail
    assert "\x1b" not in found["[red]\x1b]0;x\x07.txt"].title
    assert reading.read_entry(found["��.txt"].path, 1).text == "odd name"


def test_too_many_files_are_left_out_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        save_draft(f"{number}.txt", "a")
    monkeypatch.setattr(files, "MOST_FILES", 4)
    index = refreshed()
    assert index.count(Query()) == 4
    assert index.note == "2 files beyond 4 are left out"
    index.close()


def test_of_a_file_with_too_many_samples_the_first_are_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = save_sample(" slept", file_format=Format.JSON_LINES)
    path.write_bytes(path.read_bytes() * 5)
    monkeypatch.setattr(reading, "MOST_SAMPLES", 2)
    found = refreshed().find(Query())
    assert [each.sample for each in found] == [1, 2]
    assert found[-1].detail.startswith("3 more samples of this file are not listed")


def test_two_programs_can_have_it_open() -> None:
    save_sample(" slept")
    one, other = refreshed(), refreshed()
    save_sample(" woke")
    one.refresh()
    other.refresh()
    assert one.count(Query()) == other.count(Query()) == 2
    one.close()
    other.close()


def test_two_programs_can_read_the_same_new_files_at_once() -> None:
    refreshed().close()
    save_sample(" slept")
    save_sample(" woke")
    one, other = Index.open(), Index.open()
    one.refresh(lambda _done, _total: other.refresh())
    for index in (one, other):
        assert (index.count(Query()), index.note) == (2, "")
        index.close()
    assert names() == ["the-keeper-slept-seed7-lane0.md", "the-keeper-woke-seed7-lane0.md"]


def test_a_file_of_a_far_future_is_listed() -> None:
    path = save_draft("late.txt", "It rained.")
    in_2269 = 300 * 365 * 86400
    os.utime(path, (in_2269, in_2269))
    if path.stat().st_mtime != in_2269:
        pytest.skip("this file system has no such times")
    index = refreshed()
    (entry,) = index.find(Query())
    assert (entry.name, entry.day[:4], index.note) == ("late.txt", "2262", "")
    index.close()
