"""The models on this machine: the bundled one, the user's, and any folder by its path."""

from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import locations
from gpt2_tui.errors import ModelError
from gpt2_tui.models import folder as folders
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.manifest import MANIFEST_FILE, read_manifest

STARTER = "starter"
STARTER_FOLDER = "starter-model"
STARTER_SHA256 = "4448645b2074013d803973d612a0ceaf52de1378e55ffbfeb80c8f691d4c5291"
"""sha256 of the starter's `model.json`, which names the digests of the rest."""


@dataclass(frozen=True)
class Listed:
    """A model in the list: whole, or with the fault that keeps it from use."""

    name: str
    path: Path
    model: ModelFolder | None
    fault: str | None


def starter_path() -> Path:
    return locations.assets_folder() / STARTER_FOLDER


def open_model(reference: str | None) -> ModelFolder:
    """The model that the user means: none or `starter`, a registered name, or a folder's path.

    Raises ModelError.
    """
    if reference is None or reference == STARTER:
        return folders.open_bundled(starter_path(), STARTER_SHA256)
    unknown = ModelError(
        f"there is no model {reference!r}; `gpt2-tui models list` shows the models"
    )
    registered = locations.models_folder() / reference
    is_name = Path(reference).name == reference and reference not in (".", "..")
    try:
        if is_name and (registered / MANIFEST_FILE).is_file():
            return folders.open_folder(registered, locations.cache_folder())
        path = Path(reference).expanduser()
        if is_name and not path.exists():
            raise unknown
    except (OSError, RuntimeError):
        # A name too long for the system, or the home of a user that there is not.
        raise unknown from None
    return folders.open_folder(path.absolute(), locations.cache_folder())


def list_models() -> list[Listed]:
    """The starter first, then the registered models by name. Descriptions are read, not hashed."""
    found = [_listed(STARTER, starter_path())]
    home = locations.models_folder()
    if home.is_dir():
        found += [
            _listed(entry.name, entry)
            for entry in sorted(home.iterdir())
            if entry.is_dir() and not entry.name.startswith(".")
        ]
    return found


def _listed(name: str, path: Path) -> Listed:
    try:
        return Listed(name, path, ModelFolder(path, read_manifest(path)), None)
    except ModelError as error:
        return Listed(name, path, None, str(error))
