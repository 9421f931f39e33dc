"""The models on this machine: the bundled one, the user's, and any folder by its path."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gpt2_tui import locations
from gpt2_tui.errors import ModelError
from gpt2_tui.hub.names import short_name
from gpt2_tui.models import folder as folders
from gpt2_tui.models.choice import STARTER
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.last_use import last_use, note_use
from gpt2_tui.models.manifest import read_manifest
from gpt2_tui.text.visible import quoted

STARTER_FOLDER = "starter-model"
STARTER_SHA256 = "f81d4f537f15aad344a67d517bf0262b88e834e60576225268bd854cd06b53df"
"""sha256 of the starter's `model.json`, which names the digests of the rest."""


@dataclass(frozen=True)
class Listed:
    """A model in the list: whole, or with the fault that keeps it from use."""

    name: str
    path: Path
    model: ModelFolder | None
    fault: str | None
    last_used: datetime | None


def starter_path() -> Path:
    return locations.assets_folder() / STARTER_FOLDER


def open_model(reference: str | None, *, anew: bool = False) -> ModelFolder:
    """The model that the user means: none or `starter`, a registered name, or a folder's path.

    With `anew` its files are hashed, even if they were before. Raises ModelError.
    """
    path = model_path(reference)
    if path == starter_path():
        return folders.open_bundled(path, STARTER_SHA256)
    return folders.open_folder(path, locations.cache_folder(), anew=anew)


def model_path(reference: str | None) -> Path:
    """Where the model lies that `open_model` opens; `124M` means `gpt2`, and so on.

    Raises ModelError where a name is not known.
    """
    if reference is None or reference == STARTER:
        return starter_path()
    is_name = Path(reference).name == reference and not reference.startswith(".")
    known = short_name(reference)
    try:
        for name in filter(None, (reference if is_name else None, known)):
            registered = locations.models_folder() / name
            if registered.is_dir():
                return registered
        path = locations.typed_path(reference)
        if (is_name or known) and not path.exists():
            raise _unknown(reference)
    except OSError:
        # A name too long for the system.
        raise _unknown(reference) from None
    return path.absolute()


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


def find_registered(name: str) -> Listed | None:
    """What is listed under `name` beside the starter, if anything is."""
    return next((each for each in list_models()[1:] if each.name == name), None)


def note_loaded(model: ModelFolder) -> None:
    """Remember that a model of the list is in use now. Never fails."""
    if model.path == starter_path():
        note_use(STARTER)
    elif model.path.parent == locations.models_folder():
        note_use(model.path.name)


def _listed(name: str, path: Path) -> Listed:
    used = last_use(name)
    try:
        return Listed(name, path, ModelFolder(path, read_manifest(path)), None, used)
    except ModelError as error:
        return Listed(name, path, None, str(error), used)


def _unknown(reference: str) -> ModelError:
    known = short_name(reference)
    if known is not None:
        return ModelError(
            f"{reference} is not on this machine yet; fetch it: gpt2-tui models pull {known}"
        )
    return ModelError(
        f"there is no model {quoted(repr(reference))}; `gpt2-tui models list` shows the models"
    )
