"""The graph for cards of a model that came without one: made of the model's own weights, once.

It lies in the cache as a model folder of its own, named after the sha256 of the model's
`model.json`. A folder that is damaged or that another version of the program made is made anew.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gpt2_tui import __version__, locations, storage
from gpt2_tui.errors import ModelError, StorageError
from gpt2_tui.models.exporting import ExportProgress, exporter
from gpt2_tui.models.folder import ModelFolder, open_folder, sha256_of
from gpt2_tui.models.manifest import MANIFEST_FILE, Manifest, read_manifest

PRECISION = "fp16"

Report = Callable[[str], None]
"""Is told in a few words what is being done."""


def with_card_graph(folder: ModelFolder, report: Report) -> ModelFolder:
    """A model folder with the graph for cards that `folder` lacks.

    Raises ModelError if its weights cannot be used so, StorageError if the cache cannot be
    written.
    """
    home = storage.private_folder(_home())
    out = _place(folder.path)
    with _alone_in(home, report):
        made = _made_before(out)
        if made is None:
            _tidy(home, out)
            _make(folder, out, report)
            made = open_folder(out, locations.cache_folder())
    return made


def kept_card_graphs() -> Iterator[tuple[Path, Manifest]]:
    """The model folders that were made so and still lie in the cache, with what they say of
    themselves."""
    home = _home()
    if home.is_dir():
        for path in sorted(home.iterdir()):
            with suppress(ModelError):
                yield path, read_manifest(path)


def card_graph_of(model: Path) -> Path | None:
    """Where the graph lies that was made of the model in the folder `model`, if one was."""
    try:
        made = _place(model)
    except ModelError:
        return None
    return made if made.is_dir() else None


def remove_card_graph(made: Path) -> None:
    """Remove one that was made. Raises StorageError."""
    with _alone_in(_home(), lambda _: None):
        try:
            shutil.rmtree(made)
        except OSError as error:
            raise StorageError(f"cannot remove {made}: {storage.reason(error)}") from error


def _home() -> Path:
    return locations.cache_folder() / "card-graphs"


def _place(model: Path) -> Path:
    """Where the graph of the model in the folder `model` belongs. Raises ModelError if that folder
    cannot be read."""
    return _home() / f"{sha256_of(model / MANIFEST_FILE)}-{PRECISION}"


def _made_before(out: Path) -> ModelFolder | None:
    try:
        made = open_folder(out, locations.cache_folder())
    except ModelError:
        return None
    return made if made.manifest.exporter == f"gpt2-tui {__version__}" else None


def _tidy(home: Path, out: Path) -> None:
    """Remove what is of no use, and what a process that was killed left behind."""
    shutil.rmtree(out, ignore_errors=True)
    for left in home.glob(f"{storage.TEMPORARY_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)


def _make(folder: ModelFolder, out: Path, report: Report) -> None:
    said = ""

    def tell(progress: ExportProgress) -> None:
        nonlocal said
        text = f"making the graph for the card, once: {progress.stage} {progress.done:.0%}"
        if text != said:
            said = text
            report(text)

    exporter().export_checkpoint(
        folder.path, out, name=folder.manifest.name, precision=PRECISION, progress=tell
    )


@contextmanager
def _alone_in(home: Path, report: Report) -> Iterator[None]:
    """Keep other processes out of `home` while the block runs."""
    from filelock import FileLock, Timeout  # it loads more than a start without a card shall

    lock = FileLock(home / ".lock")
    try:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            report("waiting for another gpt2-tui that makes a graph for the card")
            lock.acquire()
    except OSError as error:
        raise StorageError(f"cannot lock {home}: {storage.reason(error)}") from error
    try:
        yield
    finally:
        lock.release()
