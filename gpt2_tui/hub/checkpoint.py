"""A checkpoint of the hub as a folder on this machine, for as long as it takes to export it."""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from gpt2_tui import locations, storage
from gpt2_tui.errors import HubError, ModelError, StorageError
from gpt2_tui.hub import choice, client
from gpt2_tui.hub.client import Digest, RemoteFile, Repository
from gpt2_tui.hub.names import HubModel
from gpt2_tui.hub.progress import FileProgress, Report, Waiting
from gpt2_tui.hub.receiving import DamagedFileError, part_of, receive

_LOCK_FILE = ".lock"
_LOOKS_PER_SECOND = 5
_FORGOTTEN_AFTER = 14 * 24 * 3600  # seconds without a byte more
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Checkpoint:
    """A folder in the hub's layout, and the commit that its files are of."""

    folder: Path
    repository: str
    commit: str


@contextmanager
def only_pull(report: Report) -> Iterator[None]:
    """Wait until no other pull of this user is at work, and hold others off meanwhile.

    The lock ends with the process, however that ends. Raises StorageError.
    """
    path = storage.private_folder(locations.downloads_folder()) / _LOCK_FILE
    lock = FileLock(path, mode=storage.PRIVATE_FILE)
    try:
        while not lock.is_locked:
            try:
                lock.acquire(timeout=1 / _LOOKS_PER_SECOND)
            except Timeout:
                report(Waiting())
    except OSError as error:
        raise StorageError(f"cannot lock {path}: {storage.reason(error)}") from error
    try:
        yield
    finally:
        lock.release()


class Acceptance(Protocol):
    """What is asked whether a checkpoint is worth going on with. Both raise ModelError if not."""

    def check_description(self, folder: Path, /) -> None:
        """All but the weights is there."""

    def check_weights(self, folder: Path, /) -> None:
        """The weights are there too."""


@contextmanager
def checkpoint_from_hub(
    wanted: HubModel, acceptance: Acceptance, report: Report
) -> Iterator[Checkpoint]:
    """Fetch a checkpoint, to be used inside `only_pull`.

    After the block the folder is removed, and also where `acceptance` refuses it, which it can do
    before the download becomes large. After any other error it stays, and the next call goes on
    from there. Raises HubError, StorageError and what `acceptance` raises.
    """
    repository = client.find_repository(wanted.repository, wanted.revision)
    folder = _folder_of(repository)
    _remove_forgotten(keep=folder)
    storage.private_folder(folder)
    try:
        _fetch(repository, folder, wanted, acceptance, report)
    except ModelError as error:
        shutil.rmtree(folder, ignore_errors=True)
        # The folder is gone; the user knows the repository.
        raise ModelError(str(error).replace(str(folder), repository.name)) from error
    yield Checkpoint(folder, repository.name, repository.commit)
    shutil.rmtree(folder, ignore_errors=True)


def _fetch(
    repository: Repository,
    folder: Path,
    wanted: HubModel,
    acceptance: Acceptance,
    report: Report,
) -> None:
    small = choice.small_files(repository.name, repository.files)
    sharded = choice.INDEX_FILE in small
    if sharded and wanted.weights_sha256 is not None:
        raise _not_as_published(repository)
    files = [_look_up(repository, name, wanted) for name in small]
    weights = [] if sharded else [_look_up(repository, choice.WEIGHTS_FILE, wanted)]
    _fetch_files(repository, folder, files, [*files, *weights], report)
    acceptance.check_description(folder)
    if sharded:
        names = choice.shards(repository.name, repository.files, folder / choice.INDEX_FILE)
        weights = [_look_up(repository, name, wanted) for name in names]
    _check_space(folder, weights)
    _fetch_files(repository, folder, weights, [*files, *weights], report)
    acceptance.check_weights(folder)


def _look_up(repository: Repository, name: str, wanted: HubModel) -> RemoteFile:
    """Size and digest of a file; the digest that is known beforehand goes before the hub's."""
    file = client.look_up(repository, name)
    if not choice.is_weights(name) and file.size > choice.LARGEST_SMALL_FILE:
        raise HubError(f"{name} of {repository.name} is too large for what it should be")
    if wanted.weights_sha256 is None or name != choice.WEIGHTS_FILE:
        return file
    known = Digest(wanted.weights_sha256)
    if file.digest not in (None, known):
        raise _not_as_published(repository)
    return replace(file, digest=known)


def _not_as_published(repository: Repository) -> HubError:
    return HubError(
        f"the weights of {repository.name} are not those that were published: the sha256 differs"
    )


def _fetch_files(
    repository: Repository,
    folder: Path,
    files: Iterable[RemoteFile],
    all_files: list[RemoteFile],
    report: Report,
) -> None:
    size_in_all = sum(each.size for each in all_files)
    for file in files:
        before = sum(each.size for each in all_files[: all_files.index(file)])

        def moved(done: int, file: RemoteFile = file, before: int = before) -> None:
            report(FileProgress(file.name, done, file.size, before + done, size_in_all))

        moved(0)
        _fetch_one(repository, folder, file, moved)


def _fetch_one(
    repository: Repository, folder: Path, file: RemoteFile, moved: Callable[[int], None]
) -> None:
    """Fetch a file from the hub's cache on this machine, else from the hub.

    What was kept of an earlier try, or lies in the cache, may have been damaged on this disk: then
    the hub is asked for all of it, once.
    """
    path = folder / file.name
    kept = path.exists() or part_of(folder, file.name).exists()
    cached = client.cached_file(repository, file)
    from_hub = partial(client.blocks_from_hub, repository, file)
    try:
        receive(file, folder, partial(_blocks_of, cached) if cached else from_hub, moved)
    except DamagedFileError:
        if not repository.online or not (kept or cached):
            raise
        receive(file, folder, from_hub, moved)


def _blocks_of(path: Path, start: int) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            file.seek(start)
            while block := file.read(_BLOCK):
                yield block
    except OSError as error:
        raise HubError(f"cannot read {path}: {storage.reason(error)}") from error


def _check_space(folder: Path, files: Iterable[RemoteFile]) -> None:
    """Raise StorageError if the disk cannot hold what is still to come."""
    missing = sum(each.size - _size_here(folder, each.name) for each in files)
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise StorageError(
            f"the download needs {missing / 1e6:.0f} MB more, and {folder} has"
            f" {free / 1e6:.0f} MB free; make room there"
        )


def _size_here(folder: Path, name: str) -> int:
    for path in (folder / name, part_of(folder, name)):
        if path.exists():
            return path.stat().st_size
    return 0


def _folder_of(repository: Repository) -> Path:
    owner, _, name = repository.name.partition("/")
    return locations.downloads_folder() / f"{owner}--{name}@{repository.commit}"


def _remove_forgotten(keep: Path) -> None:
    """Remove what other pulls left long ago and never came back for."""
    oldest = time.time() - _FORGOTTEN_AFTER
    for folder in locations.downloads_folder().iterdir():
        if folder == keep or not folder.is_dir():
            continue
        with suppress(OSError):  # what cannot be looked at keeps no pull from its work
            times = [path.lstat().st_mtime for path in (folder, *folder.iterdir())]
            if max(times) < oldest:
                shutil.rmtree(folder, ignore_errors=True)
