"""`model.json`: what a model folder says of itself."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.errors import ModelError
from gpt2_tui.json_fields import JsonFields
from gpt2_tui.text.visible import one_line, quoted

MANIFEST_FILE = "model.json"
TOKENIZER_FILE = "tokenizer.json"
FORMAT = 2
ARCHITECTURE_TYPE = "gpt2"
_LARGEST_MANIFEST = 1 << 20
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
LARGEST_COUNT = 1 << 24
"""Of heads, places, tokens and so on: far beyond any GPT-2, and still small enough to count up to
before a graph or a tensor is asked whether it has so many."""
MOST_LAYERS = 1000
SHORTEST_WINDOW = 4
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
    """One ONNX graph of the model; its weights may lie in a second file, `data`.

    `step` is the graph for generating that shares those weights, if there is one. `precision` is
    that of the weights, `cache` that of the keys and values, as the exporter names them.
    """

    file: str
    data: str | None
    step: str | None
    precision: str
    cache: str
    providers: tuple[str, ...]


@dataclass(frozen=True)
class FileDigest:
    """What a file must be: its sha256 in hexadecimal and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Source:
    """Where the weights came from: `kind` (folder, hub, training, model), `name`, and a revision,
    which is the sha256 of `model.json` if they came from another model folder."""

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
    top = JsonFields(value, "the description")
    if top.integer("format") != FORMAT:
        kind = quoted(str(top.integer("format")))
        raise ValueError(f"its format is {kind}, this program reads {FORMAT}")
    architecture = _architecture(JsonFields(top.get("architecture"), "architecture"))
    files = {
        _plain_name(name): _file_digest(JsonFields(entry, name))
        for name, entry in JsonFields(top.get("files"), "files").items()
    }
    graphs = tuple(_graph(JsonFields(entry, "graphs")) for entry in top.list("graphs"))
    manifest = Manifest(
        name=_line(top, "name"),
        architecture=architecture,
        graphs=graphs,
        files=files,
        source=_source(JsonFields(top.get("source"), "source")),
        licence=_line(top, "licence"),
        exporter=_line(top, "exporter"),
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
                "step": graph.step,
                "precision": graph.precision,
                "cache": graph.cache,
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


def _architecture(fields: JsonFields) -> Architecture:
    kind = _line(fields, "type")
    if kind != ARCHITECTURE_TYPE:
        raise ValueError(f"its architecture is {quoted(repr(kind))}, not {ARCHITECTURE_TYPE!r}")
    shape = Architecture(
        layers=fields.positive("layers", MOST_LAYERS),
        heads=fields.positive("heads", LARGEST_COUNT),
        width=fields.positive("width", LARGEST_COUNT),
        window=fields.positive("window", LARGEST_COUNT),
        vocabulary=fields.positive("vocabulary", LARGEST_COUNT),
        end_of_text=fields.integer("end_of_text"),
    )
    if shape.width % shape.heads:
        raise ValueError(f"width {shape.width} cannot be shared by {shape.heads} heads")
    if not 0 <= shape.end_of_text < shape.vocabulary:
        raise ValueError(f"end_of_text {quoted(str(shape.end_of_text))} is not in the vocabulary")
    if shape.window < SHORTEST_WINDOW:
        raise ValueError(f"a window of {shape.window} is too short to write in")
    return shape


def _graph(fields: JsonFields) -> Graph:
    return Graph(
        file=_plain_name(_line(fields, "file")),
        data=_optional_name(fields, "data"),
        step=_optional_name(fields, "step"),
        precision=_line(fields, "precision"),
        cache=_line(fields, "cache"),
        providers=_texts(fields.list("providers"), "providers"),
    )


def _optional_name(fields: JsonFields, name: str) -> str | None:
    return None if fields.get(name) is None else _plain_name(_line(fields, name))


def _file_digest(fields: JsonFields) -> FileDigest:
    sha256 = _line(fields, "sha256")
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{fields.where} has no proper sha256")
    return FileDigest(sha256, fields.positive("bytes"))


def _source(fields: JsonFields) -> Source:
    known = fields.get("revision") is not None
    return Source(
        _line(fields, "kind"), _line(fields, "name"), _line(fields, "revision") if known else None
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
        needed.update(each for each in (graph.file, graph.data, graph.step) if each is not None)
    if missing := sorted(needed - set(manifest.files)):
        raise ValueError(f"it gives no digest for {quoted(', '.join(missing))}")


def _plain_name(name: str) -> str:
    """A name that stays inside the folder: no separator, no `..`, no control character."""
    if not PLAIN_NAME.fullmatch(name) or name == MANIFEST_FILE:
        raise ValueError(f"{quoted(repr(name))} is not a file name that a model folder may hold")
    return name


def _line(fields: JsonFields, name: str) -> str:
    """A text that may reach a screen, a label or a message."""
    value = fields.text(name)
    if one_line(value) != value:
        raise ValueError(f"{name!r} in {fields.where} is not one line of plain text")
    return value
