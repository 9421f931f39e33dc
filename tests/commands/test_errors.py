"""What cannot be used is refused: exit code 2, one line that says what, nothing else."""

import io
import sys
from pathlib import Path

import pytest

from gpt2_tui.cli import main
from tests.models.spoil import WEIGHTS, copy_of, describe, flip_a_byte, put

Printed = pytest.CaptureFixture[str]


def refusal(words: list[str], capfd: Printed) -> str:
    """The one line with which the program refuses `words`."""
    assert main(words) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("gpt2-tui: error: ")
    assert printed.err.endswith("\n")
    assert len(printed.err.splitlines()) == 1
    assert "Traceback" not in printed.err
    assert printed.err[:-1].isprintable()
    return printed.err


BAD_SETTINGS = {
    "temperature below range": (["--temperature", "-1"], "temperature must be from 0 to 10"),
    "temperature above range": (["--temperature", "10.5"], "temperature must be"),
    "temperature not a number": (["--temperature", "nan"], "temperature must be"),
    "temperature a word": (["--temperature", "warm"], "must be a number, not 'warm'"),
    "top-k below range": (["--top-k", "-1"], "top-k must be"),
    "top-k a fraction": (["--top-k", "1.5"], "whole number"),
    "top-p nothing": (["--top-p", "0"], "top-p must be above 0, up to 1"),
    "top-p above range": (["--top-p", "1.1"], "top-p must be"),
    "top-p rule unknown": (["--top-p-rule", "mine"], "original"),
    "length nothing": (["--length", "0"], "length must be"),
    "length of 400 digits": (["--length", "1" + "0" * 400], "length must be"),
    "seed below range": (["--seed", "-1"], "seed must be"),
    "seed above range": (["--seed", str(2**53)], "seed must be"),
    "seed of 400 digits": (["--seed", "1" + "0" * 400], "seed must be"),
    "seed of 5000 digits": (["--seed", "1" * 5000], "seed must be"),
    "count below range": (["-n", "-1"], "count must be"),
    "an empty stop text": (["--stop", ""], "stop text"),
    "a stop text that is no UTF-8": (["--stop", "\udcff"], "stop text"),
    "a format that is none": (["--format", "pdf"], "jsonl"),
    "a device that is none": (["--device", "abacus"], "cuda"),
    "two prompts": (["--prompt", "a", "--prompt-file", "-"], "not allowed with"),
    "an argument too much": (["hello"], "hello"),
    "a flag that is none": (["--hello"], "--hello"),
    "an abbreviated flag": (["--temp", "1"], "--temp"),
    "a flag without its value": (["--seed"], "--seed"),
    "newlines and escapes": (["a\nb\x1b[31m\u202e"], "a"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_settings_that_cannot_be_used_are_refused_before_a_model_is_loaded(
    case: str, capfd: Printed
) -> None:
    words, said = BAD_SETTINGS[case]
    line = refusal(["sample", "--model", "/no such model", *words], capfd)
    assert said in line
    assert "no such model" not in line
    assert len(line) < 400


def test_other_commands_refuse_what_they_do_not_know(capfd: Printed) -> None:
    assert "list" in refusal(["models"], capfd)
    assert "grow" in refusal(["models", "grow"], capfd)
    assert "--hello" in refusal(["models", "list", "--hello"], capfd)
    assert "--hello" in refusal(["doctor", "--hello"], capfd)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"caf\xe9", "byte 3"), ("text".encode("utf-16"), "byte 0"), (b"ok \xed\xa0\x80", "byte 3")],
    ids=["latin-1", "UTF-16", "surrogate"],
)
def test_a_prompt_that_is_not_utf8_is_refused(
    data: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    file = tmp_path / "prompt.txt"
    file.write_bytes(data)
    line = refusal(["sample", "--prompt-file", str(file)], capfd)
    assert f"{file} is not UTF-8 text ({said})" in line
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert "standard input is not UTF-8 text" in refusal(["sample", "--prompt-file", "-"], capfd)


def test_a_prompt_file_that_cannot_be_read_is_named(tmp_path: Path, capfd: Printed) -> None:
    gone = str(tmp_path / "gone.txt")
    assert f"there is no file {gone}" in refusal(["sample", "--prompt-file", gone], capfd)
    assert "Is a directory" in refusal(["sample", "--prompt-file", str(tmp_path)], capfd)
    odd = str(tmp_path / "two\nlines\x1b[2J")
    refusal(["sample", "--prompt-file", odd], capfd)
    refusal(["sample", "--prompt-file", "x" * 5000], capfd)


def test_standard_input_that_is_closed_is_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input" in refusal(["sample", "--prompt-file", "-"], capfd)


def test_a_model_that_cannot_be_used_is_refused(
    model_folder: Path, tmp_path: Path, capfd: Printed
) -> None:
    altered = copy_of(model_folder, tmp_path / "altered")
    flip_a_byte(altered / WEIGHTS)
    cut = copy_of(model_folder, tmp_path / "cut")
    (cut / WEIGHTS).write_bytes(b"short")
    other = copy_of(model_folder, tmp_path / "other")
    describe(other, lambda value: value["architecture"].update(type="llama"))
    damaged = copy_of(model_folder, tmp_path / "damaged")
    size = (damaged / WEIGHTS).stat().st_size
    put(damaged, WEIGHTS, (b"\0\0\xc0\x7f" * (size // 4 + 1))[:size])
    for folder, said in {
        altered: "sha256 differs",
        cut: "has 5 bytes",
        other: "'llama', not 'gpt2'",
        damaged: "not finite",
        tmp_path / "gone": "no model folder",
        tmp_path / "gone\nnewline": "no model folder",
    }.items():
        assert said in refusal(["sample", "--model", str(folder)], capfd)
    assert "no model 'gpt9'" in refusal(["sample", "--model", "gpt9"], capfd)
    refusal(["sample", "--model", "~nobody-has-this-name/model"], capfd)


def test_the_home_of_a_user_that_there_is_not_is_no_folder(tmp_path: Path, capfd: Printed) -> None:
    checkpoint = "~nobody-has-this-name/checkpoint"
    out = str(tmp_path / "out")
    assert f"there is no folder {checkpoint}" in refusal(["export", checkpoint, out], capfd)
    assert "no model of the hub" in refusal(["models", "pull", checkpoint], capfd)


def test_a_name_too_long_for_the_system_is_named_and_cut(capfd: Printed) -> None:
    line = refusal(["models", "pull", "x" * 5000], capfd)
    assert "cannot read or write xxx" in line
    assert len(line) < 200


def test_a_card_that_is_not_there_is_refused(model_folder: Path, capfd: Printed) -> None:
    line = refusal(["sample", "--model", str(model_folder), "--device", "cuda"], capfd)
    assert "--device cpu" in line


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_written(
    model_folder: Path, tmp_path: Path, capfd: Printed
) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        line = refusal(["sample", "--model", str(model_folder), "--out", str(folder)], capfd)
        assert "cannot make the folder" in line
    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.parametrize(("word", "meant"), [("doctr", "doctor"), ("sampel", "sample")])
def test_a_mistyped_command_is_no_new_draft(word: str, meant: str, capfd: Printed) -> None:
    assert f"there is no command {word}; did you mean {meant}?" in refusal([word], capfd)


@pytest.mark.parametrize("word", ["./doctr", "story.md", "doctr", "--model=starter"])
def test_what_is_a_file_or_far_from_any_command_opens_the_desk(
    word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "doctr").touch()
    assert "needs a terminal" in refusal([word], capfd)
