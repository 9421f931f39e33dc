"""Copies of a model folder with something wrong in them."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

GRAPH = "model.onnx"
WEIGHTS = "model.onnx.data"
STEP = "model_step.onnx"

Json = dict[str, Any]


def copy_of(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to))


def description(folder: Path) -> Json:
    value: Json = json.loads((folder / "model.json").read_bytes())
    return value


def describe(folder: Path, change: Callable[[Json], object]) -> Path:
    """Change what model.json says."""
    value = description(folder)
    change(value)
    (folder / "model.json").write_text(json.dumps(value), encoding="utf-8")
    return folder


def put(folder: Path, name: str, data: bytes) -> Path:
    """Give a file other bytes, and model.json the digest of those."""
    (folder / name).write_bytes(data)
    digest = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    return describe(folder, lambda value: value["files"].update({name: digest}))


def flip_a_byte(path: Path, place: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
