"""`gpt2-tui models pull`: a model of the hub, or of a folder, among those of this machine."""

import argparse
import json
import sys

from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.commands.pull_progress import shown_on
from gpt2_tui.hub.names import hub_model, short_name
from gpt2_tui.locations import typed_path
from gpt2_tui.pulling import Pulled, pull, pull_folder
from gpt2_tui.text.visible import one_line


def run_pull(arguments: argparse.Namespace) -> int:
    options = {"name": arguments.name, "precision": arguments.precision}
    folder = typed_path(arguments.model)
    with shown_on(sys.stderr) as report:
        if arguments.revision is None and not short_name(arguments.model) and folder.is_dir():
            pulled = pull_folder(folder, report, **options)
        else:
            pulled = pull(hub_model(arguments.model, arguments.revision), report, **options)
    sys.stdout.write((_as_json if arguments.json else _as_text)(pulled) + "\n")
    return DONE


def _as_text(pulled: Pulled) -> str:
    manifest = pulled.folder.manifest
    name = pulled.folder.path.name
    revision = f" at {manifest.source.revision[:12]}" if manifest.source.revision else ""
    state = "is here already" if pulled.was_there else "is ready"
    facts = one_line(
        f"{name} {state}: {manifest.source.kind} {manifest.source.name}{revision},"
        f" {', '.join(graph.precision for graph in manifest.graphs)},"
        f" {pulled.folder.size / 1e6:.0f} MB, licence {manifest.licence}"
    )
    return f"{facts}\nuse it: gpt2-tui --model {name}"


def _as_json(pulled: Pulled) -> str:
    manifest = pulled.folder.manifest
    return json.dumps(
        {
            "name": pulled.folder.path.name,
            "path": str(pulled.folder.path),
            "was_there": pulled.was_there,
            "bytes": pulled.folder.size,
            "precisions": [graph.precision for graph in manifest.graphs],
            "licence": manifest.licence,
            "source": {
                "kind": manifest.source.kind,
                "name": manifest.source.name,
                "revision": manifest.source.revision,
            },
        }
    )
