"""`gpt2-tui export SOURCE OUT`: the command line of the exporter."""

import argparse
import json
import re
import shlex
import sys
from pathlib import Path

from gpt2_tui.errors import ModelError
from gpt2_tui.hub.checkpoint import checkpoint_from_hub, only_pull
from gpt2_tui.hub.names import hub_model, short_name
from gpt2_tui.hub.progress import FileProgress, Progress
from gpt2_tui.locations import typed_path
from gpt2_tui.models.manifest import Manifest, Source
from gpt2_tui.text.status_line import StatusLine

from . import acceptance
from .exporter import check_wishes, export_checkpoint
from .precisions import DEFAULT_PRECISION, PRECISIONS

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `gpt2-tui export`."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder with config.json, safetensors and tokenizer, one as OpenAI published GPT-2"
        " (hparams.json, model.ckpt.*, encoder.json, vocab.bpe), a model of the hub (gpt2,"
        " OWNER/NAME), or a model folder, to make one of another precision of it",
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="the model folder to make")
    parser.add_argument(
        "--name",
        help="what the model is called (default: the name of OUT, or of the model in SOURCE)",
    )
    parser.add_argument(
        "--precision",
        default=DEFAULT_PRECISION,
        help=f"number format of the graph: {', '.join(PRECISIONS)} (default: %(default)s)",
    )
    parser.add_argument(
        "--int8-cache",
        action="store_true",
        help="keep keys and values as whole numbers: a quarter of their memory, slower prompts",
    )
    parser.add_argument(
        "--licence",
        help="licence of the weights (default: what the checkpoint's README or LICENSE states)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Export as the arguments say; returns the exit code. Raises UserError."""
    out: Path = arguments.out
    line = StatusLine(sys.stderr)
    try:
        source = _local_folder(arguments.source)
        if source is not None:
            manifest = _export(source, arguments, line)
        else:
            manifest = _export_from_hub(arguments, line)
    finally:
        line.clear()
    sys.stdout.write(_as_json(out, manifest) if arguments.json else _as_text(out, manifest))
    return 0


def _export(
    source: Path, arguments: argparse.Namespace, line: StatusLine, origin: Source | None = None
) -> Manifest:
    return export_checkpoint(
        source,
        arguments.out,
        name=arguments.name,
        precision=arguments.precision,
        int8_cache=arguments.int8_cache,
        licence=arguments.licence,
        origin=origin,
        progress=lambda each: line.show(f"{each.stage} {each.done:.0%}"),
    )


def _export_from_hub(arguments: argparse.Namespace, line: StatusLine) -> Manifest:
    """Fetch the checkpoint that SOURCE names on the hub, and export it."""
    wanted = hub_model(arguments.source)
    out: Path = arguments.out.absolute()
    name = out.name if arguments.name is None else arguments.name
    check_wishes(out, name, arguments.licence, arguments.precision, arguments.int8_cache)

    def report(progress: Progress) -> None:
        if isinstance(progress, FileProgress):
            line.show(f"{progress.file} {progress.done / max(progress.size, 1):.0%}")
        else:
            line.show("waiting for another download to end")

    with only_pull(report), checkpoint_from_hub(wanted, acceptance, report) as checkpoint:
        origin = Source("hub", checkpoint.repository, checkpoint.commit)
        return _export(checkpoint.folder, arguments, line, origin)


def _local_folder(source: str) -> Path | None:
    """The folder that SOURCE is, or None if it can only be a name on the hub."""
    folder = typed_path(source)
    if folder.exists():
        return folder
    if _HUB_NAME.fullmatch(source) or short_name(source):
        return None
    raise ModelError(f"there is no folder {source}")


def _size(manifest: Manifest) -> int:
    """Bytes of all files but the description itself."""
    return sum(digest.size for digest in manifest.files.values())


def _as_text(out: Path, manifest: Manifest) -> str:
    return (
        f"{manifest.name} is in {out}: {_size(manifest) / 1e6:.1f} MB, checked against the"
        f" reference\nuse it: gpt2-tui --model {shlex.quote(str(out))}\n"
    )


def _as_json(out: Path, manifest: Manifest) -> str:
    result = {
        "path": str(out.absolute()),
        "name": manifest.name,
        "bytes": _size(manifest),
        "precisions": [graph.precision for graph in manifest.graphs],
        "licence": manifest.licence,
        "checked": True,
    }
    return json.dumps(result) + "\n"
