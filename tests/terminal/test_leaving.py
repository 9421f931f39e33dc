"""However the desk ends, the terminal is whole, the draft is safe, and the end comes soon."""

import os
import signal
import time
from pathlib import Path

import pytest

from gpt2_tui import locations
from tests.terminal.pty_desk import (
    ALTERNATE_SCREEN,
    BRACKETED_PASTE,
    CURSOR,
    PtyDesk,
    desk_on_a_terminal,
)

SOON = 20.0
"""The end must come within a second on a machine that is free; this one may be busy. A writer
that had to finish its run first would take far longer."""


UNHURRIED = """
import sys, time
from gpt2_tui import continuations
from gpt2_tui.cli import main

write = continuations.write

def slowly(*arguments):
    for event in write(*arguments):
        time.sleep(0.3)
        yield event

continuations.write = slowly
sys.exit(main())
"""

SLOW_DISK = """
import sys, time
from gpt2_tui.cli import main
from gpt2_tui.ui import keeping

save = keeping.save_samples

def slowly(*arguments, **options):
    time.sleep(1.0)
    return save(*arguments, **options)

keeping.save_samples = slowly
sys.exit(main())
"""


def drafts() -> list[str]:
    folder = locations.drafts_folder()
    return [path.read_text() for path in folder.iterdir()] if folder.is_dir() else []


def type_a_draft(desk: PtyDesk) -> None:
    desk.until_ready()
    desk.type("Rain fell")
    desk.until_shown("Rain fell")


@pytest.fixture
def unhurried(tmp_path: Path) -> tuple[str]:
    """The program, with a model that takes minutes for a run: it must not be waited for."""
    path = tmp_path / "unhurried.py"
    path.write_text(UNHURRIED)
    return (str(path),)


def begin_a_long_run(desk: PtyDesk) -> None:
    desk.type(b"\x07")  # Ctrl+G
    desk.until_shown("writing")


def test_ctrl_q_leaves_the_terminal_whole_and_the_draft_saved(model_folder: Path) -> None:
    with desk_on_a_terminal(model_folder) as desk:
        type_a_draft(desk)
        modes = desk.modes()
        assert modes[ALTERNATE_SCREEN]
        assert not modes[CURSOR]
        assert modes[BRACKETED_PASTE]
        assert desk.attributes() != desk.attributes_before
        desk.type(b"\x07")
        desk.until_shown("SYNTHETIC")
        desk.until_written()
        desk.type(b"\x11")  # Ctrl+Q
        assert desk.ended() == 0
        assert desk.is_whole()
        assert drafts() == ["Rain fell"]
        desk.until(lambda: b"gpt2-tui: The draft is saved: " in desk.raw, "the farewell")


def test_words_that_are_typed_right_before_leaving_are_saved(model_folder: Path) -> None:
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_ready()
        desk.type(b"Rain fell on the roof\x11")
        assert desk.ended() == 0
        assert drafts() == ["Rain fell on the roof"]


def test_a_sample_that_is_being_saved_is_saved(model_folder: Path, tmp_path: Path) -> None:
    program = tmp_path / "slow_disk.py"
    program.write_text(SLOW_DISK)
    with desk_on_a_terminal(model_folder, program=(str(program),)) as desk:
        type_a_draft(desk)
        desk.type(b"\x07")  # Ctrl+G
        desk.until_shown("SYNTHETIC")
        desk.until_written()
        desk.type(b"\x13\x11")  # Ctrl+S, Ctrl+Q
        assert desk.ended() == 0
        assert len(list(locations.samples_folder().iterdir())) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("writing", [False, True], ids=["idle", "writing"])
def test_a_signal_leaves_the_terminal_whole_and_the_draft_saved(
    model_folder: Path, unhurried: tuple[str], number: signal.Signals, writing: bool
) -> None:
    with desk_on_a_terminal(model_folder, program=unhurried) as desk:
        type_a_draft(desk)
        if writing:
            begin_a_long_run(desk)
        sent = time.monotonic()
        desk.process.send_signal(number)
        assert desk.ended() == 128 + number
        assert time.monotonic() - sent < SOON
        assert desk.is_whole()
        assert drafts() == ["Rain fell"]
        desk.until(lambda: b"gpt2-tui: The draft is saved: " in desk.raw, "the farewell")


def test_quitting_in_the_middle_of_a_run_does_not_wait_for_it(
    model_folder: Path, unhurried: tuple[str]
) -> None:
    with desk_on_a_terminal(model_folder, program=unhurried) as desk:
        type_a_draft(desk)
        begin_a_long_run(desk)
        sent = time.monotonic()
        desk.type(b"\x11")
        assert desk.ended() == 0
        assert time.monotonic() - sent < SOON
        assert desk.is_whole()
        assert drafts() == ["Rain fell"]


@pytest.mark.parametrize("ignored", [(), (signal.SIGHUP,)], ids=["SIGHUP", "SIGHUP ignored"])
def test_a_closed_terminal_ends_the_desk_and_saves_the_draft(
    model_folder: Path, tmp_path: Path, ignored: tuple[int, ...]
) -> None:
    errors = os.open(tmp_path / "errors", os.O_WRONLY | os.O_CREAT, 0o600)
    with desk_on_a_terminal(model_folder, stderr=errors, ignored_signals=ignored) as desk:
        type_a_draft(desk)
        closed = time.monotonic()
        desk.hang_up()
        assert desk.ended() == 128 + signal.SIGHUP
        assert time.monotonic() - closed < SOON
        assert drafts() == ["Rain fell"]
    os.close(errors)
    said = (tmp_path / "errors").read_text()
    assert said.startswith("gpt2-tui: The draft is saved: ")
    assert said.count("\n") == 1


def test_a_closed_terminal_that_was_standard_error_too_ends_the_desk_the_same(
    model_folder: Path,
) -> None:
    with desk_on_a_terminal(model_folder) as desk:
        type_a_draft(desk)
        desk.hang_up()
        assert desk.ended() == 128 + signal.SIGHUP
        assert drafts() == ["Rain fell"]


def test_an_opened_file_that_was_not_changed_is_not_saved_again(
    model_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "story.txt"
    file.write_text("The boat came.\r\nNobody was in it.\n")
    with desk_on_a_terminal(model_folder, str(file)) as desk:
        desk.until_shown("Nobody was in it.")
        desk.until_shown("story.txt")
        desk.until_ready()
        desk.type(b"\x11")
        assert desk.ended() == 0
        assert drafts() == []
        assert file.read_bytes() == b"The boat came.\r\nNobody was in it.\n"
