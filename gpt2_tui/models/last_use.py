"""When a model was last loaded: the time of an empty file in the cache, nothing more."""

from contextlib import suppress
from datetime import UTC, datetime

from gpt2_tui import locations, storage
from gpt2_tui.errors import StorageError


def note_use(name: str) -> None:
    """Remember that the model is used now. Never fails: it is a note, no condition of loading."""
    with suppress(OSError, StorageError):
        mark = storage.private_folder(locations.last_use_folder()) / name
        mark.touch(storage.PRIVATE_FILE)


def last_use(name: str) -> datetime | None:
    """When the model was last used, if that is known."""
    try:
        seconds = (locations.last_use_folder() / name).stat().st_mtime
        return datetime.fromtimestamp(seconds, UTC)
    except (OSError, OverflowError, ValueError):
        return None


def forget_use(name: str) -> None:
    with suppress(OSError):
        (locations.last_use_folder() / name).unlink()
