"""Whole runs of a tiny network; skipped where PyTorch is not installed."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

TOKENS_PER_STEP = 3 * 512
Train = Callable[..., int]


@pytest.fixture
def train(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Runs the command on the corpus, towards a number of steps; returns the exit status."""
    from export.training import __main__ as command

    monkeypatch.setattr(command, "FINAL_ROWS", 12)

    def run(out: Path, steps: int, *more: str) -> int:
        shape = "--layers 1 --width 64 --vocabulary 300 --blocks-per-step 3"
        fixed = f"--device cpu --threads 1 --no-compile {shape} --tokens {steps * TOKENS_PER_STEP}"
        return command.main([str(corpus), "--out", str(out), *fixed.split(), *more])

    return run


def test_a_stopped_run_ends_as_an_uninterrupted_one(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from export.training.progress import Progress

    assert train(tmp_path / "whole", 6) == 0
    with monkeypatch.context() as patch:

        def stop_after_two(_: Progress, tokens: int, *_others: Any) -> None:
            if tokens == 2 * TOKENS_PER_STEP:
                os.kill(os.getpid(), signal.SIGTERM)

        patch.setattr(Progress, "update", stop_after_two)
        assert train(tmp_path / "stopped", 6) == 0
    assert not (tmp_path / "stopped" / "checkpoint").exists()
    assert train(tmp_path / "stopped", 6) == 0
    weights = [
        tmp_path / name / "checkpoint" / "model.safetensors" for name in ("whole", "stopped")
    ]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_the_total_may_change_only_before_the_decay(train: Train, tmp_path: Path) -> None:
    assert train(tmp_path, 4) == 0
    assert train(tmp_path, 8) == 1
    assert train(tmp_path, 8, "--rewind") == 0
    figures = json.loads((tmp_path / "checkpoint" / "training.json").read_text())
    assert figures["steps"] == 8
    assert train(tmp_path, 8, "--layers", "2") == 1


def test_help_can_be_printed() -> None:
    from export.training.__main__ import parser

    assert "the last 50 % of the tokens" in " ".join(parser().format_help().split())


def test_the_checkpoint_is_one_for_transformers(train: Train, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    from export.training.checkpoint import load_state
    from export.training.network import build

    assert train(tmp_path, 4) == 0
    state = load_state(tmp_path / "latest.pt")
    network = build(state.recipe)
    network.load_state_dict(state.network)
    theirs, report = transformers.GPT2LMHeadModel.from_pretrained(
        tmp_path / "checkpoint", output_loading_info=True
    )
    assert not any(report.values())
    tokens = torch.randint(0, 300, (2, 512), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(network(tokens), theirs(tokens).logits, atol=1e-5)


def test_muon_makes_updates_nearly_orthogonal() -> None:
    from export.training.optimizer import orthogonalised

    generator = torch.Generator().manual_seed(0)
    for shape in ((2, 48, 48), (2, 32, 96), (2, 96, 32)):
        update = orthogonalised(torch.randn(shape, generator=generator))
        values = torch.linalg.svdvals(update)
        assert update.shape == shape
        assert values.max() < 1.3
        assert values.median() > 0.6
