"""Models into the models folder and out of it: whole or not at all."""

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpt2_tui import locations, storage
from gpt2_tui.errors import ModelError, StorageError
from gpt2_tui.models import last_use
from gpt2_tui.models.choice import STARTER
from gpt2_tui.text.visible import quoted

# Names with a dot in front are never listed and never opened by name.
_BEING_MADE = ".being-made"
_BEING_REMOVED = ".being-removed-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def check_name(name: str) -> None:
    """Raise ModelError unless a model can be registered under `name`."""
    if name == STARTER:
        raise ModelError(f"{STARTER} is the bundled model's name; give another with --name")
    if not _NAME.fullmatch(name) or storage.safe_stem(name, otherwise="") == "":
        raise ModelError(
            f"{quoted(repr(name))} cannot be a model's name: letters, digits, dots, hyphens and "
            "underscores"
        )


@contextmanager
def registering(name: str) -> Iterator[Path]:
    """Give the path of a folder to be made; what is there after the block becomes the model `name`.

    Nothing is listed before that, and nothing is left after an error. What a killed process left is
    removed at the next call, so no two processes may be inside at once. Raises StorageError.
    """
    home = storage.private_folder(locations.models_folder())
    place = home / _BEING_MADE
    _sweep(home)
    try:
        place.mkdir(mode=storage.PRIVATE_FOLDER)
        try:
            yield place / name
            (place / name).rename(home / name)
            storage.sync_folder(home)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    except StorageError as error:
        raise StorageError(str(error).replace(str(place / name), str(home / name))) from error
    except OSError as error:
        raise StorageError(f"cannot write {home / name}: {storage.reason(error)}") from error


def remove_model(name: str) -> None:
    """Remove a registered model. Raises ModelError if there is none, or StorageError."""
    check_removable(name)
    home = locations.models_folder()
    leaving = home / f"{_BEING_REMOVED}{secrets.token_hex(8)}"
    try:
        # First out of sight in one step: a model without some of its files is never seen.
        (home / name).rename(leaving)
        if leaving.is_symlink():
            leaving.unlink()
        else:
            shutil.rmtree(leaving)
        storage.sync_folder(home)
    except OSError as error:
        raise StorageError(f"cannot remove {home / name}: {storage.reason(error)}") from error
    last_use.forget_use(name)


def check_removable(name: str) -> None:
    """Raise ModelError unless `name` is a model of the models folder."""
    if name == STARTER:
        raise ModelError(f"{STARTER} belongs to the program and cannot be removed")
    path = locations.models_folder() / name
    if not name or Path(name).name != name or name.startswith(".") or not path.is_dir():
        raise ModelError(
            f"there is no model {quoted(repr(name))} to remove; `gpt2-tui models list` shows the "
            "models"
        )


def _sweep(home: Path) -> None:
    """Remove what killed processes left."""
    for path in home.iterdir():
        if path.name == _BEING_MADE or path.name.startswith(_BEING_REMOVED):
            shutil.rmtree(path, ignore_errors=True)
