"""`gpt2-tui doctor`: what is in use on this machine, and how to mend what is wrong."""

import argparse
import json
import sys

from gpt2_tui.commands.exit_codes import CHECK_FAILED, DONE
from gpt2_tui.doctor import Finding, examine
from gpt2_tui.text.visible import one_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(arguments: argparse.Namespace) -> int:
    findings = []
    for finding in examine():
        findings.append(finding)
        line = _json_line(finding) if arguments.json else _text_line(finding)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return CHECK_FAILED if any(finding.is_fault for finding in findings) else DONE


def _text_line(finding: Finding) -> str:
    mark = "!" if finding.is_fault else " "
    line = f"{mark} {finding.topic:<16} {one_line(finding.state)}"
    return f"{line}\n{'':<19}mend: {one_line(finding.mend)}" if finding.mend else line


def _json_line(finding: Finding) -> str:
    return json.dumps({"topic": finding.topic, "state": finding.state, "mend": finding.mend})
