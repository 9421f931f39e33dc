"""`gpt2-tui models pull`: a model of the hub onto this machine."""

import argparse
import json
import sys

from gpt2_tui.commands.exit_codes import DONE
from gpt2_tui.commands.pull_progress import shown_on
from gpt2_tui.hub.names import hub_model
from gpt2_tui.pulling import Pulled, pull
from gpt2_tui.text.visible import one_line


def run_pull(arguments: argparse.Namespace) -> int:
    wanted = hub_model(arguments.model, arguments.revision)
    with shown_on(sys.stderr) as report:
        pulled = pull(wanted, report, name=arguments.name, precision=arguments.precision)
    sys.stdout.write((_as_json if arguments.json else _as_text)(pulled) + "\n")
    return DONE


def _as_text(pulled: Pulled) -> str:
    manifest = pulled.folder.manifest
    name = pulled.folder.path.name
    revision = (manifest.source.revision or "")[:12]
    state = "is here already" if pulled.was_there else "is ready"
    return one_line(
        f"{name} {state}: {manifest.source.name} at {revision},"
        f" {', '.join(graph.precision for graph in manifest.graphs)},"
        f" {pulled.folder.size / 1e6:.0f} MB, licence {manifest.licence};"
        f" use it: gpt2-tui --model {name}"
    )


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
            "source": manifest.source.name,
            "revision": manifest.source.revision,
        }
    )
