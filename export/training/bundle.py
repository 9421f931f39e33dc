"""Make the bundled model: `python -m export.training.bundle CHECKPOINT OUT`.

It runs in the program's own environment, without PyTorch. Afterwards `STARTER_SHA256` in
`gpt2_tui/models/registry.py` must be the printed digest.
"""

import argparse
import json
import sys
from pathlib import Path

from gpt2_tui.models.folder import sha256_of
from gpt2_tui.models.manifest import MANIFEST_FILE, Source
from gpt2_tui.models.registry import STARTER

from ..exporter import export_checkpoint


def main() -> int:
    """Export the checkpoint as the starter, and print the digest of its description."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="the folder that training wrote")
    parser.add_argument("out", type=Path, help="the model folder to make")
    arguments = parser.parse_args()
    trained = json.loads((arguments.checkpoint / "training.json").read_text())
    export_checkpoint(
        arguments.checkpoint,
        arguments.out,
        name=STARTER,
        origin=Source("training", "this project's recipe", f"{trained['tokens']} tokens"),
        licence="MIT",
    )
    sys.stdout.write(f"{sha256_of(arguments.out / MANIFEST_FILE)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
