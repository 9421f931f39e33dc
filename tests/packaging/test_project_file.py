"""What pyproject.toml says about dependencies, packages and layers."""

from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.packaging.conftest import CHECKOUT

GPU, CPU = "onnxruntime-gpu", "onnxruntime"


@pytest.mark.parametrize(
    ("system", "machine", "chosen"),
    [
        ("linux", "x86_64", GPU),
        ("linux", "aarch64", GPU),
        ("win32", "AMD64", GPU),
        ("win32", "ARM64", CPU),
        ("darwin", "arm64", CPU),
        ("darwin", "x86_64", CPU),
        ("linux", "ppc64le", CPU),
    ],
)
def test_exactly_one_runtime_is_chosen(
    project: dict[str, Any], system: str, machine: str, chosen: str
) -> None:
    environment = {"sys_platform": system, "platform_machine": machine}
    requirements = [Requirement(text) for text in project["project"]["dependencies"]]
    found = [
        each.name
        for each in requirements
        if each.name in (GPU, CPU)
        and (each.marker is None or each.marker.evaluate(dict(environment)))
    ]
    assert found == [chosen]


def test_every_package_of_the_program_is_listed(project: dict[str, Any]) -> None:
    packages = {
        ".".join(path.parent.relative_to(CHECKOUT).parts)
        for path in (CHECKOUT / "gpt2_tui").rglob("__init__.py")
    }
    listed = set(project["tool"]["setuptools"]["packages"])
    assert listed == packages | {"gpt2_tui.export", "gpt2_tui.assets"}


def test_the_layers_name_every_module_of_the_program(project: dict[str, Any]) -> None:
    contract = next(
        c for c in project["tool"]["importlinter"]["contracts"] if c["type"] == "layers"
    )
    named = {name.strip() for layer in contract["layers"] for name in layer.split("|")}
    modules = {
        f"gpt2_tui.{path.stem}"
        for path in (CHECKOUT / "gpt2_tui").iterdir()
        if _is_module(path) and path.stem not in ("__init__", "__main__")
    }
    assert named == modules


def test_the_core_contract_names_every_module_below_the_screen(project: dict[str, Any]) -> None:
    contracts = {c["name"]: c for c in project["tool"]["importlinter"]["contracts"]}
    core = set(contracts["Core knows nothing of the screen"]["source_modules"])
    modules = {
        f"gpt2_tui.{path.stem}" for path in (CHECKOUT / "gpt2_tui").iterdir() if _is_module(path)
    }
    above = {f"gpt2_tui.{name}" for name in ("__init__", "__main__", "cli", "commands", "ui")}
    assert core == (modules - above) | {"export"}


def _is_module(path: Path) -> bool:
    return path.suffix == ".py" or (path / "__init__.py").is_file()
