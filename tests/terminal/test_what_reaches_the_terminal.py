"""Only the app's own escape sequences reach the terminal, and only it writes there."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gpt2_tui import locations
from tests.terminal.pty_desk import desk_on_a_terminal

OSC_52 = "\x1b]52;c;aGFjaw==\x07"
HOSTILE = (
    f"top {OSC_52} \x1b]0;owned\x1b\\ \x1b[?1049l \x9b31m \x1bP1$r\x1b\\ \u202eback\u2066 "
    "[@click=app.quit]quit[/] [/] end"
)
FORBIDDEN = (
    OSC_52.encode(),
    b"\x1b]52;c;aGFjaw==",
    b"\x1b]0;owned",
    b"\x1b[?1049l \xc2\x9b",
    "\x9b31m".encode(),
    b"\x9b31m",
    b"\x1bP1$r",
    "\u202e".encode(),
    "\u2066".encode(),
)
# 39 and 49 are the terminal's own colours.
_COLOUR = re.compile(rb"(?:^|;)(?:[349][0-8]|10[0-7])(?:;|$)")


def test_escape_sequences_in_a_file_stay_text(model_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "hostile.txt"
    file.write_text(HOSTILE)
    with desk_on_a_terminal(model_folder, str(file)) as desk:
        desk.until_shown("␛]52;c;aGFjaw==␇")
        desk.until_shown("[@click=app.quit]quit[/] [/] end")
        desk.until_ready()
        desk.type(b"\x07")
        desk.until_written()
        desk.type(b"\x1b1")
        desk.until_shown("% synthetic")
        desk.type(b"\x11")
        assert desk.ended() == 0
        for sequence in FORBIDDEN:
            assert sequence not in desk.raw
        assert desk.is_whole()


def test_alt_and_a_digit_keeps_a_pane_and_types_nothing(model_folder: Path) -> None:
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_ready()
        desk.type("Rain")
        desk.until_shown("Rain")
        desk.type(b"\x07")
        desk.until_written()
        desk.type(b"\x1b2")
        desk.until_shown("Pane 2 is in the draft")
        desk.type(b"\x1b1\x1b3")
        desk.until_shown("Pane 1 is in the draft")
        desk.until_shown("Pane 3 is in the draft")
        assert "™" not in desk.text()
        assert "there is no pane" not in desk.text()


def test_standard_error_in_a_file_gets_nothing_of_the_screen(
    model_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "errors"
    errors = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    with desk_on_a_terminal(model_folder, stderr=errors) as desk:
        desk.until_ready()
        desk.type(b"\x11")
        assert desk.ended() == 0
        assert desk.is_whole()
    os.close(errors)
    assert file.read_bytes() == b""


NOISE = b"NOISE ON DESCRIPTOR TWO"
NOISY_PROGRAM = """
import base64, os, sys, threading, time
from gpt2_tui.cli import main

def noise():
    while True:
        time.sleep(0.2)
        os.write(2, base64.b64decode(%r) + b"\\n")

threading.Thread(target=noise, daemon=True).start()
sys.exit(main())
"""


def test_noise_of_native_libraries_goes_into_a_private_log(
    model_folder: Path, tmp_path: Path
) -> None:
    program = tmp_path / "noisy.py"
    program.write_text(NOISY_PROGRAM % base64.b64encode(NOISE))
    log = locations.log_folder() / "native.log"
    with desk_on_a_terminal(model_folder, program=(str(program),)) as desk:
        desk.until_ready()
        desk.until(lambda: NOISE in log.read_bytes(), "the noise in the log")
        drawn = desk.raw.index(b"\x1b[?1049h")
        assert NOISE not in desk.raw[drawn:]
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.parent.stat().st_mode & 0o077 == 0


FRAME_PROGRAM = """
import json, sys
from pathlib import Path
from textual.drivers.linux_driver import LinuxDriver
from gpt2_tui.ui.writer import Writer

drawn = []
write, start = LinuxDriver.write, Writer.start

def recorded(self, data):
    drawn.append(data)
    write(self, data)

def checked(self):
    heavy = {"numpy", "onnxruntime", "tokenizers", "onnx"} & set(sys.modules)
    report = {"heavy": sorted(heavy), "drawn": "".join(drawn)}
    Path(REPORT).write_text(json.dumps(report))
    start(self)

LinuxDriver.write, Writer.start = recorded, checked
from gpt2_tui.cli import main
sys.exit(main())
"""


def test_the_first_frame_is_drawn_before_the_models_libraries_are_imported(
    model_folder: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    program = tmp_path / "watched.py"
    program.write_text(FRAME_PROGRAM.replace("REPORT", repr(str(report))))
    with desk_on_a_terminal(model_folder, program=(str(program),)) as desk:
        desk.until_ready()
    # What was so when the writer thread, which loads the model, was told to start.
    found = json.loads(report.read_text())
    assert found["heavy"] == []
    assert "Draft" in found["drawn"]
    assert "Generate" in found["drawn"]


def test_importing_the_app_imports_none_of_the_models_libraries() -> None:
    code = (
        "import sys, gpt2_tui.ui.app; "
        "print({'numpy', 'onnxruntime', 'tokenizers', 'onnx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_with_no_color_no_colour_reaches_the_terminal(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_ready()
        desk.type("Rain")
        desk.type(b"\x07")
        desk.until_written()
        desk.type(b"\x1b1")
        desk.until_shown("% synthetic")
        desk.type(b"\x11")
        assert desk.ended() == 0
    styles = re.findall(rb"\x1b\[([\d;]*)m", desk.raw)
    assert styles
    assert [style for style in styles if _COLOUR.search(style)] == []
