"""`make bench-peers`: gpt2-tui beside CTranslate2, transformers and Optimum, on the same weights.

How each is timed stands in `tests/bench/backends`. All take the likeliest token each time. A first
token is timed from the ids of the prompt on; a step is timed alone, behind a cache that was made of
the prompt once and repeated for every lane.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from gpt2_tui.errors import UserError
from gpt2_tui.models.manifest import read_manifest
from tests.bench.contestants import Contestant, our_contestants, peers, write_random_checkpoint
from tests.bench.results import as_json, as_text
from tests.bench.rounds import Effort, compare

_FULL = Effort(starts=3, rounds=7, steps=12)
_QUICK = Effort(starts=1, rounds=2, steps=6)


def main() -> None:
    arguments = _parser().parse_args()
    out: Path = arguments.out
    out.parent.mkdir(parents=True, exist_ok=True)
    effort = _QUICK if arguments.quick else _FULL
    comparisons = []
    with tempfile.TemporaryDirectory(prefix="models-", dir=out.parent) as folder:
        contestants = _contestants(arguments.checkpoint, Path(folder), arguments.peers)
        shape = read_manifest(contestants[0].folder).architecture
        for threads in arguments.threads:
            done = compare(contestants, threads, shape.vocabulary, shape.window, effort, _report)
            comparisons.append(done)
            sys.stdout.write(as_text(done) + "\n")
            sys.stdout.flush()
            out.write_text(json.dumps(as_json(comparisons), indent=1) + "\n")
    sys.stdout.write(f"every sample is in {out}\n")


def _contestants(checkpoint: Path | None, folder: Path, python: Path | None) -> list[Contestant]:
    """Us, and the others whose packages the interpreter `python` has."""
    if checkpoint is None:
        checkpoint = folder / "checkpoint"
        write_random_checkpoint(checkpoint)
    ours = our_contestants(checkpoint, folder)
    return ours if python is None else [*ours, *peers(checkpoint, folder, python)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.peers", description=__doc__, allow_abbrev=False
    )
    parser.add_argument(
        "--peers", type=Path, metavar="PYTHON", help="the interpreter that has the others' packages"
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        help="a folder in the hub's layout with a window of 1024 (default: random weights of the "
        "124M shape)",
    )
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--quick", action="store_true", help="fewer starts, rounds and steps")
    parser.add_argument(
        "--out", type=Path, default=Path(".bench/peers.json"), help="where every sample goes"
    )
    return parser


def _report(stage: str) -> None:
    sys.stderr.write(f"{stage}\n")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"bench-peers: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
