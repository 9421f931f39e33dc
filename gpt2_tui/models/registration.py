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
from gpt2_tui.models.card_graph import card_graph_of, remove_card_graph
from gpt2_tui.models.choice import STARTER
from gpt2_tui.models.registry import list_models
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
    """Remove a registered model, and the graph for cards that was made of it alone. Raises
    ModelError if there is none, or StorageError."""
    check_removable(name)
    card_graph = _own_card_graph(name)
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
    if card_graph is not None:
        remove_card_graph(card_graph)


def freed_by_removal(name: str) -> int:
    """Bytes that `remove_model` frees."""
    folders = (locations.models_folder() / name, _own_card_graph(name))
    return sum(_size(each) for each in folders if each is not None and not each.is_symlink())


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


def _own_card_graph(name: str) -> Path | None:
    """The graph for cards that was made of the model `name`, unless it is another model's as well.
    Of a link only the link goes, so what it leads to may still need its graph."""
    model = locations.models_folder() / name
    made = None if model.is_symlink() else card_graph_of(model)
    others = (each.path for each in list_models() if each.path != model)
    return None if made in map(card_graph_of, others) else made


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _sweep(home: Path) -> None:
    """Remove what killed processes left."""
    for path in home.iterdir():
        if path.name == _BEING_MADE or path.name.startswith(_BEING_REMOVED):
            shutil.rmtree(path, ignore_errors=True)
