"""Make the bundled model: `python -m export.training.bundle CHECKPOINT`.

It runs in the program's own environment, without PyTorch.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from gpt2_tui.models import registry
from gpt2_tui.models.choice import STARTER
from gpt2_tui.models.folder import sha256_of
from gpt2_tui.models.manifest import MANIFEST_FILE, Source, read_manifest

from ..exporter import export_checkpoint
from ..precisions import DEFAULT_PRECISION, PRECISIONS

_DIGEST_LINE = re.compile(r'^STARTER_SHA256 = "[0-9a-f]{64}"$', re.MULTILINE)


def main() -> int:
    """Export the checkpoint as the starter, in the place of the one before, and note its digest in
    the program."""
    parser = argparse.ArgumentParser(prog="python -m export.training.bundle", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="the folder that training wrote")
    parser.add_argument("--precision", choices=PRECISIONS, default=DEFAULT_PRECISION)
    arguments = parser.parse_args()
    folder = registry.starter_path()
    replace_model(arguments.checkpoint, folder, arguments.precision)
    digest = sha256_of(folder / MANIFEST_FILE)
    note_digest(Path(registry.__file__), digest)
    sys.stdout.write(f"{digest}\n")
    return 0


def replace_model(checkpoint: Path, folder: Path, precision: str) -> None:
    """Put the exported checkpoint in the place of the model in `folder`; other files there stay."""
    trained = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))
    with TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary, STARTER)
        export_checkpoint(
            checkpoint,
            made,
            name=STARTER,
            precision=precision,
            origin=Source("training", "this project's recipe", f"{trained['tokens']} tokens"),
            licence="MIT",
        )
        for name in read_manifest(folder).files:
            (folder / name).unlink(missing_ok=True)
        for path in made.iterdir():
            path.replace(folder / path.name)


def note_digest(source: Path, digest: str) -> None:
    """Write the digest into the program's source. Raises ValueError if its place is not there."""
    text, found = _DIGEST_LINE.subn(f'STARTER_SHA256 = "{digest}"', source.read_text("utf-8"))
    if found != 1:
        raise ValueError(f"{source} has no one line STARTER_SHA256 = …")
    source.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
