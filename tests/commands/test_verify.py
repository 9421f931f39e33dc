"""`gpt2-tui verify`."""

import io
import json
from pathlib import Path

import pytest

from gpt2_tui.cli import main
from gpt2_tui.labels.formats import Format, render
from tests.commands.program import run
from tests.labels.samples import sample

TEXT = render(sample("It was \x1b[31m a boat.", "p"), Format.TEXT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.md").write_bytes(render(sample("one"), Format.MARKDOWN))
    (tmp_path / "two.txt").write_bytes(TEXT + b"\n" + TEXT)
    return tmp_path


def test_a_line_a_sample_and_0_if_all_is_intact(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"INTACT    {folder}/two.txt (sample 1): bytes by origin: human 1, machine 20",
        f"INTACT    {folder}/two.txt (sample 2): bytes by origin: human 1, machine 20",
        f"INTACT    {folder}/inner/a.md: bytes by origin: machine 3",
    ]


def test_links_in_a_folder_are_not_followed(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "plain.txt").write_text("no label")
    (folder / "link.txt").symlink_to(outside / "plain.txt")
    (folder / "link").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    assert main(["verify", str(folder)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert main(["verify", str(folder / "link.txt")]) == 1


def test_1_if_something_is_not_intact(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "plain.txt"
    for data, verdict in [
        (b"no label", "UNLABELED"),
        (TEXT.replace(b"boat", b"ship"), "MODIFIED "),
        (TEXT.replace(b'"lane":', b'"lame":'), "MALFORMED"),
    ]:
        path.write_bytes(data)
        assert main(["verify", str(path)]) == 1
        out = capsys.readouterr().out
        assert out.startswith(f"{verdict} {path}: ")
        assert out.count("\n") == 1


def test_2_if_something_cannot_be_read_and_the_others_are_judged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty").mkdir()
    (folder / "plain.txt").write_text("no label")
    words = [str(folder / "nowhere\n"), str(folder / "empty"), str(folder)]
    assert main(["verify", *words]) == 2
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 4
    first, second = told.err.splitlines()
    assert first == f"gpt2-tui: error: there is no file {folder}/nowhere\u2424"
    assert second == f"gpt2-tui: error: there is no file in {folder}/empty"


def test_a_name_too_long_is_named_and_the_others_are_judged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = folder / "inner" / "a.md"
    assert main(["verify", "x" * 5000, str(good)]) == 2
    printed = capsys.readouterr()
    assert printed.out.startswith(f"INTACT    {good}")
    assert "cannot read xxx" in printed.err


def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("verify", "-", stdin=TEXT)
    assert (done.code, done.err) == (0, "")
    assert done.out == b"INTACT    -: bytes by origin: human 1, machine 20\n"
    monkeypatch.setattr("sys.stdin", None)
    assert main(["verify", "-"]) == 2
    assert "it is closed" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    assert main(["verify", "-"]) == 0


def test_json_gives_an_object_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "x\x1b\n\udcff.txt"
    path.write_bytes(TEXT.replace(b"p", b"q", 1).replace(b"q", b"p", 1) + b"\n")
    (folder / "two.txt").write_bytes(
        render(sample("two", "é"), Format.TEXT).replace(b"two", b"six")
    )
    assert main(["verify", "--json", str(path), str(folder / "two.txt")]) == 1
    out = capsys.readouterr().out
    intact, modified = map(json.loads, out.splitlines())
    assert (intact["verdict"], intact["file"], intact["sample"]) == ("INTACT", str(path), None)
    assert intact["detail"] == "a final newline was added"
    assert intact["bytes"] == {"human": 1, "machine": 20, "edited": 0}
    assert (intact["models"], len(intact["id"]), intact["span"]) == (["tiny"], 64, None)
    assert modified["span"] == {"number": 2, "origin": "machine", "start": 2, "end": 5}
    assert "\x1b" not in out


def test_what_is_printed_acts_on_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "\x1b[2J\n.txt"
    path.write_bytes(TEXT.replace(b'"schema":"', b'"schema":"\\u001b\\n'))
    assert main(["verify", str(path)]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.count("\n") == 1
