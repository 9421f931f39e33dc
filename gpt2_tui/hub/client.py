"""The hub itself, through huggingface_hub, which only this module uses.

From that library come the endpoint, the token, offline mode, the requests and the cache's layout.
Its own download is not used: it throws away what a cut left, so nothing could be resumed after it
(version 2.4), and it would keep the checkpoint beside the finished model. Files that are in its
cache already are read from there; nothing is written there.
"""

import functools
import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from gpt2_tui import storage
from gpt2_tui.errors import HubError, HubUnreachableError
from gpt2_tui.hub.client_errors import own_errors

if TYPE_CHECKING:
    import httpx2

_MAIN = "main"
_BLOCK = 1 << 18
_TRIES = 4  # in a row, without a byte in between
_SECONDS_BETWEEN_TRIES = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_BLOB = re.compile(r"[0-9a-f]{40}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
_OWN_FOLDER = "or get its files otherwise and name their folder: gpt2-tui export FOLDER OUT"


class Hasher(Protocol):
    """What hashlib's objects have."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True)
class Digest:
    """What a file must hash to: its sha256, or the SHA-1 that git gives a blob of its bytes.

    The hub names the first for large files and the second for small ones.
    """

    hexadecimal: str

    def hasher(self, size: int) -> Hasher:
        """A hasher for a file of `size` bytes."""
        if _SHA256.fullmatch(self.hexadecimal):
            return hashlib.sha256()
        return hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)


@dataclass(frozen=True)
class Repository:
    """A repository at one commit: the names of its files, and the folder in the hub's cache on
    this machine that holds some of them. Offline there is that folder alone."""

    name: str
    commit: str
    files: frozenset[str]
    snapshot: Path | None
    online: bool


@dataclass(frozen=True)
class RemoteFile:
    """One file of a repository: its size in bytes, and its digest. A file in the cache of a
    system without links has none."""

    name: str
    size: int
    digest: Digest | None


def is_commit(revision: str) -> bool:
    """Whether a revision is a commit in full, and not a name that may come to lead elsewhere."""
    return _COMMIT.fullmatch(revision) is not None


def find_repository(name: str, revision: str | None) -> Repository:
    """The repository at its newest commit, or at `revision`.

    Where the hub cannot be asked, its cache on this machine answers. Raises HubError.
    """
    library = _library()
    revision = revision or _MAIN
    try:
        with own_errors(_host(), name, revision):
            timeout = library.constants.HF_HUB_ETAG_TIMEOUT
            info = library.HfApi().model_info(name, revision=revision, timeout=timeout)
            files = frozenset(str(each.rfilename) for each in info.siblings or ())
            commit = str(info.sha)
    except HubUnreachableError as error:
        snapshot = _snapshot(name, revision)
        if snapshot is None:
            raise HubUnreachableError(f"{error}; {_OWN_FOLDER}") from error
        return Repository(name, snapshot.name, _names_in(snapshot), snapshot, online=False)
    if not is_commit(commit):
        raise HubError(f"{_host()} names no commit of {name}, so it is no hub")
    return Repository(name, commit, files, _snapshot(name, commit), online=True)


def look_up(repository: Repository, name: str) -> RemoteFile:
    """Size and digest of one file. Raises HubError."""
    if repository.snapshot is not None and not repository.online:
        return _look_up_cached(repository.snapshot, name)
    library = _library()
    with own_errors(_host(), repository.name, repository.commit):
        timeout = library.constants.HF_HUB_ETAG_TIMEOUT
        facts = library.get_hf_file_metadata(_url(repository, name), timeout=timeout)
    etag = facts.etag or ""
    if facts.commit_hash != repository.commit or facts.size is None:
        raise HubError(f"{_host()} does not say what {name} of {repository.name} is; try again")
    if not (_SHA256.fullmatch(etag) or _GIT_BLOB.fullmatch(etag)):
        raise HubError(f"{_host()} gives no digest of {name}, so that it cannot be checked")
    return RemoteFile(name, facts.size, Digest(etag))


def cached_file(repository: Repository, file: RemoteFile) -> Path | None:
    """The file in the hub's cache on this machine, if it is there in its full size."""
    if repository.snapshot is None:
        return None
    path = repository.snapshot / file.name
    return path if path.is_file() and path.stat().st_size == file.size else None


def blocks_from_hub(repository: Repository, file: RemoteFile, start: int) -> Iterator[bytes]:
    """The bytes of a file from `start` on. Raises HubError.

    An answer that breaks off is asked for again from there; a hub that sends nothing at all
    several times in a row is given up.
    """
    silent = 0
    while start < file.size:
        try:
            for block in _answer(repository, file, start):
                silent = 0
                start += len(block)
                if start > file.size:
                    raise HubError(f"{_host()} sends more of {file.name} than it has")
                yield block
            if start < file.size:
                raise HubUnreachableError(f"{_host()} broke off in {file.name}; try again later")
        except HubUnreachableError as error:
            silent += 1
            if silent == _TRIES:
                raise HubUnreachableError(
                    f"{error}; what is here stays, and the same command goes on from there"
                ) from error
            time.sleep(_SECONDS_BETWEEN_TRIES)


def _answer(repository: Repository, file: RemoteFile, start: int) -> Iterator[bytes]:
    """One answer of the hub for the bytes from `start` on, as far as it goes.

    The client follows redirects, and keeps the token from any other host.
    """
    library = _library()
    headers = library.utils.build_hf_headers() | {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with (
        own_errors(_host(), repository.name, repository.commit),
        library.get_session().stream(
            "GET",
            _url(repository, file.name),
            headers=headers,
            timeout=library.constants.HF_HUB_DOWNLOAD_TIMEOUT,
        ) as response,
    ):
        library.utils.hf_raise_for_status(response)
        ahead = start - _first_byte(response, file)
        if ahead < 0:
            raise HubError(f"{_host()} sends another part of {file.name} than was asked for")
        for block in response.iter_bytes(_BLOCK):
            if len(block) > ahead:
                yield block[ahead:]
            ahead = max(ahead - len(block), 0)


def _first_byte(response: "httpx2.Response", file: RemoteFile) -> int:
    """The place in the file where an answer begins: 0 if it is the whole file."""
    if response.status_code != 206:
        return 0
    part = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if part is None or int(part[2]) != file.size:
        raise HubError(f"{_host()} sends {file.name} in another size than it said")
    return int(part[1])


@functools.cache
def _library() -> ModuleType:
    """huggingface_hub, imported with its telemetry off and its own log silent."""
    # Without this it asks the hub for a list of programs that may be using it, and names them.
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.utils

        huggingface_hub.utils.logging.set_verbosity(logging.CRITICAL)
    except ValueError as error:
        # It reads numbers from variables of the environment while it is imported.
        raise HubError(f"a variable HF_… of the environment has a wrong value: {error}") from None
    return huggingface_hub


def _url(repository: Repository, name: str) -> str:
    url: str = _library().hf_hub_url(repository.name, name, revision=repository.commit)
    return url


def _host() -> str:
    """The hub's name for messages: a variable may hold a password beside it."""
    return urlsplit(_library().constants.ENDPOINT).hostname or "the hub"


def _snapshot(name: str, revision: str) -> Path | None:
    """The folder of the hub's cache that holds this revision, if there is one."""
    found = _library().try_to_load_from_cache(name, "config.json", revision=revision)
    return Path(found).parent if isinstance(found, str) else None


def _names_in(snapshot: Path) -> frozenset[str]:
    try:
        return frozenset(path.name for path in snapshot.iterdir() if path.is_file())
    except OSError as error:
        raise HubError(f"cannot read {snapshot}: {storage.reason(error)}") from error


def _look_up_cached(snapshot: Path, name: str) -> RemoteFile:
    """The cache names what its links lead to by their digest."""
    path = snapshot / name
    try:
        blob, size = path.resolve().name, path.stat().st_size
    except OSError as error:
        raise HubError(f"cannot read {path}: {storage.reason(error)}") from error
    known = _SHA256.fullmatch(blob) or _GIT_BLOB.fullmatch(blob)
    return RemoteFile(name, size, Digest(blob) if known else None)
