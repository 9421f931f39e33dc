"""The models in memory: two at most, and none for longer than it is needed."""

import shutil
import weakref
from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.continuations import Request, write
from gpt2_tui.engine.session import Session
from gpt2_tui.errors import ModelError
from gpt2_tui.loaded_models import LoadedModels
from gpt2_tui.models.choice import ModelChoice
from gpt2_tui.models.registry import list_models
from gpt2_tui.settings import Settings
from tests.exporter.checkpoints import TINY, random_model


def choice(folder: Path) -> ModelChoice:
    return ModelChoice(str(folder), "cpu")


def write_with(models: LoadedModels) -> None:
    assert models.in_use is not None
    for _ in write(models.in_use, Request("The sea", Settings(length=4, seed=1), (0, 1))):
        pass


def session_in_use(models: LoadedModels) -> weakref.ref[Session]:
    assert models.in_use is not None
    return weakref.ref(models.in_use.session)


def test_another_model_in_use_releases_the_one_before(
    model_folder: Path, other_model_folder: Path
) -> None:
    models = LoadedModels()
    models.use(choice(model_folder))
    write_with(models)
    before = session_in_use(models)
    models.use(choice(other_model_folder))
    write_with(models)
    assert before() is None


def test_the_model_in_use_is_not_loaded_again(model_folder: Path) -> None:
    models = LoadedModels()
    first = models.use(choice(model_folder))
    assert models.use(choice(model_folder)) is first
    assert models.beside(choice(model_folder)) is first


def test_one_model_at_most_stays_beside_the_one_in_use(
    model_folder: Path, other_model_folder: Path, tmp_path: Path
) -> None:
    third = random_model(tmp_path / "third", TINY, seed=8)
    models = LoadedModels()
    in_use = models.use(choice(model_folder))
    beside = weakref.ref(models.beside(choice(other_model_folder)).session)
    assert beside() is not None
    last = weakref.ref(models.beside(choice(third)).session)
    assert beside() is None
    assert last() is not None
    models.release_beside()
    assert last() is None
    assert models.in_use is in_use


def test_what_was_loaded_beside_can_be_used(model_folder: Path, other_model_folder: Path) -> None:
    models = LoadedModels()
    models.use(choice(model_folder))
    beside = models.beside(choice(other_model_folder))
    assert models.use(choice(other_model_folder)) is beside


def test_a_model_that_cannot_be_loaded_leaves_the_one_in_use(model_folder: Path) -> None:
    models = LoadedModels()
    in_use = models.use(choice(model_folder))
    with pytest.raises(ModelError, match="there is no model"):
        models.use(ModelChoice("gone", "cpu"))
    assert models.in_use is in_use


def test_what_wrote_a_text_is_loaded_again_to_look_into_it(
    model_folder: Path, other_model_folder: Path
) -> None:
    models = LoadedModels()
    maker = models.use(choice(model_folder)).maker
    models.use(choice(other_model_folder))
    assert models.that_wrote(maker).maker == maker
    assert models.in_use is not None
    assert models.in_use.name == "other"


def test_another_model_of_the_same_name_did_not_write_it(
    model_folder: Path, other_model_folder: Path
) -> None:
    place = locations.models_folder() / "mine"
    shutil.copytree(model_folder, place)
    models = LoadedModels()
    maker = models.use(ModelChoice("mine", "cpu")).maker
    models.use(choice(other_model_folder))
    shutil.rmtree(place)
    shutil.copytree(other_model_folder, place)
    with pytest.raises(ModelError, match="tiny, which wrote this, is not on this machine"):
        models.that_wrote(maker)
    assert list_models()[1].last_used is not None


def test_a_folder_that_changed_is_loaded_anew(model_folder: Path, other_model_folder: Path) -> None:
    place = locations.models_folder() / "mine"
    shutil.copytree(model_folder, place)
    models = LoadedModels()
    models.use(ModelChoice("mine", "cpu"))
    shutil.rmtree(place)
    shutil.copytree(other_model_folder, place)
    assert models.use(ModelChoice("mine", "cpu")).name == "other"
