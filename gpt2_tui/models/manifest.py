"""`model.json`: what a model folder says of itself."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpt2_tui import storage
from gpt2_tui.errors import ModelError
from gpt2_tui.text.visible import one_line

MANIFEST_FILE = "model.json"
TOKENIZER_FILE = "tokenizer.json"
FORMAT = 1
ARCHITECTURE_TYPE = "gpt2"
_LARGEST_MANIFEST = 1 << 20
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Architecture:
    """The shape of a GPT-2: counts, except `end_of_text`, which is a token id."""

    layers: int
    heads: int
    width: int
    window: int
    vocabulary: int
    end_of_text: int

    @property
    def head_size(self) -> int:
        return self.width // self.heads


@dataclass(frozen=True)
class Graph:
    """One ONNX graph of the model; its weights may lie in a second file, `data`."""

    file: str
    data: str | None
    precision: str
    providers: tuple[str, ...]


@dataclass(frozen=True)
class FileDigest:
    """What a file must be: its sha256 in hexadecimal and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Source:
    """Where the weights came from: `kind` (folder, hub, training), `name`, and a revision."""

    kind: str
    name: str
    revision: str | None = None


@dataclass(frozen=True)
class Manifest:
    """All of `model.json`."""

    name: str
    architecture: Architecture
    graphs: tuple[Graph, ...]
    files: Mapping[str, FileDigest]
    source: Source
    licence: str
    exporter: str


def read_manifest(folder: Path) -> Manifest:
    """Read and check `folder/model.json`. Raises ModelError with one line."""
    path = folder / MANIFEST_FILE
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_MANIFEST + 1)
    except FileNotFoundError:
        raise ModelError(_missing(folder)) from None
    except OSError as error:
        raise ModelError(f"cannot read {path}: {storage.reason(error)}") from error
    if len(raw) > _LARGEST_MANIFEST:
        raise ModelError(f"{path} is too large to be a model description")
    try:
        return parse_manifest(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is damaged ({error}); export the model again") from None


def parse_manifest(value: object) -> Manifest:
    """Make a Manifest of parsed JSON. Raises ValueError that says what is wrong."""
    top = _Fields(value, "the description")
    if top.integer("format") != FORMAT:
        raise ValueError(f"its format is {top.integer('format')}, this program reads {FORMAT}")
    architecture = _architecture(_Fields(top.get("architecture"), "architecture"))
    files = {
        _plain_name(name): _file_digest(_Fields(entry, name))
        for name, entry in _Fields(top.get("files"), "files").items()
    }
    graphs = tuple(_graph(_Fields(entry, "graphs")) for entry in top.list("graphs"))
    manifest = Manifest(
        name=top.text("name"),
        architecture=architecture,
        graphs=graphs,
        files=files,
        source=_source(_Fields(top.get("source"), "source")),
        licence=top.text("licence"),
        exporter=top.text("exporter"),
    )
    _check_files_named(manifest)
    return manifest


def format_manifest(manifest: Manifest) -> bytes:
    """The bytes of `model.json`; `parse_manifest` gives the same Manifest again."""
    shape = manifest.architecture
    value = {
        "format": FORMAT,
        "name": manifest.name,
        "architecture": {
            "type": ARCHITECTURE_TYPE,
            "layers": shape.layers,
            "heads": shape.heads,
            "width": shape.width,
            "window": shape.window,
            "vocabulary": shape.vocabulary,
            "end_of_text": shape.end_of_text,
        },
        "graphs": [
            {
                "file": graph.file,
                "data": graph.data,
                "precision": graph.precision,
                "providers": list(graph.providers),
            }
            for graph in manifest.graphs
        ],
        "files": {
            name: {"sha256": digest.sha256, "bytes": digest.size}
            for name, digest in sorted(manifest.files.items())
        },
        "source": {
            "kind": manifest.source.kind,
            "name": manifest.source.name,
            "revision": manifest.source.revision,
        },
        "licence": manifest.licence,
        "exporter": manifest.exporter,
    }
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _missing(folder: Path) -> str:
    if not folder.exists():
        return f"there is no model folder {folder}; `gpt2-tui models list` shows the models"
    if (folder / "config.json").exists():
        return f"{folder} is a checkpoint; make a model of it: gpt2-tui export {folder} OUT"
    return f"{folder} is not a model folder: it has no {MANIFEST_FILE}"


def _architecture(fields: "_Fields") -> Architecture:
    kind = fields.text("type")
    if kind != ARCHITECTURE_TYPE:
        raise ValueError(f"its architecture is {kind!r}, not {ARCHITECTURE_TYPE!r}")
    shape = Architecture(
        layers=fields.positive("layers"),
        heads=fields.positive("heads"),
        width=fields.positive("width"),
        window=fields.positive("window"),
        vocabulary=fields.positive("vocabulary"),
        end_of_text=fields.integer("end_of_text"),
    )
    if shape.width % shape.heads:
        raise ValueError(f"width {shape.width} cannot be shared by {shape.heads} heads")
    if not 0 <= shape.end_of_text < shape.vocabulary:
        raise ValueError(f"end_of_text {shape.end_of_text} is not in the vocabulary")
    if shape.window < 4:
        raise ValueError(f"a window of {shape.window} is too short to write in")
    return shape


def _graph(fields: "_Fields") -> Graph:
    data = fields.get("data")
    return Graph(
        file=_plain_name(fields.text("file")),
        data=None if data is None else _plain_name(fields.text("data")),
        precision=fields.text("precision"),
        providers=_texts(fields.list("providers"), "providers"),
    )


def _file_digest(fields: "_Fields") -> FileDigest:
    sha256 = fields.text("sha256")
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{fields.where} has no proper sha256")
    return FileDigest(sha256, fields.positive("bytes"))


def _source(fields: "_Fields") -> Source:
    known = fields.get("revision") is not None
    return Source(
        fields.text("kind"), fields.text("name"), fields.text("revision") if known else None
    )


def _texts(values: Sequence[object], where: str) -> tuple[str, ...]:
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"{where!r} is not a list of texts")
    return tuple(str(value) for value in values)


def _check_files_named(manifest: Manifest) -> None:
    if not manifest.graphs:
        raise ValueError("it names no graph")
    needed = {TOKENIZER_FILE}
    for graph in manifest.graphs:
        needed.add(graph.file)
        if graph.data is not None:
            needed.add(graph.data)
    if missing := sorted(needed - set(manifest.files)):
        raise ValueError(f"it gives no digest for {', '.join(missing)}")


def _plain_name(name: str) -> str:
    """A name that stays inside the folder: no separator, no `..`, no control character."""
    if not _PLAIN_NAME.fullmatch(name) or name == MANIFEST_FILE:
        raise ValueError(f"{name!r} is not a file name that a model folder may hold")
    return name


class _Fields:
    """A JSON object whose fields are read by type; a wrong one is a ValueError with its name."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where} is not an object")
        self._value: dict[str, Any] = value
        self.where = where

    def items(self) -> list[tuple[str, Any]]:
        return list(self._value.items())

    def get(self, name: str) -> object:
        if name not in self._value:
            raise ValueError(f"{self.where} has no field {name!r}")
        return self._value[name]

    def text(self, name: str) -> str:
        value = self.get(name)
        if not isinstance(value, str) or not value:
            raise ValueError(f"{name!r} in {self.where} is not a text")
        # These texts reach screens, labels and messages.
        if one_line(value) != value:
            raise ValueError(f"{name!r} in {self.where} is not one line of plain text")
        return value

    def integer(self, name: str) -> int:
        value = self.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name!r} in {self.where} is not a whole number")
        return value

    def positive(self, name: str) -> int:
        value = self.integer(name)
        if value <= 0:
            raise ValueError(f"{name!r} in {self.where} is not above zero")
        return value

    def list(self, name: str) -> list[Any]:
        value = self.get(name)
        if not isinstance(value, list):
            raise ValueError(f"{name!r} in {self.where} is not a list")
        return value
