"""Where the program reads and writes of its own accord."""

import sys
from pathlib import Path

import pytest

from gpt2_tui import locations

OWN_FOLDERS = [
    locations.data_folder,
    locations.samples_folder,
    locations.drafts_folder,
    locations.history_folder,
    locations.bin_folder,
    locations.models_folder,
    locations.cache_folder,
    locations.log_folder,
    locations.config_folder,
]


def test_every_folder_lies_in_the_users_home_under_the_programs_name(home: Path) -> None:
    for folder in OWN_FOLDERS:
        assert folder().is_relative_to(home)
        assert "gpt2-tui" in folder().parts


def test_naming_a_folder_does_not_make_it(home: Path) -> None:
    for folder in OWN_FOLDERS:
        folder()
    assert list(home.iterdir()) == []


def test_what_the_user_made_does_not_lie_in_a_cache() -> None:
    for folder in OWN_FOLDERS[1:6]:
        assert folder().is_relative_to(locations.data_folder())
        assert not folder().is_relative_to(locations.cache_folder())


@pytest.mark.skipif(sys.platform != "linux", reason="the variables of Linux")
def test_the_variables_of_the_desktop_are_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    assert locations.samples_folder() == tmp_path / "d" / "gpt2-tui" / "samples"
    assert locations.cache_folder() == tmp_path / "c" / "gpt2-tui"


def test_the_assets_lie_in_the_checkout_or_beside_the_installed_package() -> None:
    package = Path(locations.__file__).parent
    assert locations.assets_folder() in (package / "assets", package.parent / "assets")
    assert locations.assets_folder().is_dir()
