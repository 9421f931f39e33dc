"""`gpt2-tui export`: its arguments, what it prints, and its errors."""

import argparse
import json
import sys
from pathlib import Path

import pytest

from export.command import add_arguments, run
from gpt2_tui.errors import ModelError, StorageError
from gpt2_tui.models.manifest import read_manifest
from tests.exporter.checkpoints import write_checkpoint


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "checkpoint")


def export(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([str(argument) for argument in arguments]))


def test_it_says_where_the_model_is_and_how_to_use_it(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "my model"
    assert export(checkpoint, out, "--name", "mine", "--licence", "MIT") == 0
    printed = capsys.readouterr()
    assert printed.out == (
        f"mine is in {out}: 0.2 MB, checked against the reference\n"
        f"use it: gpt2-tui --model '{out}'\n"
    )
    assert printed.err == ""  # not a terminal
    assert read_manifest(out).licence == "MIT"


def test_json(checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export(checkpoint, tmp_path / "out", "--json")
    result = json.loads(capsys.readouterr().out)
    files = (tmp_path / "out").iterdir()
    size = sum(path.stat().st_size for path in files if path.name != "model.json")
    assert result == {
        "path": str(tmp_path / "out"),
        "name": "out",
        "bytes": size,
        "precisions": ["int8"],
        "licence": "not stated",
        "checked": True,
    }


def test_a_terminal_gets_one_line_of_progress(
    checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    export(checkpoint, tmp_path / "out")
    progress = capsys.readouterr().err
    assert "writing weights 100%" in progress
    assert "\n" not in progress
    assert progress.endswith("\r\x1b[K")


@pytest.mark.parametrize("source", ["nothing", "a/b/c", "./nothing/here"])
def test_a_folder_that_is_not_there(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (source, tmp_path / source):
        with pytest.raises(ModelError, match="there is no folder"):
            export(path, tmp_path / "out")


def test_a_model_folder_as_the_source(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(checkpoint, tmp_path / "out")
    capsys.readouterr()
    assert export(tmp_path / "out", tmp_path / "again", "--precision", "fp16") == 0
    assert capsys.readouterr().out.startswith(f"out is in {tmp_path / 'again'}: ")


def test_errors_come_out_as_they_are(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="not empty"):
        export(checkpoint, checkpoint)
    with pytest.raises(ModelError, match="precision 'int3'"):
        export(checkpoint, tmp_path / "out", "--precision", "int3")
