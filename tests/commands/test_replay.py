"""`gpt2-tui replay`: from the file alone, in a process that knows nothing of the one before."""

import json
import shutil
from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.cli import main
from tests.commands.program import run
from tests.terminal.pty_desk import PtyDesk

ASKED = ["--prompt", "The sea and", "--seed", "3", "--length", "90", "-n", "5", "--stop", "zz"]


@pytest.fixture
def installed(model_folder: Path) -> Path:
    """The tiny model under a name that is not its own."""
    path = locations.models_folder() / "renamed"
    shutil.copytree(model_folder, path)
    return path


@pytest.fixture
def folder(installed: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """Samples in every format, past the end of the window."""
    for file_format in ("text", "jsonl", "md", "html"):
        words = ["--model", installed.name, *ASKED, "--format", file_format, "--out", str(tmp_path)]
        assert main(["sample", *words]) == 0
    capfd.readouterr()
    return tmp_path


def test_a_folder_is_replayed_after_a_restart_by_the_files_of_the_model(folder: Path) -> None:
    done = run("replay", str(folder))
    lines = done.out.decode().splitlines()
    assert (done.code, done.err, len(lines)) == (0, "", 20)
    assert all(line.startswith("MATCH   ") for line in lines)
    assert all(line.endswith("90 tokens are the same") for line in lines)


def test_an_interrupt_leaves_nothing_on_the_line(installed: Path, tmp_path: Path) -> None:
    words = ["--model", installed.name, "--length", "5000", "--keep-going", "--format", "jsonl"]
    done = run("sample", *words, "-n", "1")
    (tmp_path / "long.jsonl").write_bytes(done.out)
    terminal = PtyDesk(["replay", str(tmp_path / "long.jsonl")])
    terminal.until_shown("tokens are the same")
    terminal.type("\x03")
    assert terminal.ended() == 130
    assert "tokens are the same" not in terminal.text()
    terminal.close()


@pytest.mark.parametrize("file_format", ["text", "jsonl", "md", "html"])
def test_standard_input_with_several_lanes(
    file_format: str, installed: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["sample", "--model", installed.name, *ASKED, "--format", file_format]) == 0
    printed = capfd.readouterr().out.encode()
    done = run("replay", "-", "--json", stdin=printed)
    results = [json.loads(line) for line in done.out.splitlines()]
    assert (done.code, [each["sample"] for each in results]) == (0, [1, 2, 3, 4, 5])
    assert {each["outcome"] for each in results} == {"MATCH"}
    assert all(each["difference"] is None and each["engine"] == {} for each in results)


def test_1_if_something_differs_and_the_first_token_is_told(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = next(folder.glob("*lane2.md"))
    path.write_bytes(path.read_bytes().replace(b'"seed":3', b'"seed":4'))
    assert main(["replay", "--json", str(path)]) == 1
    result = json.loads(capfd.readouterr().out)
    difference = result["difference"]
    assert result["outcome"] == "DIFFERS"
    assert difference["generation"] == 1
    assert difference["recorded"] != difference["drawn"]
    assert difference["logit_margin"] is not None
    assert main(["replay", str(path)]) == 1
    line = capfd.readouterr().out
    assert line.startswith(f"DIFFERS {path}: generation 1, token {difference['place'] + 1}: ")
    assert line.count("\n") == 1


def test_2_if_the_model_is_missing_and_what_it_lacks_is_told(
    folder: Path, installed: Path, model_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(next(folder.glob("*lane0.html")))
    shutil.rmtree(installed)
    assert main(["replay", path]) == 2
    line = capfd.readouterr().out
    assert line.startswith(f"CANNOT  {path}: no model on this machine is the tiny of the label: ")
    assert "model.onnx (sha256 " in line
    assert "--model" in line
    assert main(["replay", path, "--model", "starter"]) == 2
    assert "the model starter is not the one of the label: it " in capfd.readouterr().out
    assert main(["replay", path, "--model", "nowhere"]) == 2
    assert "there is no model 'nowhere'" in capfd.readouterr().out
    assert main(["replay", path, "--model", str(model_folder)]) == 0


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"precision":"fp32"', b'"precision":"fp16"', "no graph of fp16 for CPU"),
        (b"CPUExecutionProvider", b"CUDAExecutionProvider", "CUDA, which cannot be used here"),
        (b"CPUExecutionProvider", b"OddProvider", "OddProvider, which this program does not know"),
    ],
)
def test_2_if_the_engine_is_missing(
    old: bytes, new: bytes, reason: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = next(folder.glob("*lane0.md"))
    path.write_bytes(path.read_bytes().replace(old, new))
    assert main(["replay", str(path)]) == 2
    line = capfd.readouterr().out
    assert line.startswith("CANNOT  ")
    assert reason in line


def test_a_model_that_was_damaged_since_is_not_used(
    folder: Path, installed: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = installed / "model.onnx.data"
    weights.write_bytes(bytes(len(weights.read_bytes())))
    assert main(["replay", str(next(folder.glob("*lane0.md")))]) == 2
    assert "its sha256 differs" in capfd.readouterr().out


def test_what_cannot_be_read_is_an_error_and_the_others_are_replayed(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "plain.txt").write_text("no label\x1b[2J")
    good = str(next(folder.glob("*lane0.md")))
    assert main(["replay", str(folder / "nowhere"), str(folder / "plain.txt"), good]) == 2
    told = capfd.readouterr()
    assert told.err == f"gpt2-tui: error: there is no file {folder}/nowhere\n"
    unlabeled, match = told.out.splitlines()
    assert unlabeled.startswith(f"CANNOT  {folder}/plain.txt: there is no label")
    assert match.startswith("MATCH ")


def test_what_is_printed_acts_on_no_terminal(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = next(folder.glob("*lane0.md"))
    odd = path.read_bytes().replace(b'"name":"tiny"', b'"name":"\\u001b[2J\\n"')
    path.write_bytes(odd.replace(b'"onnxruntime":"', b'"onnxruntime":"\\u001b\\n'))
    assert main(["replay", str(path)]) == 1
    out = capfd.readouterr().out
    assert "␛" in out
    assert "\x1b" not in out
    assert out.count("\n") == 1
