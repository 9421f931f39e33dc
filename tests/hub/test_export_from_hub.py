"""`gpt2-tui export` with a model of the hub as its source."""

import json
from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.cli import main
from gpt2_tui.models.manifest import read_manifest
from tests.hub.conftest import Serve
from tests.hub.stand_in import COMMIT, StandIn

Printed = pytest.CaptureFixture[str]


def test_a_model_of_the_hub_becomes_a_model_folder(
    serve: Serve, tmp_path: Path, capfd: Printed
) -> None:
    serve()
    out = tmp_path / "out"
    assert main(["export", "someone/tiny", str(out), "--name", "mine", "--json"]) == 0
    printed = capfd.readouterr()
    assert json.loads(printed.out)["name"] == "mine"
    assert printed.err == ""
    manifest = read_manifest(out)
    source = manifest.source
    assert (source.kind, source.name, source.revision) == ("hub", "someone/tiny", COMMIT)
    assert manifest.licence == "apache-2.0"
    assert [path.name for path in locations.downloads_folder().iterdir()] == [".lock"]
    assert not locations.models_folder().exists()


def test_a_short_name_is_asked_for_at_its_fixed_revision(
    hub: StandIn, tmp_path: Path, capfd: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", "124M", "out"]) == 2
    assert "openai-community/gpt2" in capfd.readouterr().err
    assert hub.asked[0].path.endswith("/revision/607a30d783dfa663caf39e06633721c8d4cfcd7e")


def test_a_folder_goes_before_a_model_of_its_name(
    hub: StandIn, tmp_path: Path, capfd: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gpt2").mkdir()
    assert main(["export", "gpt2", "out"]) == 2
    assert "gpt2" in capfd.readouterr().err
    assert hub.asked == []


@pytest.mark.parametrize(
    "wrong",
    [
        ["full"],
        ["nowhere/out"],
        ["x" * 101],
        ["out", "--precision", "int3"],
        ["out", "--name", "two\nlines"],
        ["out", "--licence", "two\nlines"],
        ["out", "--licence", ""],
    ],
    ids=ascii,
)
def test_nothing_is_fetched_for_an_export_that_cannot_end_well(
    wrong: list[str], serve: Serve, hub: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/file").touch()
    assert main(["export", "someone/tiny", *wrong]) == 2
    assert hub.asked == []
