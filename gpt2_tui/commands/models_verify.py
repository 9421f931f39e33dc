"""`gpt2-tui models verify`: whether the models are still what they were when they were made."""

import argparse
import json
import sys
from collections.abc import Sequence

from gpt2_tui.commands.exit_codes import CHECK_FAILED, DONE, UNUSABLE_INPUT
from gpt2_tui.errors import UserError
from gpt2_tui.models.registry import list_models
from gpt2_tui.proving import Check, prove
from gpt2_tui.text.visible import one_line


def run_verify(arguments: argparse.Namespace) -> int:
    code = DONE
    for name in arguments.models or [each.name for each in list_models()]:
        try:
            checks = list(prove(name))
        except UserError as error:
            sys.stderr.write(f"gpt2-tui: error: {one_line(str(error))}\n")
            code = UNUSABLE_INPUT
            continue
        sys.stdout.write((_as_json if arguments.json else _as_text)(name, checks) + "\n")
        sys.stdout.flush()
        if _fault(checks) is not None:
            code = max(code, CHECK_FAILED)
    return code


def _fault(checks: Sequence[Check]) -> str | None:
    return checks[-1].fault


def _as_text(name: str, checks: Sequence[Check]) -> str:
    fault = _fault(checks)
    if fault is not None:
        return one_line(f"{name}: FAILED: {fault}")
    return one_line(f"{name}: sound ({', '.join(check.name for check in checks)})")


def _as_json(name: str, checks: Sequence[Check]) -> str:
    return json.dumps(
        {
            "name": name,
            "sound": _fault(checks) is None,
            "checks": {check.name: check.fault is None for check in checks},
            "fault": _fault(checks),
        }
    )
