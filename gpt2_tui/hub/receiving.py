"""One file onto the disk: from where it was cut, and only if its digest is right."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.errors import HubError, StorageError
from gpt2_tui.hub.client import RemoteFile

_PART_SUFFIX = ".part"
_BLOCK = 1 << 20

Blocks = Callable[[int], Iterator[bytes]]
"""The bytes of a file from a place on."""


class DamagedFileError(HubError):
    """What arrived is not the file that it should be."""


def receive(file: RemoteFile, folder: Path, blocks: Blocks, moved: Callable[[int], None]) -> None:
    """Write `file` into `folder`; what is there of it already is not asked for again.

    `moved` is told how many bytes are there, often. Raises DamagedFileError, after removing what
    arrived, StorageError, and what `blocks` and `moved` raise; then what arrived stays.
    """
    path, part = folder / file.name, part_of(folder, file.name)
    try:
        if path.exists():
            path.replace(part)
        whole = _write(file, part, blocks, moved)
        if not whole:
            part.unlink()
            raise DamagedFileError(
                f"what arrived of {file.name} is damaged: its digest is wrong; try again"
            )
        part.replace(path)
        storage.sync_folder(folder)
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {storage.reason(error)}; what is here stays, and the same"
            " command goes on from there"
        ) from error


def part_of(folder: Path, name: str) -> Path:
    """Where the beginning of a file lies until all of it is there."""
    return folder / f"{name}{_PART_SUFFIX}"


def _write(file: RemoteFile, part: Path, blocks: Blocks, moved: Callable[[int], None]) -> bool:
    """Write the rest of `part`; returns whether it is now the file that it should be."""
    hasher = None if file.digest is None else file.digest.hasher(file.size)
    done = 0

    def count(block: bytes) -> None:
        nonlocal done
        done += len(block)
        if hasher is not None:
            hasher.update(block)
        moved(done)

    with part.open("a+b") as out:
        if out.tell() > file.size:
            out.truncate(0)
        out.seek(0)
        while block := out.read(_BLOCK):
            count(block)
        for block in blocks(done):
            out.write(block)
            count(block)
        out.flush()
        os.fsync(out.fileno())
    right = hasher is None or file.digest is None or hasher.hexdigest() == file.digest.hexadecimal
    return right and done == file.size
