"""The program opens no socket and writes nothing outside its folders."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands.program import run

# Runs the command line as `python -m gpt2_tui` does, with a witness of all that Python is asked
# to do. It also imports every module of the program, so that none does more than it should.
WITNESS = """
import importlib, json, os, pkgutil, sys

SOCKETS = ("socket.", "http.", "urllib.", "ftplib.", "smtplib.")
CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.rmdir", "os.chmod")
seen = {"sockets": [], "processes": [], "written": []}

def witness(event, arguments):
    if event.startswith(SOCKETS):
        seen["sockets"].append(event)
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork"):
        seen["processes"].append(f"{event} {arguments}")
    elif event in CHANGES:
        seen["written"].append(str(arguments[0]))
    elif event == "open" and isinstance(arguments[0], (str, bytes)):
        if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            seen["written"].append(os.fsdecode(arguments[0]))

sys.addaudithook(witness)
import gpt2_tui
for module in pkgutil.walk_packages(gpt2_tui.__path__, "gpt2_tui."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from gpt2_tui.cli import main
code = main(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    json.dump(seen, file)
sys.exit(code)
"""


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def witnessed(report: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-B", "-c", WITNESS, str(report), *words],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    seen: dict[str, Any] = json.loads(report.read_bytes())
    seen["written"] = [path for path in seen["written"] if path not in (str(report), os.devnull)]
    return seen


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run in."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_sampling_opens_no_socket_and_writes_in_its_cache_alone(
    model_folder: Path, nowhere: Path, home: Path, tmp_path: Path
) -> None:
    before = files_in(model_folder)
    words = ["sample", "--model", str(model_folder), "--prompt", "A secret", "--length", "9"]
    seen = witnessed(tmp_path / "report", *words)
    assert seen["sockets"] == []
    assert seen["processes"] == []
    cache = home / "xdg_cache_home" / "gpt2-tui"
    assert seen["written"]
    assert all(Path(path).is_relative_to(cache.parent) for path in seen["written"])
    assert files_in(home) == ["xdg_cache_home/gpt2-tui/checked-files.json"]
    assert (cache / "checked-files.json").stat().st_mode & 0o777 == 0o600
    assert b"secret" not in (cache / "checked-files.json").read_bytes()
    assert files_in(nowhere) == []
    assert files_in(model_folder) == before


def test_what_is_asked_to_be_saved_is_all_that_is_saved(
    model_folder: Path, nowhere: Path, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ["sample", "--model", str(model_folder), "--length", "9", "--out", str(out), "-n", "2"]
    seen = witnessed(tmp_path / "report", *words)
    assert (seen["sockets"], seen["processes"]) == ([], [])
    allowed = (out, home / "xdg_cache_home")
    assert all(any(Path(path).is_relative_to(a) for a in allowed) for path in seen["written"])
    assert len(files_in(out)) == 2
    assert len(files_in(home)) == 1
    assert files_in(nowhere) == []


def test_onnxruntime_leaves_no_telemetry_behind(
    model_folder: Path, nowhere: Path, home: Path
) -> None:
    # It writes ~/.cache/Microsoft/… from native code, past every witness in Python.
    for words in (["sample", "--model", str(model_folder), "--length", "3"], ["doctor"]):
        # Also where the user asked for the opposite.
        run(*words, variables={"ORT_DISABLE_TELEMETRY": "0", "XDG_CACHE_HOME": ""})
    assert not [path for path in files_in(home) if "icrosoft" in path or "onnx" in path.lower()]
    assert files_in(nowhere) == []


def imported_by(statement: str) -> set[str]:
    """The top names of all modules that are there after a statement."""
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in done.stdout.split()}


HUB = {"huggingface_hub", "httpx2", "filelock"}
HEAVY = {"numpy", "onnxruntime", "textual", "rich", "tokenizers", "onnx", "cryptography", *HUB}


def test_the_command_line_imports_nothing_heavy() -> None:
    assert not imported_by("import gpt2_tui.cli") & HEAVY


def test_a_wrong_setting_is_refused_without_importing_anything_heavy() -> None:
    refused = "from gpt2_tui.cli import main; main(['sample', '--seed', '-1'])"
    assert not imported_by(refused) & HEAVY


def test_sampling_imports_nothing_of_the_screen_or_the_exporter(model_folder: Path) -> None:
    words = ["sample", "--model", str(model_folder), "--length", "2"]
    sampled = f"from gpt2_tui.cli import main; main({words!r})"
    assert not imported_by(sampled) & {"textual", "rich", "onnx", "safetensors", "export", *HUB}
