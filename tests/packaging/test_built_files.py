"""Nothing is missing in what is built, and nothing is where it does not belong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpt2_tui.models.manifest import MANIFEST_FILE, read_manifest
from gpt2_tui.models.registry import starter_path
from tests.packaging.conftest import CHECKOUT, Built


def files_below(folder: str, pattern: str) -> Iterator[Path]:
    """Files in a folder of the checkout, relative to the checkout."""
    for path in (CHECKOUT / folder).rglob(pattern):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(CHECKOUT)


def test_the_wheel_holds_every_module_of_the_program(built: Built) -> None:
    modules = {str(path) for path in files_below("gpt2_tui", "*.py")}
    assert len(modules) > 30
    assert modules <= built.wheel_files


def test_the_wheel_holds_the_exporter_inside_the_program(built: Built) -> None:
    modules = {
        f"gpt2_tui/{path.relative_to(CHECKOUT)}" for path in (CHECKOUT / "export").glob("*.py")
    }
    assert len(modules) > 5
    assert modules <= built.wheel_files
    assert not [name for name in built.wheel_files if name.startswith("gpt2_tui/export/training")]


def test_the_wheel_holds_what_is_not_python(built: Built) -> None:
    styles = {str(path) for path in files_below("gpt2_tui", "*.tcss")}
    assert styles
    assert styles | {"gpt2_tui/py.typed"} <= built.wheel_files
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in built.wheel_files)


def test_nothing_else_sits_at_the_top_of_site_packages(built: Built) -> None:
    tops = {name.partition("/")[0] for name in built.wheel_files}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gpt2_tui"}
    assert not [name for name in built.wheel_files if "tests/" in name]


def test_the_starter_model_is_in_wheel_and_sdist(built: Built) -> None:
    names = {MANIFEST_FILE, *read_manifest(starter_path()).files}
    assert {f"gpt2_tui/assets/starter-model/{name}" for name in names} <= built.wheel_files
    assert {f"assets/starter-model/{name}" for name in names} <= built.sdist_files


@pytest.mark.parametrize("name", ["golden/gpt2-small.json", "openings.json"])
def test_the_figures_of_gpt2_and_the_openings_are_in_wheel_and_sdist(
    built: Built, name: str
) -> None:
    assert f"gpt2_tui/assets/{name}" in built.wheel_files
    assert f"assets/{name}" in built.sdist_files


def test_the_sdist_holds_all_that_building_and_testing_need(built: Built) -> None:
    named = {
        ".ci/run",
        "LICENSE",
        "Makefile",
        "README.md",
        "model_card.md",
        "pyproject.toml",
        "requirements.lock",
    }
    whole = {
        str(path)
        for folder in ("gpt2_tui", "export", "tests", "docs")
        for path in files_below(folder, "*")
    }
    assert sorted((named | whole) - built.sdist_files) == []


def test_the_sdist_holds_no_leavings(built: Built) -> None:
    leavings = ("__pycache__", ".venv", ".training", ".bench", "_cache/", "snapshot_report.html")
    assert [name for name in built.sdist_files if any(part in name for part in leavings)] == []
