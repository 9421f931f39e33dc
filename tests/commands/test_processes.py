"""The program as a process: pipes, signals, exit codes, and what it must not do."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands.program import command, run
from tests.labels.parsers import parse_json_line

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes and signals of Unix")

ENDLESS = ["-n", "0", "--length", "20", "--seed", "3"]


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a pipe on both outputs; it is over afterwards."""
    # Unbuffered: what one reader here leaves must be there for the next.
    with subprocess.Popen(
        command(*words),
        bufsize=0,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_samples_go_on_without_end_until_the_reader_goes(model_folder: Path) -> None:
    with started("sample", "--model", str(model_folder), *ENDLESS, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(30)]
        process.stdout.close()
        assert process.wait(30) == 141
        assert process.stderr.read() == b""
    assert [json.loads(line)["id"] for line in lines] == list(range(30))


def test_an_interrupt_ends_a_text_that_streams_under_its_label(model_folder: Path) -> None:
    # Such a lane never ends by itself: nothing but the interrupt can finish it.
    words = ["-n", "0", "--length", "1000000", "--keep-going"]
    with started("sample", "--model", str(model_folder), *words) as process:
        assert process.stdout is not None
        begun = process.stdout.read(100)
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (130, b"")
    out = begun + rest
    assert out.startswith(b"[SYNTHETIC")
    assert out.endswith(b"}]\n")
    assert out.count(b'"stop_reason":"stopped"') == out.count(b"\n[gpt2-tui label: ") == 8


def test_an_interrupt_finishes_all_lanes_that_were_begun(model_folder: Path) -> None:
    with started("sample", "--model", str(model_folder), *ENDLESS, "--json") as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (130, b"")
    rows = [parse_json_line(line) for line in (first + rest).splitlines(keepends=True)]
    lanes = [row.record["gens"][0]["lane"] for row in rows]
    assert lanes == list(range(len(rows)))
    assert len(rows) % 8 == 0


def test_an_interrupt_that_the_starter_ignores_is_ignored(model_folder: Path) -> None:
    # As a shell does for what runs in the background.
    words = ["sample", "--model", str(model_folder), "-n", "17", "--length", "20", "--json"]
    shell = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command(*words)]
    with subprocess.Popen(shell, bufsize=0, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert (first + rest).count(b"\n") == 17


def test_a_reader_that_is_gone_from_the_start_is_no_error(model_folder: Path) -> None:
    for words in (
        ["models", "list"],
        ["models", "list", "--json"],
        ["sample", "--model", str(model_folder), "--length", "3"],
    ):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            done = run(*words, stdout=pipe)
        assert (done.code, done.err) == (141, "")


def test_a_refusal_that_nobody_hears_has_its_exit_code() -> None:
    for words in (["verify", "--nope"], ["sample", "--model", "no such"]):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as pipe:
            done = subprocess.run(command(*words), stdout=pipe, stderr=pipe, check=False)
        assert done.returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_an_output_that_is_full_is_one_line(model_folder: Path) -> None:
    for words in (
        ["models", "list"],
        ["sample", "--model", str(model_folder), "--length", "3"],
    ):
        with Path("/dev/full").open("wb") as full:
            done = run(*words, stdout=full)
        assert done.code == 2
        assert done.err == "gpt2-tui: error: cannot read or write: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_stream_that_is_closed_is_no_error(closed: str, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(b"no label\n")
    for words, code in ((["models", "list"], 0), (["verify", str(text)], 1), (["verify", "no"], 2)):
        shell = ["sh", "-c", f'"$@" {closed}', "sh", *command(*words)]
        done = subprocess.run(shell, capture_output=True, timeout=60, check=False)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr


def test_a_prompt_comes_through_a_pipe_and_a_sample_goes_into_one(model_folder: Path) -> None:
    words = ["sample", "--model", str(model_folder), "--seed", "3", "--length", "9", "--json"]
    piped = run(*words, "--prompt-file", "-", stdin="naïve\n".encode())
    typed = run(*words, "--prompt", "naïve\n")
    assert (piped.code, piped.err) == (typed.code, typed.err) == (0, "")
    assert json.loads(piped.out)["text"] == json.loads(typed.out)["text"]


def test_errors_are_one_line_and_exit_code_2() -> None:
    for words in (["sample", "--model", "no such"], ["sample", "--seed", "-1"], ["--nonsense"]):
        done = run(*words)
        assert (done.code, done.out) == (2, b"")
        assert done.err.startswith("gpt2-tui: error: ")
        assert done.err.count("\n") == 1


def test_a_terminal_of_an_old_encoding_is_no_error(model_folder: Path, home: Path) -> None:
    run("models", "list")
    models = home / "xdg_data_home" / "gpt2-tui" / "models"
    (models / "größe").mkdir(parents=True)
    for words in (["models", "list"], ["sample", "--model", str(model_folder), "--length", "2"]):
        done = run(*words, variables={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
        assert (done.code, done.err) == (0, "")


def test_json_is_json_in_every_encoding(home: Path) -> None:
    old = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "XDG_DATA_HOME": str(home / "größe")}
    done = run("doctor", "--json", variables=old)
    states = [json.loads(line)["state"] for line in done.out.splitlines()]
    assert any("größe" in state for state in states)


def test_version_and_help_of_every_command() -> None:
    assert run("--version").out.startswith(b"gpt2-tui ")
    for words in (["--help"], ["sample", "--help"], ["models", "--help"], ["doctor", "--help"]):
        done = run(*words)
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith(b"usage: gpt2-tui")
