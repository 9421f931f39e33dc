"""Into the models folder and out of it."""

from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.errors import ModelError, StorageError
from gpt2_tui.models import last_use
from gpt2_tui.models.card_graph import with_card_graph
from gpt2_tui.models.folder import open_folder
from gpt2_tui.models.registration import check_name, freed_by_removal, registering, remove_model
from gpt2_tui.models.registry import list_models, open_model
from tests.models.spoil import copy_of, describe


@pytest.fixture
def models() -> Path:
    locations.models_folder().mkdir(parents=True)
    return locations.models_folder()


def names() -> list[str]:
    return [each.name for each in list_models()[1:]]


def test_a_model_appears_when_it_is_whole_and_not_before(model_folder: Path) -> None:
    with registering("mine") as folder:
        copy_of(model_folder, folder)
        assert names() == []
    assert names() == ["mine"]
    assert open_model("mine").path == locations.models_folder() / "mine"
    assert [path.name for path in locations.models_folder().iterdir()] == ["mine"]


@pytest.mark.parametrize("error", [ModelError("no"), KeyboardInterrupt()], ids=repr)
def test_after_an_error_there_is_nothing(error: BaseException, model_folder: Path) -> None:
    def fail() -> None:
        with registering("mine") as folder:
            copy_of(model_folder, folder)
            raise error

    with pytest.raises(type(error)):
        fail()
    assert list(locations.models_folder().iterdir()) == []


def test_what_killed_processes_left_is_removed(models: Path, model_folder: Path) -> None:
    for name in (".being-made/old", ".being-removed-12"):
        (models / name).parent.mkdir(exist_ok=True)
        copy_of(model_folder, models / name)
    copy_of(model_folder, models / "kept")
    (models / ".hidden").mkdir()
    with registering("mine") as folder:
        copy_of(model_folder, folder)
    assert sorted(path.name for path in models.iterdir()) == [".hidden", "kept", "mine"]


def test_a_folder_that_cannot_be_written(models: Path) -> None:
    models.rmdir()
    models.write_bytes(b"")
    with pytest.raises(StorageError), registering("mine"):
        pass


def test_a_model_is_removed_with_the_note_of_its_use(models: Path, model_folder: Path) -> None:
    copy_of(model_folder, models / "mine")
    copy_of(model_folder, models / "other")
    last_use.note_use("mine")
    remove_model("mine")
    assert names() == ["other"]
    assert [path.name for path in models.iterdir()] == ["other"]
    assert last_use.last_use("mine") is None


@pytest.fixture
def card_graph(models: Path, model_folder: Path) -> Path:
    """The graph for cards of the model `mine`."""
    mine = open_folder(copy_of(model_folder, models / "mine"), locations.cache_folder())
    return with_card_graph(mine, lambda _: None).path


def test_the_graph_for_cards_goes_with_its_model(models: Path, card_graph: Path) -> None:
    files = [*(models / "mine").iterdir(), *card_graph.iterdir()]
    assert freed_by_removal("mine") == sum(path.stat().st_size for path in files)
    remove_model("mine")
    assert not card_graph.exists()


def test_a_graph_for_cards_that_another_model_has_too_stays(
    models: Path, card_graph: Path, model_folder: Path
) -> None:
    copy_of(model_folder, models / "copy")
    other = describe(copy_of(model_folder, models / "other"), lambda v: v.update(licence="x"))
    size = sum(path.stat().st_size for path in other.iterdir())
    assert freed_by_removal("other") == size
    for name in ("other", "mine"):
        remove_model(name)
        assert card_graph.is_dir()
    remove_model("copy")
    assert not card_graph.exists()


def test_a_model_that_cannot_be_read_is_removed_all_the_same(models: Path) -> None:
    (models / "broken").mkdir()
    (models / "broken" / "model.json").write_bytes(b"{")
    assert freed_by_removal("broken") == 1
    remove_model("broken")
    assert names() == []


def test_of_a_link_only_the_link_is_removed(models: Path, model_folder: Path) -> None:
    (models / "linked").symlink_to(model_folder)
    made = with_card_graph(open_folder(model_folder, locations.cache_folder()), lambda _: None)
    assert freed_by_removal("linked") == 0
    remove_model("linked")
    assert made.path.is_dir()
    assert list(models.iterdir()) == []
    assert (model_folder / "model.json").is_file()


@pytest.mark.parametrize(
    "name", ["starter", "nothing", "", ".", "..", "../models/mine", "a/b", ".hidden", "/", "a\0b"]
)
def test_what_is_no_model_of_the_user_is_not_removed(
    name: str, models: Path, model_folder: Path
) -> None:
    copy_of(model_folder, models / "mine")
    (models / ".hidden").mkdir()
    with pytest.raises(ModelError):
        remove_model(name)
    assert sorted(path.name for path in models.iterdir()) == [".hidden", "mine"]


@pytest.mark.parametrize("name", ["gpt2", "my.model_2-x", "GPT"])
def test_names_that_a_model_may_have(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["starter", "", ".", "..", ".x", "-x", "a b", "a/b", "a\\b", "é", "nul", "x" * 81]
)
def test_names_that_no_model_may_have(name: str) -> None:
    with pytest.raises(ModelError, match="name"):
        check_name(name)
