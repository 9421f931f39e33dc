"""A model folder on disk, checked before anything in it is used.

A file counts as checked when its sha256 was that of `model.json`. Hashing gigabytes at each start
would cost the start, so what was checked is remembered by size, time and inode in the cache; a file
that differs in any of them is hashed again.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.errors import ModelError, StorageError
from gpt2_tui.models.manifest import MANIFEST_FILE, TOKENIZER_FILE, Manifest, read_manifest

_MEMORY_FILE = "checked-files.json"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class ModelFolder:
    """A folder whose files are those that its manifest names."""

    path: Path
    manifest: Manifest

    @property
    def tokenizer_path(self) -> Path:
        return self.path / TOKENIZER_FILE

    @property
    def size(self) -> int:
        """Bytes of all its files together."""
        return sum(digest.size for digest in self.manifest.files.values())

    @property
    def digests(self) -> dict[str, str]:
        """sha256 of each file by name, as labels record it."""
        return {name: digest.sha256 for name, digest in self.manifest.files.items()}


def open_folder(path: Path, memory_folder: Path, *, anew: bool = False) -> ModelFolder:
    """A checked model folder; what was checked is remembered in `memory_folder`.

    With `anew` every file is hashed, whatever is remembered. Raises ModelError where a file is
    missing, cut, altered or not a plain file.
    """
    folder = ModelFolder(path, read_manifest(path))
    memory_path = memory_folder / _MEMORY_FILE
    memory = _read_memory(memory_path)
    fresh: dict[str, str] = {}
    for name, digest in folder.manifest.files.items():
        file = path / name
        state = _check_plain(file, digest.size)
        # The digest is part of what is remembered: another model.json asks for another check.
        mark = f"{state} {digest.sha256}"
        if anew or memory.get(str(file)) != mark:
            _check_digest(file, digest.sha256)
            fresh[str(file)] = mark
    if fresh:
        _write_memory(memory_path, {**memory, **fresh})
    return folder


def open_bundled(path: Path, manifest_sha256: str) -> ModelFolder:
    """The model that ships with the program: its `model.json` must be the one that the code
    names, and its files what that says. Nothing is remembered: it is small, and installers may
    hard-link it."""
    try:
        found = hashlib.sha256((path / MANIFEST_FILE).read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(
            f"the bundled model is missing from {path}; install gpt2-tui again"
        ) from error
    if found != manifest_sha256:
        raise ModelError(f"the bundled model in {path} was altered; install gpt2-tui again")
    folder = ModelFolder(path, read_manifest(path))
    for name, digest in folder.manifest.files.items():
        _check_digest(path / name, digest.sha256)
    return folder


def sha256_of(path: Path) -> str:
    """sha256 of a file in hexadecimal. Raises ModelError if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except FileNotFoundError:
        raise ModelError(f"{path} is missing; export the model again") from None
    except OSError as error:
        raise ModelError(f"cannot read {path}: {storage.reason(error)}") from error
    return digest.hexdigest()


def _check_digest(path: Path, sha256: str) -> None:
    if sha256_of(path) != sha256:
        raise ModelError(
            f"{path} is not the file that model.json names (its sha256 differs); "
            "export the model again"
        )


def _check_plain(path: Path, size: int) -> str:
    """The file's state as a short text. It must be a regular file of one name and that size."""
    try:
        state = path.lstat()
    except FileNotFoundError:
        raise ModelError(f"{path} is missing; export the model again") from None
    except OSError as error:
        raise ModelError(f"cannot read {path}: {storage.reason(error)}") from error
    if not stat.S_ISREG(state.st_mode) or state.st_nlink != 1:
        raise ModelError(f"{path} is a link or no plain file; a model folder holds plain files")
    if state.st_size != size:
        raise ModelError(
            f"{path} has {state.st_size} bytes, model.json says {size}; export the model again"
        )
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino} {os.name}"


def _read_memory(path: Path) -> Mapping[str, str]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _write_memory(path: Path, memory: Mapping[str, str]) -> None:
    try:
        storage.replace(path, json.dumps(memory, indent=0, sort_keys=True).encode())
    except StorageError:
        # Without a writable cache the files are hashed at each start, which is only slower.
        return
