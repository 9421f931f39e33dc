"""The wheel and the sdist, built once from a copy of the checkout."""

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
_NOT_OF_THE_SOURCE = shutil.ignore_patterns(
    *(".git", ".venv", ".training", ".bench", "*_cache", ".hypothesis", "__pycache__"),
    *("*.egg-info", "build", "dist", "snapshot_report.html"),
)


@dataclass(frozen=True)
class Built:
    """What `python -m build` made, and the names of the files in it."""

    wheel: Path
    sdist: Path

    @property
    def wheel_files(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return {name for name in archive.namelist() if not name.endswith("/")}

    @property
    def sdist_files(self) -> set[str]:
        """Names without the folder that all are in."""
        with tarfile.open(self.sdist) as archive:
            return {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Built from a copy: building leaves folders behind, and old ones would hide what is missing.

    The wheel is made from the sdist, as a package index's users would.
    """
    place = tmp_path_factory.mktemp("build")
    shutil.copytree(CHECKOUT, place / "tree", ignore=_NOT_OF_THE_SOURCE)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", place / "dist"],
        cwd=place / "tree",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (wheel,) = (place / "dist").glob("*.whl")
    (sdist,) = (place / "dist").glob("*.tar.gz")
    yield Built(wheel, sdist)
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
