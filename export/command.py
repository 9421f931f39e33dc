"""`gpt2-tui export SOURCE OUT`: the command line of the exporter."""

import argparse
import json
import re
import shlex
import sys
from pathlib import Path
from typing import TextIO

from gpt2_tui.errors import ModelError
from gpt2_tui.models.manifest import Manifest

from .exporter import Progress, export_checkpoint
from .precisions import DEFAULT_PRECISION, PRECISIONS

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")
_CLEAR_LINE = "\r\x1b[K"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `gpt2-tui export`."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder with config.json, safetensors and tokenizer, or one as OpenAI published"
        " GPT-2 (hparams.json, model.ckpt.*, encoder.json, vocab.bpe), or a model folder, to make"
        " one of another precision of it",
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
        "--licence",
        help="licence of the weights (default: what the checkpoint's README or LICENSE states)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Export as the arguments say; returns the exit code. Raises UserError."""
    source = _local_folder(arguments.source)
    out: Path = arguments.out
    line = _ProgressLine(sys.stderr)
    try:
        manifest = export_checkpoint(
            source,
            out,
            name=arguments.name,
            precision=arguments.precision,
            licence=arguments.licence,
            progress=line.show if sys.stderr.isatty() else None,
        )
    finally:
        line.clear()
    sys.stdout.write(_as_json(out, manifest) if arguments.json else _as_text(out, manifest))
    return 0


def _local_folder(source: str) -> Path:
    folder = Path(source).expanduser()
    if folder.exists():
        return folder
    if _HUB_NAME.fullmatch(source):
        raise ModelError(
            f"there is no folder {source}; if you mean the model of that name on the hub, download"
            " its config.json, tokenizer.json and model.safetensors into a folder and name that"
        )
    raise ModelError(f"there is no folder {source}")


class _ProgressLine:
    """One line on a terminal, written over as the export goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = ""

    def show(self, progress: Progress) -> None:
        text = f"{progress.stage} {progress.done:.0%}"
        if text != self._shown:
            self._shown = text
            self._stream.write(_CLEAR_LINE + text)
            self._stream.flush()

    def clear(self) -> None:
        if self._shown:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()


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
    return json.dumps(result, ensure_ascii=False) + "\n"
