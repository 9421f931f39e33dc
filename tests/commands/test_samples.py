"""`gpt2-tui samples`: what is saved on this machine, listed, searched and shown."""

import json
import re
from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.cli import main
from gpt2_tui.labels.formats import Format
from gpt2_tui.library.files import put_in_bin
from tests.commands.program import run
from tests.drafts.writing import write_in
from tests.library.files import entry_of, save_draft, save_sample

Captured = pytest.CaptureFixture[str]


def test_a_list_has_a_row_for_each_text(capsys: Captured) -> None:
    save_sample(" put down his lamp.", seed=9)
    save_draft("mine.txt", "It rained.")
    assert main(["samples", "list"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    heading, *rows = out.splitlines()
    assert heading.split() == ["VERDICT", "WRITTEN", "MODEL", "SETTINGS", "NAME", "BEGINS"]
    draft, sample = sorted(rows, key=lambda row: row.startswith("INTACT"))
    assert draft.startswith("UNLABELED ")
    assert draft.split()[-3:] == ["mine.txt", "It", "rained."]
    assert "  tiny  " in sample
    assert "  temperature 0.80, top-k 40, top-p off, seed 9, lane 0  " in sample


def test_filters_and_words_narrow_it(capsys: Captured) -> None:
    save_sample(" put down his lamp.", seed=9)
    save_sample(" slept", seed=8)
    save_draft("mine.txt", "A lamp.")
    cases = {
        ("list", "--seed", "9"): 1,
        ("list", "--kind", "sample"): 2,
        ("list", "--kind", "draft", "--verdict", "unlabeled"): 1,
        ("list", "--model", "TIN", "--temperature", "0.8", "--top-k", "40", "--top-p", "off"): 2,
        ("list", "--limit", "1"): 1,
        ("search", "lamp"): 2,
        ("search", "LAMP", "keep"): 1,
        ("search", "lamp", "--seed", "8"): 0,
    }
    for words, expected in cases.items():
        assert main(["samples", *words, "--json"]) == 0
        out, err = capsys.readouterr()
        assert len(out.splitlines()) == expected, words
        assert ("nothing fits" in err) == (expected == 0)
        assert ("these are 1 of 3" in err) == ("--limit" in words)


def test_json_has_all_that_is_known(capsys: Captured) -> None:
    path = save_sample(" slept", seed=9)
    assert main(["samples", "list", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["path"] == str(path)
    assert row["time"].endswith("+00:00")
    known = {name: row[name] for name in ("kind", "verdict", "model", "temperature", "seed")}
    assert known == {
        "kind": "sample",
        "verdict": "INTACT",
        "model": "tiny",
        "temperature": 0.8,
        "seed": 9,
    }


@pytest.mark.parametrize("ending", ["", ".md"])
def test_show_gives_the_label_in_words_and_the_text(capsys: Captured, ending: str) -> None:
    path = save_sample(" slept \x1b[31m", seed=9)
    assert main(["samples", "show", path.stem + ending]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[1:3] == [
        "INTACT: the text fits its label",
        "SYNTHETIC · tiny · temperature 0.80 · top-k 40 · top-p off · seed 9 · lane 0",
    ]
    assert "The model wrote 12 of the 22 bytes below" in out
    assert out.endswith("\n\nThe keeper slept ␛[31m\n")


def test_show_says_how_much_of_a_draft_is_synthetic(capsys: Captured) -> None:
    path = locations.drafts_folder() / "story.txt"
    path.parent.mkdir(parents=True)
    writing = write_in(path)
    writing.type("It rained.")
    writing.keep(" He slept.")
    writing.close()
    assert main(["samples", "show", "story"]) == 0
    assert "SYNTHETIC IN PART: 50 % by the desk's history" in capsys.readouterr().out


def test_one_sample_of_a_file_with_several(capsys: Captured) -> None:
    path = save_sample(" slept", file_format=Format.JSON_LINES)
    path.write_bytes(path.read_bytes() * 2)
    assert main(["samples", "show", path.name, "--sample", "2", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["sample"], shown["text"]) == (2, "The keeper slept")
    assert shown["record"]["gens"][0]["seed"] == 7
    assert main(["samples", "show", path.name, "--sample", "3"]) == 2
    assert "has no sample 3; it has 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "nothing"], "there is no saved text nothing; `gpt2-tui samples list --limit 0`"),
        (["search", "!"], "there is no word in what is searched for; give letters or digits"),
        (["list", "--seed", "x"], "seed must be a whole number"),
        (["list", "--verdict", "GOOD"], "invalid choice"),
        ([], "the following arguments are required"),
    ],
)
def test_what_cannot_be_done_is_one_line(capsys: Captured, words: list[str], message: str) -> None:
    assert main(["samples", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("gpt2-tui: error: ")
    assert message in err
    assert err.count("\n") == 1


def test_a_name_that_two_files_have_is_asked_about(capsys: Captured) -> None:
    save_draft("a.txt", "one")
    save_draft("a.md", "two")
    assert main(["samples", "show", "a"]) == 2
    assert "several files are called a; give the path: " in capsys.readouterr().err
    assert main(["samples", "show", "a.md"]) == 0


def test_with_nothing_saved_it_says_how_to_save(capsys: Captured) -> None:
    assert main(["samples", "list"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "nothing is saved yet; at the desk S in a pane saves it" in err
    assert main(["samples", "list", "--bin"]) == 0
    assert "the bin is empty" in capsys.readouterr().err


def test_it_runs_as_a_program_and_needs_no_engine() -> None:
    save_sample(" slept")
    done = run("samples", "search", "slept", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["verdict"] == "INTACT"


def test_the_bin_is_emptied_after_a_question_alone(capsys: Captured) -> None:
    kept = save_sample(" woke", seed=8)
    gone = save_sample(" slept", seed=9)
    assert main(["samples", "empty-bin"]) == 0
    assert capsys.readouterr().out == "the bin is empty\n"
    moved = put_in_bin(entry_of(gone))
    assert main(["samples", "empty-bin"]) == 2
    assert "1 sample (" in (told := capsys.readouterr().err)
    assert "--yes deletes without a question" in told
    assert moved.exists()
    assert main(["samples", "empty-bin", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["emptied"] is True
    assert not moved.exists()
    put_in_bin(entry_of(save_sample(" slept", seed=9)))
    assert main(["samples", "empty-bin", "--yes"]) == 0
    assert re.fullmatch(r"deleted: 1 sample \(\d\.\d kB\)\n", capsys.readouterr().out)
    assert kept.exists()
    assert main(["samples", "list", "--bin"]) == 0
    assert "the bin is empty" in capsys.readouterr().err


def test_the_words_of_what_is_deleted_for_good_are_gone_from_every_file(home: Path) -> None:
    gone = save_sample(" dreamt of xylophones", seed=9)
    draft = locations.drafts_folder() / "mine.txt"
    draft.parent.mkdir(parents=True)
    writing = write_in(draft)
    writing.type("Zebras.")
    writing.close()
    for path in (gone, draft):
        put_in_bin(entry_of(path))
    assert any(b"Zebras" in path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert main(["samples", "empty-bin", "--yes"]) == 0
    for path in home.rglob("*"):
        data = path.read_bytes().lower() if path.is_file() else b""
        assert b"zebras" not in data
        assert b"xylophones" not in data
        assert "xylophones" not in path.name


def test_nothing_outside_of_the_bin_is_deleted() -> None:
    kept = save_sample(" woke", seed=8)
    link = locations.bin_folder() / "samples" / "link.md"
    link.parent.mkdir(parents=True)
    link.symlink_to(kept)
    assert main(["samples", "empty-bin", "--yes"]) == 0
    assert kept.exists()
