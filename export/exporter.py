"""From a checkpoint to a model folder: whole and checked, or not at all."""

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import __version__, storage
from gpt2_tui.errors import ModelError, StorageError
from gpt2_tui.models.manifest import (
    MANIFEST_FILE,
    TOKENIZER_FILE,
    Architecture,
    FileDigest,
    Graph,
    Manifest,
    Source,
    format_manifest,
    parse_manifest,
    read_manifest,
)

from .attention import PROMPT, STEP, Attention
from .checkpoint import Checkpoint, open_checkpoint
from .config import Config
from .graph import build_graph
from .licence import NOT_STATED, stated_licence
from .model_folder import is_model_folder, source_of
from .parts import Precision
from .precisions import DEFAULT_PRECISION, PRECISIONS
from .selfcheck import check_graph
from .tokenizer import read_tokenizer
from .weights_file import WeightsFile

_LONGEST_NAME = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Progress:
    """How far an export is: the stage in words, and which part of it is done, from 0 to 1."""

    stage: str
    done: float


Report = Callable[[Progress], None]


def export_checkpoint(
    source: Path,
    out: Path,
    *,
    name: str | None = None,
    precision: str = DEFAULT_PRECISION,
    origin: Source | None = None,
    licence: str | None = None,
    progress: Report | None = None,
) -> Manifest:
    """Make the model folder `out` of the checkpoint folder `source`; returns its description.

    `name` is what the model is called (the name of `out` if not given), `origin` where the
    weights came from (the folder's name), `licence` under which they are (what the checkpoint's
    README or LICENSE states). `out` may exist if it is empty. Where `source` is a model folder
    itself, its own name and licence stay, and `origin` names it.

    Raises ModelError if the checkpoint cannot be used or the finished graph is wrong, and
    StorageError if `out` cannot be written. Whatever happens, `out` is whole or is not there.
    """
    if precision not in PRECISIONS:
        raise ModelError(f"precision {precision!r} is not one of {', '.join(PRECISIONS)}")
    out = out.resolve()
    about = _about(source, out)
    name = _proper_name(about.name if name is None else name)
    chosen = PRECISIONS[precision]
    report = progress or _no_report
    checkpoint = open_checkpoint(source)
    tokenizer, end_of_text = read_tokenizer(source, checkpoint.config.vocabulary)
    with _folder_to_be(out) as folder:
        _write(folder / TOKENIZER_FILE, tokenizer)
        graph = _write_graph(folder, checkpoint, chosen, report)
        report(Progress("checking the graph", 0.0))
        check_graph(folder, graph, checkpoint)
        report(Progress("checking the graph", 1.0))
        manifest = Manifest(
            name=name,
            architecture=_architecture(checkpoint.config, end_of_text),
            graphs=(graph,),
            files={path.name: _digest(path) for path in sorted(folder.iterdir())},
            source=origin or about.origin,
            licence=licence or about.licence,
            exporter=f"gpt2-tui {__version__}",
        )
        _write_manifest(folder, manifest)
    return manifest


@dataclass(frozen=True)
class _About:
    """What is known of a model whose name, origin and licence were not given."""

    name: str
    origin: Source
    licence: str


def _about(source: Path, out: Path) -> _About:
    if is_model_folder(source):
        manifest = read_manifest(source)
        return _About(manifest.name, source_of(source, manifest), manifest.licence)
    origin = Source("folder", source.resolve().name or str(source))
    return _About(out.name, origin, stated_licence(source) or NOT_STATED)


def _write_graph(
    folder: Path, checkpoint: Checkpoint, precision: Precision, report: Report
) -> Graph:
    """Write the graph and its weights into `folder`."""
    total = checkpoint.values
    done = 0

    def count(values: int) -> None:
        nonlocal done
        done += values
        report(Progress("writing weights", done / total))

    data = f"{precision.file}.data"
    with WeightsFile(folder / data) as weights:
        for attention, file in _graph_files(precision):
            model = build_graph(checkpoint, weights, precision, attention, count)
            _write(folder / file, model.SerializeToString())
    files = dict(_graph_files(precision))
    return Graph(files[PROMPT], data, files.get(STEP), precision.name, precision.providers)


def _graph_files(precision: Precision) -> list[tuple[Attention, str]]:
    """The graphs of one precision and their files; they share one file of weights."""
    stem = Path(precision.file).stem
    forms = (PROMPT, STEP) if precision.has_step_graph else (PROMPT,)
    return [(form, f"{stem}{form.file_suffix}.onnx") for form in forms]


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `model.json`, after making sure that it will be read as it is meant."""
    raw = format_manifest(manifest)
    try:
        same = parse_manifest(json.loads(raw)) == manifest
    except ValueError as error:
        raise ModelError(f"this model cannot be described: {error}") from None
    if not same:
        raise ModelError("this model cannot be described: its description reads differently")
    _write(folder / MANIFEST_FILE, raw)


@contextmanager
def _folder_to_be(out: Path) -> Iterator[Path]:
    """A temporary folder beside `out` that takes its name when the block ends well.

    On any error, Ctrl-C included, it is removed with all that is in it.
    """
    folder = out.parent / f"{storage.TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    try:
        _check_free(out)
        folder.mkdir()
        try:
            yield folder
            storage.sync_folder(folder)
            if out.exists():
                out.rmdir()
            folder.rename(out)
            storage.sync_folder(out.parent)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    except OSError as error:
        raise StorageError(f"cannot write {out}: {storage.reason(error)}") from error


def _check_free(out: Path) -> None:
    """Raise StorageError unless `out` is free: not there, or an empty folder."""
    if not out.parent.is_dir():
        raise StorageError(f"there is no folder {out.parent} to put {out.name} in")
    if out.exists() and not out.is_dir():
        raise StorageError(f"{out} is already there and is no folder")
    if out.is_dir() and any(out.iterdir()):
        raise StorageError(f"{out} is already there and not empty; name another folder")


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _digest(path: Path) -> FileDigest:
    with path.open("rb") as file:
        return FileDigest(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _architecture(config: Config, end_of_text: int) -> Architecture:
    return Architecture(
        layers=config.layers,
        heads=config.heads,
        width=config.width,
        window=config.window,
        vocabulary=config.vocabulary,
        end_of_text=end_of_text,
    )


def _proper_name(name: str) -> str:
    """The model's name, if it is a short line of text. Raises ModelError."""
    if not name.strip() or len(name) > _LONGEST_NAME or _CONTROL.search(name):
        raise ModelError(
            f"{name[:40]!r} is no name for a model: one line of 1 to {_LONGEST_NAME} characters"
        )
    return name


def _no_report(_: Progress) -> None:
    pass
