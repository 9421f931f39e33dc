"""The bundled model is replaced in one step, and the program is told of the new digest."""

import json
from pathlib import Path

import pytest

from export.training.bundle import note_digest, replace_model
from gpt2_tui.models.choice import STARTER
from gpt2_tui.models.manifest import read_manifest
from tests.exporter.checkpoints import random_model, write_checkpoint


def test_a_new_model_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    write_checkpoint(checkpoint, seed=2)
    (checkpoint / "training.json").write_text(json.dumps({"tokens": 12}))
    bundled = random_model(tmp_path / "bundled", seed=1, precision="fp32")
    (bundled / "notes.txt").write_text("kept")
    beside = set(tmp_path.iterdir())
    replace_model(checkpoint, bundled, "int8")
    manifest = read_manifest(bundled)
    assert (manifest.name, manifest.source.revision) == (STARTER, "12 tokens")
    assert [graph.precision for graph in manifest.graphs] == ["int8"]
    there = {path.name for path in bundled.iterdir()}
    assert there == {"model.json", "notes.txt", *manifest.files}
    assert set(tmp_path.iterdir()) == beside


def test_the_digest_is_noted_in_the_program(tmp_path: Path) -> None:
    source = tmp_path / "registry.py"
    source.write_text(f'A = 1\nSTARTER_SHA256 = "{"a" * 64}"\nB = 2\n')
    note_digest(source, "b" * 64)
    assert source.read_text() == f'A = 1\nSTARTER_SHA256 = "{"b" * 64}"\nB = 2\n'
    source.write_text("A = 1\n")
    with pytest.raises(ValueError, match="STARTER_SHA256"):
        note_digest(source, "b" * 64)
