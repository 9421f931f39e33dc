"""From a checkpoint to a model folder: whole and checked, or not at all."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import __version__, storage
from gpt2_tui.errors import ModelError, StorageError
from gpt2_tui.models.folder import sha256_of
from gpt2_tui.models.golden import has_golden_figures
from gpt2_tui.models.manifest import (
    MANIFEST_FILE,
    TOKENIZER_FILE,
    Architecture,
    FileDigest,
    Manifest,
    Source,
    format_manifest,
    parse_manifest,
    read_manifest,
)
from gpt2_tui.text.visible import one_line, quoted

from .checkpoint import open_checkpoint
from .config import Config
from .graph_files import GraphFiles, write_synced
from .licence import NOT_STATED, stated_licence
from .model_folder import is_model_folder, source_of
from .precisions import DEFAULT_PRECISION, PRECISIONS
from .progress import Progress, Report
from .published import check_published
from .selfcheck import check_graph
from .tokenizer import read_tokenizer

_LONGEST_LINE = 100


def export_checkpoint(
    source: Path,
    out: Path,
    *,
    name: str | None = None,
    precision: str = DEFAULT_PRECISION,
    int8_cache: bool = False,
    origin: Source | None = None,
    licence: str | None = None,
    progress: Report = lambda _: None,
) -> Manifest:
    """Make the model folder `out` of the checkpoint folder `source`; returns its description.

    With `int8_cache`, keys and values take a quarter of the memory; prompts take longer, and each
    continuation holds its prompt itself. `name` is what the model is called (the name of `out` if
    not given), `origin` where the weights came from (the folder's name), `licence` under which
    they are (what the checkpoint's README or LICENSE states). `out` may exist if it is empty. Where
    `source` is a model folder itself, its own name and licence stay, and `origin` names it.

    Raises ModelError if the checkpoint cannot be used or the finished graph is wrong, and
    StorageError if `out` cannot be written. Whatever happens, `out` is whole or is not there.
    """
    out = out.resolve()
    about = _about(source, out)
    name = about.name if name is None else name
    check_wishes(out, name, licence, precision, int8_cache)
    chosen = PRECISIONS[precision]
    checkpoint = open_checkpoint(source)
    tokenizer, end_of_text = read_tokenizer(source, checkpoint.config.vocabulary)
    with _folder_to_be(out) as folder:
        write_synced(folder / TOKENIZER_FILE, tokenizer)
        files = GraphFiles(folder, checkpoint, chosen, progress)
        graph = files.write_with_int8_cache(end_of_text) if int8_cache else files.write()
        progress(Progress("checking the graph", 0.0))
        check_graph(folder, graph, checkpoint)
        if has_golden_figures(origin):
            check_published(folder / graph.file, checkpoint, precision)
        progress(Progress("checking the graph", 1.0))
        manifest = Manifest(
            name=name,
            architecture=_architecture(checkpoint.config, end_of_text),
            graphs=(graph,),
            files={path.name: _digest(path) for path in sorted(folder.iterdir())},
            source=origin or about.origin,
            licence=about.licence if licence is None else licence,
            exporter=f"gpt2-tui {__version__}",
        )
        _write_manifest(folder, manifest)
    return manifest


def check_wishes(
    out: Path, name: str, licence: str | None, precision: str, int8_cache: bool
) -> None:
    """Raise ModelError or StorageError if no export could end so: for whoever would first have to
    download the checkpoint."""
    _check_line(name, "name for a model")
    if licence is not None:
        _check_line(licence, "licence")
    if precision not in PRECISIONS:
        raise ModelError(
            f"precision {quoted(repr(precision))} is not one of {', '.join(PRECISIONS)}"
        )
    if int8_cache and not PRECISIONS[precision].has_step_graph:
        raise ModelError(f"an int8 cache is for the processor; a graph in {precision} has none")
    _check_free(out)


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


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `model.json`, after making sure that it will be read as it is meant."""
    raw = format_manifest(manifest)
    try:
        same = parse_manifest(json.loads(raw)) == manifest
    except ValueError as error:
        raise ModelError(f"this model cannot be described: {error}") from None
    if not same:
        raise ModelError("this model cannot be described: its description reads differently")
    write_synced(folder / MANIFEST_FILE, raw)


@contextmanager
def _folder_to_be(out: Path) -> Iterator[Path]:
    """A temporary folder beside `out` that takes its name when the block ends well.

    On any error, Ctrl-C included, it is removed with all that is in it.
    """
    folder = out.parent / f"{storage.TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    try:
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
    try:
        if not out.parent.is_dir():
            raise StorageError(f"there is no folder {out.parent} to put {out.name} in")
        if out.exists() and not out.is_dir():
            raise StorageError(f"{out} is already there and is no folder")
        if out.is_dir() and any(out.iterdir()):
            raise StorageError(f"{out} is already there and not empty; name another folder")
    except OSError as error:
        raise StorageError(f"cannot write {out}: {storage.reason(error)}") from error


def _digest(path: Path) -> FileDigest:
    return FileDigest(sha256_of(path), path.stat().st_size)


def _architecture(config: Config, end_of_text: int) -> Architecture:
    return Architecture(
        layers=config.layers,
        heads=config.heads,
        width=config.width,
        window=config.window,
        vocabulary=config.vocabulary,
        end_of_text=end_of_text,
    )


def _check_line(text: str, what: str) -> None:
    """Raise ModelError unless `text` is a short line."""
    if not text.strip() or len(text) > _LONGEST_LINE or one_line(text) != text:
        raise ModelError(
            f"{quoted(repr(text))} is no {what}: one line of 1 to {_LONGEST_LINE} characters"
        )
