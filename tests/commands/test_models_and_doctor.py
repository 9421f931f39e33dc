"""`gpt2-tui models list` and `gpt2-tui doctor`."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui import doctor, locations
from gpt2_tui.cli import main
from gpt2_tui.doctor import Finding
from gpt2_tui.models import registry
from gpt2_tui.models.folder import sha256_of
from tests.models.spoil import copy_of, describe

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def mine(model_folder: Path) -> Path:
    """A model of the user's."""
    locations.models_folder().mkdir(parents=True)
    return copy_of(model_folder, locations.models_folder() / "mine")


@pytest.fixture
def starter(model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny model in the place of the bundled one."""
    folder = copy_of(model_folder, tmp_path / registry.STARTER_FOLDER)
    monkeypatch.setattr(locations, "assets_folder", lambda: tmp_path)
    monkeypatch.setattr(registry, "STARTER_SHA256", sha256_of(folder / "model.json"))
    return folder


def json_lines(words: list[str], code: int, capfd: Printed) -> list[dict[str, Any]]:
    assert main(words) == code
    printed = capfd.readouterr()
    assert printed.err == ""
    return [json.loads(line) for line in printed.out.splitlines()]


@pytest.mark.usefixtures("mine", "starter")
def test_models_are_listed_with_size_precision_and_origin(capfd: Printed) -> None:
    assert main(["models", "list"]) == 0
    heading, first, second = capfd.readouterr().out.splitlines()
    assert " ".join(heading.split()) == "NAME SIZE PRECISION WINDOW LICENCE LAST USE SOURCE"
    assert first.split()[0] == "starter"
    assert second.split()[0] == "mine"
    assert "fp32" in second
    assert " 64 " in second


def test_models_as_json_hold_the_same(mine: Path, starter: Path, capfd: Printed) -> None:
    first, second = json_lines(["models", "list", "--json"], 0, capfd)
    assert (first["name"], first["path"], first["fault"]) == ("starter", str(starter), None)
    assert (second["name"], second["path"]) == ("mine", str(mine))
    files = [path for path in mine.iterdir() if path.name != "model.json"]
    assert second["bytes"] == sum(path.stat().st_size for path in files)
    assert (second["precisions"], second["window"]) == (["fp32"], 64)
    assert second["source"]["kind"] == "folder"


@pytest.mark.usefixtures("mine", "starter")
def test_the_last_use_of_a_model_is_when_something_was_written_with_it(capfd: Printed) -> None:
    assert main(["models", "verify"]) == 0
    assert main(["doctor"]) == 0
    capfd.readouterr()
    before = json_lines(["models", "list", "--json"], 0, capfd)
    assert [row["last_used"] for row in before] == [None, None]
    assert main(["sample", "--model", "mine", "--length", "1"]) == 0
    capfd.readouterr()
    starter, mine = json_lines(["models", "list", "--json"], 0, capfd)
    assert starter["last_used"] is None
    used = datetime.fromisoformat(mine["last_used"])
    assert abs((datetime.now(UTC) - used).total_seconds()) < 600
    assert main(["models", "list"]) == 0
    assert used.astimezone().strftime("%Y-%m-%d") in capfd.readouterr().out.splitlines()[2]


def test_a_model_loads_where_its_use_cannot_be_noted(
    mine: Path, home: Path, capfd: Printed
) -> None:
    (home / "xdg_cache_home").write_bytes(b"a file where a folder should be")
    assert main(["sample", "--model", "mine", "--length", "1"]) == 0
    assert mine.is_dir()
    assert capfd.readouterr().err == ""


def test_a_model_with_a_fault_is_listed_with_it(mine: Path, capfd: Printed) -> None:
    describe(mine, lambda value: value.update(format=99))
    rows = json_lines(["models", "list", "--json"], 0, capfd)
    assert "format is 99" in rows[1]["fault"]
    assert main(["models", "list"]) == 0
    assert "cannot be used" in capfd.readouterr().out.splitlines()[2]


def test_a_model_of_a_size_that_no_disk_holds_is_listed_as_a_fault(
    mine: Path, capfd: Printed
) -> None:
    describe(mine, lambda value: value["files"]["tokenizer.json"].update(bytes=10**400))
    assert main(["models", "list"]) == 0
    assert "cannot be used" in capfd.readouterr().out.splitlines()[2]
    assert main(["models", "remove", mine.name, "--yes"]) == 0


def test_names_in_the_list_harm_no_terminal(mine: Path, capfd: Printed) -> None:
    shutil.copytree(mine, mine.with_name("evil\x1b[2J\u202ename"))
    shutil.copytree(mine, mine.with_name("broken\x1b[2J"))
    (mine.with_name("broken\x1b[2J") / "model.json").write_text("{")
    assert main(["models", "list"]) == 0
    printed = capfd.readouterr().out
    assert not set("\x1b\u202e") & set(printed)


@pytest.mark.usefixtures("starter")
def test_doctor_finds_nothing_wrong_on_a_sound_machine(mine: Path, capfd: Printed) -> None:
    found = json_lines(["doctor", "--json"], 0, capfd)
    topics = {each["topic"]: each["state"] for each in found}
    assert {"program", "machine", "CUDA", "bundled model", "model", "terminal"} <= topics.keys()
    assert "CPU, fp32" in topics["bundled model"]
    assert str(mine) in topics["model"]
    assert topics["samples folder"] == str(locations.samples_folder())
    assert {each["mend"] for each in found} == {None}


def test_doctor_names_what_is_wrong_and_its_mend_and_exits_with_1(
    mine: Path, starter: Path, capfd: Printed
) -> None:
    (starter / "tokenizer.json").write_text("{}")
    describe(mine, lambda value: value.update(format=99))
    found = json_lines(["doctor", "--json"], 1, capfd)
    faults = {each["topic"]: each for each in found if each["mend"]}
    assert faults.keys() == {"bundled model", "model"}
    assert "install gpt2-tui again" in faults["bundled model"]["mend"]
    assert str(mine) in faults["model"]["mend"]
    assert main(["doctor"]) == 1
    text = capfd.readouterr().out
    assert text.count("mend: ") == 2
    assert "! bundled model" in text


def test_doctor_names_what_is_wrong_in_the_settings(capfd: Printed) -> None:
    path = locations.settings_file()
    path.parent.mkdir(parents=True)
    path.write_text("top-k = -1\n")
    assert main(["doctor"]) == 1
    printed = capfd.readouterr().out
    assert f"{path}: top-k must be from 0 to 2^53 - 1, not -1; the default is used" in printed
    assert f"mend: correct it in {path}, or move that away" in printed


def test_doctor_sees_two_runtimes_that_overwrite_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.0")
    faults = [finding for finding in doctor.examine() if finding.is_fault]
    assert any("overwrite each other" in fault.state for fault in faults)


@pytest.mark.usefixtures("starter")
def test_doctor_sees_a_folder_that_cannot_be_made(home: Path, capfd: Printed) -> None:
    blocked = home / "xdg_data_home"
    blocked.write_bytes(b"a file where a folder should be")
    found = json_lines(["doctor", "--json"], 1, capfd)
    assert {each["topic"] for each in found if each["mend"]} == {
        "samples folder",
        "drafts folder",
        "models folder",
    }
    assert all(str(blocked) in each["mend"] for each in found if each["mend"])


@pytest.mark.usefixtures("starter")
def test_doctor_goes_on_where_a_folder_cannot_even_be_looked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    # As it is below a folder of somebody else's.
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ("n" * 300)))
    found = json_lines(["doctor", "--json"], 1, capfd)
    assert "model" in {each["topic"] for each in found if each["mend"]}
    assert found[-1]["topic"] == "terminal"


@pytest.mark.usefixtures("starter")
def test_looking_changes_nothing(home: Path, capfd: Printed) -> None:
    assert main(["doctor"]) == 0
    assert main(["models", "list"]) == 0
    assert list(home.iterdir()) == []
    assert capfd.readouterr().err == ""


def test_a_finding_with_a_mend_is_a_fault() -> None:
    assert Finding("topic", "state", "mend").is_fault
    assert not Finding("topic", "state").is_fault
