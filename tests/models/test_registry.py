"""Models by name, by path, and the list of them."""

from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.errors import ModelError
from gpt2_tui.models import registry
from gpt2_tui.models.choice import STARTER
from gpt2_tui.models.registry import list_models, open_model
from tests.models.spoil import copy_of, describe


@pytest.fixture
def registered(model_folder: Path) -> Path:
    """A model of the user's, with the name `mine`."""
    locations.models_folder().mkdir(parents=True)
    return copy_of(model_folder, locations.models_folder() / "mine")


def test_a_registered_model_is_opened_by_its_name(registered: Path) -> None:
    assert open_model("mine").path == registered


def test_a_model_folder_is_opened_by_its_path(
    registered: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    assert open_model(str(registered)).path == registered
    monkeypatch.chdir(registered.parent)
    assert open_model("./mine").path == registered
    inside_home = registered.relative_to(home)
    assert open_model(f"~/{inside_home}").path == registered


def test_a_registered_name_goes_before_a_folder_of_that_name(
    registered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert open_model("mine").path == registered


@pytest.mark.parametrize(
    "reference",
    ["nothing", "./nothing", "..", ".", "", "/", "~nobody-has-this-name/model", "x" * 300, "a\0b"],
    ids=ascii,
)
def test_a_model_that_is_not_there_is_one_line(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError) as caught:
        open_model(reference)
    assert "\n" not in str(caught.value)


def test_a_name_that_is_not_known_says_where_the_names_are() -> None:
    with pytest.raises(ModelError, match=r"no model 'gpt9'; `gpt2-tui models list` shows"):
        open_model("gpt9")


def test_the_list_has_the_starter_first_and_names_faults(
    registered: Path, model_folder: Path
) -> None:
    home = registered.parent
    copy_of(model_folder, home / "also")
    describe(copy_of(model_folder, home / "broken"), lambda value: value.update(format=99))
    (home / ".hidden").mkdir()
    (home / "a file").write_bytes(b"")
    (home / "no model").mkdir()
    listed = list_models()
    assert [each.name for each in listed] == ["starter", "also", "broken", "mine", "no model"]
    by_name = {each.name: each for each in listed}
    assert by_name["mine"].path == registered
    assert by_name["mine"].fault is None
    assert by_name["mine"].model is not None
    for name, said in {"broken": "format is 99", "no model": "not a model folder"}.items():
        assert by_name[name].model is None
        assert said in (by_name[name].fault or "")


def test_the_list_of_a_new_user_is_the_starter_alone(home: Path) -> None:
    assert [each.name for each in list_models()] == [STARTER]
    assert list(home.iterdir()) == []


def test_an_altered_starter_is_refused(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_of(model_folder, tmp_path / registry.STARTER_FOLDER)
    monkeypatch.setattr(locations, "assets_folder", lambda: tmp_path)
    for reference in (None, "starter"):
        with pytest.raises(ModelError, match="altered; install gpt2-tui again"):
            open_model(reference)


def test_a_missing_starter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locations, "assets_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match="bundled model is missing"):
        open_model(None)
