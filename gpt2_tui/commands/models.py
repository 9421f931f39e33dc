"""`gpt2-tui models`: the models on this machine."""

import argparse
import json
import sys

from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.commands.table import aligned
from gpt2_tui.models.listing import HEADING, row
from gpt2_tui.models.registry import Listed, list_models


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|pull|verify|remove")

    def add(name: str, summary: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=summary, description=summary, allow_abbrev=False)

    listing = add("list", "name, size, precision, licence, last use and origin of each model")
    pulling = add("pull", "fetch a GPT-2 from the hub, and make a model of it")
    pulling.add_argument(
        "model",
        metavar="NAME",
        help="gpt2, gpt2-medium, gpt2-large, gpt2-xl, distilgpt2, an old name such as 124M, any"
        " repository of GPT-2's architecture as OWNER/NAME, or a folder with such a checkpoint",
    )
    pulling.add_argument(
        "--revision",
        metavar="R",
        help="a branch, tag or commit (default: a fixed commit for the short names, else main)",
    )
    pulling.add_argument(
        "--precision", metavar="P", help="number format of the graph, as in gpt2-tui export"
    )
    pulling.add_argument("--name", metavar="N", help="what the model is called here")
    proving = add("verify", "read every file of a model again, and run its checks again")
    proving.add_argument("models", nargs="*", metavar="NAME", help="default: all models")
    removing = add("remove", "delete a model from this machine")
    removing.add_argument("model", metavar="NAME")
    removing.add_argument("--yes", action="store_true", help="do not ask")
    for action in (listing, pulling, proving, removing):
        action.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    # Each imports only what it needs: a list needs neither the engine nor the hub.
    if arguments.action == "pull":
        from gpt2_tui.commands.models_pull import run_pull

        return run_pull(arguments)
    if arguments.action == "verify":
        from gpt2_tui.commands.models_verify import run_verify

        return run_verify(arguments)
    if arguments.action == "remove":
        from gpt2_tui.commands.models_remove import run_remove

        return run_remove(arguments)
    models = list_models()
    lines = [json.dumps(_as_json(each)) for each in models] if arguments.json else _table(models)
    sys.stdout.write("\n".join(lines) + "\n")
    return DONE


def _table(models: list[Listed]) -> list[str]:
    return aligned([HEADING, *map(row, models)])


def _as_json(listed: Listed) -> dict[str, object]:
    used = None if listed.last_used is None else listed.last_used.isoformat(timespec="seconds")
    facts: dict[str, object] = {
        "name": listed.name,
        "path": str(listed.path),
        "fault": listed.fault,
        "last_used": used,
    }
    if listed.model is None:
        return facts
    manifest = listed.model.manifest
    return facts | {
        "bytes": listed.model.size,
        "precisions": [graph.precision for graph in manifest.graphs],
        "window": manifest.architecture.window,
        "licence": manifest.licence,
        "source": {
            "kind": manifest.source.kind,
            "name": manifest.source.name,
            "revision": manifest.source.revision,
        },
    }
