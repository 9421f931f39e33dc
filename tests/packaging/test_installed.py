"""The wheel, installed somewhere else, works from any folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.conftest import CHECKOUT, Built


@pytest.fixture(scope="session")
def site(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the program alone; its dependencies are those of the tests."""
    target = tmp_path_factory.mktemp("site") / "packages"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--no-compile", "--target", target, built.wheel),
        ],
        check=True,
    )
    return target


def run(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the installed program before all else, in `folder`."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_export_or_assets_package_lands_beside_the_program(site: Path) -> None:
    names = {path.name for path in site.iterdir() if not path.name.endswith(".dist-info")}
    assert names <= {"gpt2_tui", "bin"}


def test_the_console_script_works_from_another_folder(site: Path, tmp_path: Path) -> None:
    done = run(site, tmp_path, str(site / "bin" / "gpt2-tui"), "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("gpt2-tui ")


def test_every_module_can_be_imported_from_the_wheel(
    built: Built, site: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = sorted(
            name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for name in archive.namelist()
            if name.endswith(".py") and not name.endswith("__main__.py")
        )
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}:\n"
        "    module = importlib.import_module(name)\n"
        "    assert module.__file__.startswith(sys.argv[1]), module.__file__\n"
    )
    done = run(site, tmp_path, "-c", code, str(site))
    assert done.returncode == 0, done.stderr


def test_the_installed_program_writes(site: Path, tmp_path: Path, model_folder: Path) -> None:
    done = run(
        site,
        tmp_path,
        *("-m", "gpt2_tui", "sample", "--prompt", "The keeper", "--seed", "7", "--length", "5"),
        *("--model", str(model_folder), "--device", "cpu"),
    )
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC · tiny" in done.stdout


def test_the_installed_program_finds_its_assets_next_to_the_package(
    site: Path, tmp_path: Path
) -> None:
    code = "from gpt2_tui import locations; print(locations.assets_folder())"
    done = run(site, tmp_path, "-c", code)
    assert Path(done.stdout.strip()) in (site / "gpt2_tui" / "assets", site / "assets")
    assert CHECKOUT not in Path(done.stdout.strip()).parents
