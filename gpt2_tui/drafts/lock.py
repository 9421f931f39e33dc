"""A lock that one process at a time holds, and that ends with the process however it ends."""

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.errors import StorageError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


# What a system says of a lock that another holds. Anything else means that there are none here, as
# on some network file systems.
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


class Lock:
    """A held lock. The system lets go of it when the process dies, so none is ever stale."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> "Lock | None":
        """Hold the lock on the file `path`; None if another holds it. Raises StorageError."""
        storage.private_folder(path.parent)
        while True:
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, storage.PRIVATE_FILE)
            except OSError as error:
                raise StorageError(f"cannot write {path}: {storage.reason(error)}") from error
            try:
                _lock(descriptor)
            except OSError as error:
                os.close(descriptor)
                if error.errno in _HELD:
                    return None
                raise StorageError(f"cannot lock {path}: {storage.reason(error)}") from error
            if _is_at(path, descriptor):
                return cls(path, descriptor)
            os.close(descriptor)  # its last holder took the file away in between

    def release(self) -> None:
        with suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False
