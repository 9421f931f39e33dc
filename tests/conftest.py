"""What every test shares: folders of its own, no hub, and one tiny model with random weights."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from gpt2_tui.engine.cuda import cuda
from gpt2_tui.engine.runtime import Device
from gpt2_tui.loading import LoadedModel, load_model
from tests import pretend_card
from tests.exporter.checkpoints import MIDDLE, TINY, random_model

MODEL_SHAPE = TINY
MODEL_SEED = 5
_FOLDER_VARIABLES = (
    "HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
)
# Before anything can import huggingface_hub, which reads most of this once: no test reaches a hub,
# or a user's token, unless it brings a hub of its own.
for _name in [
    name for name in os.environ if name.startswith("HF_") or name.lower().endswith("_proxy")
]:
    del os.environ[_name]
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"  # nobody listens there
# As the program does, but it would come too late here. Else the first test asks for one thing more.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def _live_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home.mkdir()
    for name in _FOLDER_VARIABLES:
        monkeypatch.setenv(name, str(home if name == "HOME" else home / name.lower()))
    return home


@pytest.fixture(scope="session", autouse=True)
def _home_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where fixtures that live through the session write."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _live_in(tmp_path_factory.mktemp("session") / "home", monkeypatch)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new home folder for each test, so that none reads or writes the user's."""
    return _live_in(tmp_path_factory.mktemp("user") / "home", monkeypatch)


@pytest.fixture(autouse=True)
def _no_card_is_remembered() -> Iterator[None]:
    """What a test found of cards, or pretended, is not found by the next."""
    yield
    cuda.cache_clear()


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card that is none, but that the program takes for one."""
    pretend_card.install(monkeypatch)


@pytest.fixture(scope="session")
def model_folder(_home_of_the_session: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights of low entropy. No test may change it."""
    return random_model(tmp_path_factory.mktemp("tiny") / "tiny", MODEL_SHAPE, MODEL_SEED)


@pytest.fixture(scope="session")
def other_model_folder(
    _home_of_the_session: None, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Another model's folder, of another shape. No test may change it."""
    return random_model(tmp_path_factory.mktemp("other") / "other", MIDDLE, MODEL_SEED)


@pytest.fixture(scope="session")
def loaded_model(model_folder: Path) -> LoadedModel:
    """The model of `model_folder`, on the processor."""
    return load_model(str(model_folder), Device.CPU)


# A busy machine is no fault of what is tested.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
