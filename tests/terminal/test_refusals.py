"""Where the desk cannot be shown it says so in one line, exits with 2, and draws nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal.pty_desk import PtyDesk

PROGRAM = [sys.executable, "-m", "gpt2_tui"]
NEEDS_A_TERMINAL = b"gpt2-tui: error: the desk needs a terminal"


def assert_one_line(data: bytes, beginning: bytes) -> None:
    assert data.startswith(beginning), data
    assert data.endswith(b"\n")
    assert data.count(b"\n") == 1
    assert b"\x1b" not in data


def run(*arguments: str, stdin: int, stdout: int) -> tuple[int, bytes]:
    """Exit code and standard error of the program."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm-256color"},
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("piped", ["stdin", "stdout", "both"])
def test_a_pipe_is_not_a_terminal(piped: str) -> None:
    master, slave = os.openpty()
    try:
        code, said = run(
            stdin=slave if piped == "stdout" else subprocess.DEVNULL,
            stdout=slave if piped == "stdin" else subprocess.DEVNULL,
        )
        assert code == 2
        assert_one_line(said, NEEDS_A_TERMINAL)
        assert b"gpt2-tui sample" in said
        os.set_blocking(master, False)
        with pytest.raises(BlockingIOError):
            os.read(master, 1)
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("term", ["dumb", "", None], ids=["dumb", "empty", "unset"])
def test_a_terminal_that_cannot_draw_is_refused(
    term: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "-c",
        f"import os, sys; {_set_term(term)}; from gpt2_tui.cli import main; sys.exit(main([]))",
    )
    monkeypatch.delenv("TERM", raising=False)
    desk = PtyDesk([], program=program)
    try:
        assert desk.ended() == 2
        said = desk.raw.replace(b"\r\n", b"\n")
        assert_one_line(said, b"gpt2-tui: error: the desk cannot draw on a terminal with TERM=")
        assert desk.is_whole()
    finally:
        desk.close()


def _set_term(term: str | None) -> str:
    return "del os.environ['TERM']" if term is None else f"os.environ['TERM'] = {term!r}"


@pytest.mark.parametrize("kind", ["in no folder", "not UTF-8", "a folder"])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "nowhere" / "draft.txt" if kind == "in no folder" else tmp_path / "draft.txt"
    if kind == "not UTF-8":
        path.write_bytes(b"caf\xe9")
    elif kind == "a folder":
        path.mkdir()
    desk = PtyDesk([str(path)])
    try:
        assert desk.ended() == 2
        said = desk.raw.replace(b"\r\n", b"\n")
        assert_one_line(said, b"gpt2-tui: error: ")
        assert (b"nowhere" if kind == "in no folder" else b"draft.txt") in said
        assert desk.is_whole()
    finally:
        desk.close()


def test_a_file_and_a_prompt_do_not_go_together(tmp_path: Path) -> None:
    code, said = run(
        str(tmp_path / "a"), "--prompt", "b", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    assert code == 2
    assert_one_line(said, b"gpt2-tui: error: ")
