"""A user's files: private, written whole or not at all, never over another file by accident.

A file is written under a temporary name in its own folder, synced, and then given its name with
one system call, where there are links; the folder is synced too. So a crash at any moment leaves
the old state or the new one, and what was acknowledged stays.
"""

import errno
import os
import re
import secrets
import shutil
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gpt2_tui.errors import StorageError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
TEMPORARY_PREFIX = ".gpt2-tui-"
LARGEST_READ = 16 << 20
"""Bytes of a text that the desk and the library read."""
_LONGEST_NAME = 80
_WORDS_IN_NAME = 6
_LOOKED_AT = 400
# What a file system that has no links says, as those of many memory sticks.
_WITHOUT_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
# What one says that cannot sync a folder, as some shared folders: the file itself is on the disk.
_WITHOUT_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)
_RESERVED_NAMES = frozenset(
    ["con", "prn", "aux", "nul"]
    + [f"com{n}" for n in range(1, 10)]
    + [f"lpt{n}" for n in range(1, 10)]
)


def private_folder(folder: Path) -> Path:
    """Make `folder` (for this user alone, if it is new) and return it."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the folder {folder}: {reason(error)}") from error
    return folder


def read(path: Path) -> tuple[bytes, os.stat_result]:
    """The bytes of a regular file of bearable size, and what its state was before they were read.

    A link is not followed, and nothing waits for a pipe. Raises FileNotFoundError, else
    StorageError.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise StorageError(f"{path} is not a regular file")
            data = file.read(LARGEST_READ + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(f"cannot read {path}: {reason(error)}") from error
    if len(data) > LARGEST_READ:
        raise StorageError(
            f"{path} is larger than {LARGEST_READ >> 20} MiB; cut it into parts (`gpt2-tui verify` "
            "reads it as it is)"
        )
    return data, state


def write_new(folder: Path, stem: str, suffix: str, data: bytes) -> Path:
    """Write a new file `stem + suffix` in `folder`; a taken name gets `-2`, `-3` and so on."""
    private_folder(folder)
    with _errors_in(folder):
        temporary = _write_temporary(folder, data)
        try:
            path = _give_free_name(temporary, folder, stem, suffix)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(folder)
    return path


def replace(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> os.stat_result:
    """Write `data` as `path`, over an older file of that name; the state of the new one."""
    private_folder(path.parent)
    with _errors_in(path.parent):
        temporary = _write_temporary(path.parent, data)
        try:
            if mode != PRIVATE_FILE:
                temporary.chmod(mode)
            state = temporary.stat()
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    return state


def rename(path: Path, stem: str, suffix: str) -> Path:
    """Give the file at `path` the name `stem + suffix` in its folder, or that with a number: its
    new path. No other file is overwritten."""
    with _errors_in(path.parent):
        renamed = _give_free_name(path, path.parent, stem, suffix)
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    return renamed


def move(path: Path, folder: Path) -> Path:
    """Move the file at `path` into `folder`, under its name or that with a number: its new path.
    No other file is overwritten. It is moved as a whole or stays, also to another disk."""
    private_folder(folder)
    with _errors_in(folder):
        try:
            moved = _give_free_name(path, folder, path.stem, path.suffix)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            moved = _copy(path, folder)
        sync_folder(folder)
        try:
            path.unlink(missing_ok=True)
        except OSError:
            moved.unlink()
            raise
        sync_folder(path.parent)
    return moved


def stem_from(text: str, otherwise: str) -> str:
    """A file name, without its suffix, of the first words of a text."""
    return safe_stem(" ".join(text[:_LOOKED_AT].split()[:_WORDS_IN_NAME]), otherwise)


def safe_stem(text: str, otherwise: str) -> str:
    """A file name without its suffix, made from any text.

    Letters, digits and hyphens stay; separators, control characters, reserved names and
    over-long names do not. `otherwise` is taken where nothing is left.
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text))
    name = "-".join(words).lower()[:_LONGEST_NAME]
    while len(name.encode()) > _LONGEST_NAME:
        name = name[:-1]
    name = name.strip("-_")
    if not name or name in _RESERVED_NAMES:
        return otherwise
    return name


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` last through a power cut, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _WITHOUT_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def reason(error: OSError) -> str:
    """The reason of an operating system error, without its number and path."""
    return error.strerror or type(error).__name__


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _write_temporary(folder: Path, data: bytes) -> Path:
    temporary = folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temporary, flags, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def _copy(path: Path, folder: Path) -> Path:
    temporary = _write_temporary(folder, path.read_bytes())
    try:
        shutil.copystat(path, temporary)
        return _give_free_name(temporary, folder, path.stem, path.suffix)
    finally:
        temporary.unlink(missing_ok=True)


def _give_free_name(path: Path, folder: Path, stem: str, suffix: str) -> Path:
    """Give the file at `path` a name in `folder` that is free; its old one stays or goes."""
    number = 1
    while True:
        named = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
        try:
            _give_name(path, named)
        except FileExistsError:
            number += 1
        else:
            return named


def _give_name(path: Path, named: Path) -> None:
    """Raises FileExistsError if the name is taken."""
    try:
        os.link(path, named)
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise
        # An empty file holds the name, so that nobody else takes it meanwhile.
        os.close(os.open(named, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        try:
            path.replace(named)
        except OSError:
            named.unlink()
            raise


@contextmanager
def _errors_in(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot write in {folder}: {reason(error)}") from error
