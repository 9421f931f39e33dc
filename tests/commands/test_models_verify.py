"""`gpt2-tui models verify`."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui import locations
from gpt2_tui.cli import main
from tests.models.spoil import copy_of, describe, flip_a_byte, put

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def mine(model_folder: Path) -> Path:
    locations.models_folder().mkdir(parents=True)
    return copy_of(model_folder, locations.models_folder() / "mine")


def verified(capfd: Printed, *names: str) -> tuple[int, list[dict[str, Any]]]:
    code = main(["models", "verify", *names, "--json"])
    return code, [json.loads(line) for line in capfd.readouterr().out.splitlines()]


@pytest.mark.usefixtures("mine")
def test_a_sound_model(capfd: Printed) -> None:
    checks = {"files": True, "graph": True}
    row = {"name": "mine", "sound": True, "checks": checks, "fault": None}
    assert verified(capfd, "mine") == (0, [row])
    assert main(["models", "verify", "mine"]) == 0
    assert capfd.readouterr().out == "mine: sound (files, graph)\n"


@pytest.mark.usefixtures("mine")
def test_without_a_name_all_models_are_verified(capfd: Printed) -> None:
    code, rows = verified(capfd)
    assert (code, [row["name"] for row in rows]) == (0, ["starter", "mine"])


def test_a_model_folder_by_its_path(mine: Path, capfd: Printed) -> None:
    assert verified(capfd, str(mine))[0] == 0


def test_a_byte_that_changed_behind_the_back_of_the_clock_is_found(
    mine: Path, capfd: Printed
) -> None:
    assert main(["sample", "--model", "mine", "--length", "1"]) == 0
    weights = mine / "model.onnx.data"
    state = weights.stat()
    flip_a_byte(weights)
    os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns))
    capfd.readouterr()
    code, rows = verified(capfd, "mine")
    assert (code, rows[0]["checks"]) == (1, {"files": False})
    assert "its sha256 differs" in rows[0]["fault"]
    assert main(["models", "verify", "mine"]) == 1
    assert capfd.readouterr().out.startswith("mine: FAILED: ")


def test_a_graph_that_does_not_load(mine: Path, capfd: Printed) -> None:
    put(mine, "model.onnx", b"no graph")
    code, rows = verified(capfd, "mine")
    assert (code, rows[0]["checks"]) == (1, {"files": True, "graph": False})


def test_a_model_that_says_it_is_gpt2_and_is_not(mine: Path, capfd: Printed) -> None:
    source = {
        "kind": "hub",
        "name": "openai-community/gpt2",
        "revision": "607a30d783dfa663caf39e06633721c8d4cfcd7e",
    }
    describe(mine, lambda value: value.update(source=source))
    code, rows = verified(capfd, "mine")
    assert code == 1
    assert rows[0]["checks"] == {"files": True, "graph": True, "figures": False}
    assert "not GPT-2" in rows[0]["fault"]


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize("name", ["nothing", "no/such/folder"])
def test_a_model_that_there_is_not(name: str, capfd: Printed) -> None:
    assert main(["models", "verify", name, "mine"]) == 2
    printed = capfd.readouterr()
    assert printed.err.startswith("gpt2-tui: error: there is no model")
    assert printed.out == "mine: sound (files, graph)\n"


@pytest.mark.parametrize("namesake", [False, True])
def test_a_listed_folder_that_is_no_model_fails_itself(
    namesake: bool,
    mine: Path,
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: Printed,
) -> None:
    (mine / "model.json").unlink()
    if namesake:
        copy_of(model_folder, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    code, rows = verified(capfd, "mine")
    assert (code, rows[0]["checks"]) == (1, {"files": False})
    assert rows[0]["fault"] == f"{mine} is not a model folder: it has no model.json"


def test_gpt2_that_is_not_here_says_how_to_fetch_it(capfd: Printed) -> None:
    for name in ("gpt2", "124M", "openai-community/gpt2"):
        assert main(["sample", "--model", name]) == 2
        assert "fetch it: gpt2-tui models pull gpt2" in capfd.readouterr().err


def test_an_old_name_finds_the_model_that_is_here(mine: Path) -> None:
    mine.rename(mine.with_name("gpt2-medium"))
    assert main(["sample", "--model", "355M", "--length", "1"]) == 0
