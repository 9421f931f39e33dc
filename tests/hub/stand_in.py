"""A hub in a thread: what huggingface_hub asks of the real one, and the ways in which it fails.

Two servers, because the real hub is two: one tells what there is and hands out small files, and
sends whoever wants a large one to the other, under another address. Only the first may see a token.
"""

import hashlib
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

COMMIT = "c0ffee" + 34 * "0"
_PIECE = 1 << 16
_INFO = re.compile(r"/api/models/([^/]+/[^/]+)/revision/(.+)")
_RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_SMALL = re.compile(r"/api/resolve-cache/models/([^/]+/[^/]+)/([^/]+)/(.+)")
_STORED = re.compile(r"/stored/([^/]+/[^/]+)/(.+)")


@dataclass(frozen=True)
class Repository:
    """The files of a folder at one commit; `main` and `COMMIT` lead to it."""

    folder: Path
    commit: str = COMMIT

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.is_file())


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    path: str
    range: str | None
    authorization: str | None
    by_storage: bool


@dataclass
class StandIn:
    """What it serves, how it fails, and what it was asked for."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    refusals: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    """Status and headers, by the end of a path."""
    info: bytes | None = None
    """What is said of any repository instead of the truth."""
    corrupt: set[str] = field(default_factory=set)
    """Files in which one byte is wrong."""
    cuts: dict[str, list[int]] = field(default_factory=dict)
    """After how many bytes the answers for a file break off, one after the other."""
    pauses: dict[str, int] = field(default_factory=dict)
    """After how many bytes of a file nothing more comes."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Sizes that are said instead of the true ones."""
    silent: bool = False
    """Nothing is answered at all."""
    ranges: bool = True
    asked: list[Asked] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    paused: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    address: str = ""
    storage_address: str = ""

    def asked_for(self, name: str) -> list[Asked]:
        """The requests for the bytes of a file, redirects left out."""
        return [
            each
            for each in self.asked
            if each.method == "GET" and each.path.endswith(name) and "/resolve/" not in each.path
        ]


@contextmanager
def stand_in() -> Iterator[StandIn]:
    hub = StandIn()
    servers = [_server(hub, by_storage) for by_storage in (False, True)]
    hub.address, hub.storage_address = (f"http://127.0.0.1:{each.server_port}" for each in servers)
    threads = [threading.Thread(target=each.serve_forever, args=[0.05]) for each in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        hub.go_on.set()
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def _server(hub: StandIn, by_storage: bool) -> ThreadingHTTPServer:
    class Handler(_Handler):
        pass

    Handler.hub = hub
    Handler.by_storage = by_storage
    return _Server(("127.0.0.1", 0), Handler)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    hub: StandIn
    by_storage: bool
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def log_message(self, *_: Any) -> None:
        """Nothing: a test's output is its own."""

    def _serve(self) -> None:
        path = unquote(self.path.partition("?")[0])
        self.hub.asked.append(
            Asked(
                self.command,
                path,
                self.headers.get("Range"),
                self.headers.get("Authorization"),
                self.by_storage,
            )
        )
        if self.hub.silent:
            self.hub.go_on.wait(30)
            return self._drop()
        for end, (status, headers) in self.hub.refusals.items():
            if path.endswith(end):
                return self._answer(status, b"no", headers)
        for pattern, serve in (
            (_INFO, self._info),
            (_RESOLVE, self._resolve),
            (_SMALL, self._small),
            (_STORED, self._stored),
        ):
            if found := pattern.fullmatch(path):
                return serve(*found.groups())
        return self._answer(404, b"", {})

    def _repository(self, name: str, revision: str) -> Repository | None:
        repository = self.hub.repositories.get(name)
        if repository is None:
            self._answer(401, b"", {"X-Error-Code": "RepoNotFound"})
        elif revision not in ("main", repository.commit):
            self._answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
            return None
        return repository

    def _info(self, name: str, revision: str) -> None:
        if self.hub.info is not None:
            self._answer(200, self.hub.info, {"Content-Type": "application/json"})
        elif repository := self._repository(name, revision):
            facts = {
                "_id": "0",
                "id": name,
                "modelId": name,
                "sha": repository.commit,
                "private": False,
                "gated": False,
                "siblings": [{"rfilename": each} for each in repository.names],
            }
            self._answer(200, json.dumps(facts).encode(), {"Content-Type": "application/json"})

    def _resolve(self, name: str, revision: str, file: str) -> None:
        if not (repository := self._repository(name, revision)):
            return
        headers = {"X-Repo-Commit": repository.commit}
        if file not in repository.names:
            self._answer(404, b"", headers | {"X-Error-Code": "EntryNotFound"})
            return
        data = repository.read(file)
        size = str(self.hub.sizes.get(file, len(data)))
        if file.endswith(".safetensors"):
            sha256 = hashlib.sha256(data).hexdigest()
            headers |= {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": size}
            headers |= {"Location": f"{self.hub.storage_address}/stored/{name}/{file}?signature=x"}
            self._answer(302, b"", headers)
        else:
            headers |= {"Location": f"/api/resolve-cache/models/{name}/{repository.commit}/{file}"}
            self._answer(307, b"", headers)

    def _small(self, name: str, commit: str, file: str) -> None:
        """A small file, from behind the redirect that the real hub puts in front of it."""
        data = self.hub.repositories[name].read(file)
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324
        self._bytes(file, data, {"X-Repo-Commit": commit, "ETag": f'"{blob}"'})

    def _stored(self, name: str, file: str) -> None:
        if self.by_storage:
            self._bytes(file, self.hub.repositories[name].read(file), {"ETag": '"another"'})
        else:
            self._answer(404, b"", {})

    def _bytes(self, file: str, data: bytes, headers: dict[str, str]) -> None:
        """The file or a part of it, with all that may go wrong."""
        start, asked = 0, re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.hub.ranges:
            start = int(asked[1])
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if file in self.hub.corrupt:
            data = data[:-1] + bytes([data[-1] ^ 1])
        self.send_response(206 if "Content-Range" in headers else 200)
        for key, value in headers.items():
            self.send_header(key, value)
        if self.command == "HEAD":
            self.send_header("Content-Length", str(self.hub.sizes.get(file, len(data))))
            self.end_headers()
            return None
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        cuts = self.hub.cuts.get(file, [])
        stop = start + cuts.pop(0) if cuts else len(data)
        pause = self.hub.pauses.get(file)
        for place in range(start, min(stop, len(data)), _PIECE):
            if pause is not None and place >= pause:
                self.hub.paused.set()
                self.hub.go_on.wait(30)
                return self._drop()
            piece = data[place : min(place + _PIECE, stop)]
            try:
                self.wfile.write(piece)
            except OSError:
                return self._drop()
            self.hub.sent[file] = self.hub.sent.get(file, 0) + len(piece)
        if stop < len(data):
            self._drop()
        return None

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _drop(self) -> None:
        self.close_connection = True
