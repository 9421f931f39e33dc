"""What training left beside its checkpoint: what the run did, and its log."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.training.recipe import Recipe


@dataclass(frozen=True)
class TrainingRun:
    """The facts of training.json, and the bits a byte that the run measured on its way, as (tokens
    seen, mixture)."""

    facts: dict[str, Any]
    measured: list[tuple[int, float]]

    @property
    def recipe(self) -> Recipe:
        return Recipe.from_dict(self.facts["recipe"])


def read_run(checkpoint: Path) -> TrainingRun:
    """The run that ended with a checkpoint folder. Raises OSError, and ValueError if a file is
    damaged."""
    facts = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))
    log = (checkpoint.parent / "log.jsonl").read_text(encoding="utf-8")
    return TrainingRun(facts, measured_on_the_way(log, facts["tokens"]))


def measured_on_the_way(log: str, tokens: int) -> list[tuple[int, float]]:
    """The measurements of a log up to `tokens`, without those that the run went back behind."""
    kept: list[tuple[int, float]] = []
    for row in map(json.loads, log.splitlines()):
        kept = [each for each in kept if each[0] < row["tokens"]]
        if "bits_per_byte" in row and row["tokens"] <= tokens:
            kept.append((row["tokens"], row["bits_per_byte"]["mixture"]))
    return kept
