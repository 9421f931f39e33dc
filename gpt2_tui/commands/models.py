"""`gpt2-tui models`: the models on this machine."""

import argparse
import json
import sys

from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.commands.table import aligned
from gpt2_tui.models.registry import Listed, list_models
from gpt2_tui.text.visible import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list")
    listing = actions.add_parser("list", help="name, size, precision and origin of each model")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    models = list_models()
    lines = [json.dumps(_as_json(each)) for each in models] if arguments.json else _table(models)
    sys.stdout.write("\n".join(lines) + "\n")
    return DONE


def _table(models: list[Listed]) -> list[str]:
    rows = [("NAME", "SIZE", "PRECISION", "WINDOW", "LICENCE", "SOURCE")]
    rows += [_row(each) for each in models]
    return aligned(rows)


def _row(listed: Listed) -> tuple[str, str, str, str, str, str]:
    if listed.model is None:
        return (
            one_line(listed.name),
            "-",
            "-",
            "-",
            "-",
            one_line(f"cannot be used: {listed.fault}"),
        )
    manifest = listed.model.manifest
    return (
        one_line(listed.name),
        f"{listed.model.size / 1e6:.0f} MB",
        ", ".join(one_line(graph.precision) for graph in manifest.graphs),
        str(manifest.architecture.window),
        one_line(manifest.licence),
        one_line(f"{manifest.source.kind} {manifest.source.name}"),
    )


def _as_json(listed: Listed) -> dict[str, object]:
    row: dict[str, object] = {"name": listed.name, "path": str(listed.path), "fault": listed.fault}
    if listed.model is None:
        return row
    manifest = listed.model.manifest
    return row | {
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
