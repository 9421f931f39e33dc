"""The exported graph against log-probabilities that transformers gave (see make_golden.py)."""

from pathlib import Path

import numpy as np
import pytest

from export.attention import PROMPT, STEP
from export.checkpoint import open_checkpoint
from export.graph import build_graph
from export.precisions import PRECISIONS
from export.runs import CachedRun, StepRun, open_session
from export.weights_file import WeightsFile
from tests.exporter.checkpoints import write_checkpoint
from tests.exporter.make_golden import GOLDEN
from tests.exporter.test_graph import TOLERANCE, log_probabilities


@pytest.mark.parametrize("name", GOLDEN)
def test_the_graph_agrees_with_transformers(tmp_path: Path, name: str) -> None:
    golden = GOLDEN[name]
    wanted = np.load(golden.file)
    assert str(wanted["weights_sha256"]) == golden.weights_sha256(), "numpy draws other numbers now"
    ids = wanted["ids"]
    np.testing.assert_array_equal(ids, golden.ids())
    assert wanted["entropy"].mean() < 4  # bits: far from flat, so that a fault would show

    checkpoint = open_checkpoint(write_checkpoint(tmp_path / "model", golden.shape, golden.seed))
    with WeightsFile(tmp_path / "model.onnx.data") as weights:
        for form in (PROMPT, STEP):
            model = build_graph(checkpoint, weights, PRECISIONS["fp32"], form, lambda _: None)
            (tmp_path / f"model{form.file_suffix}.onnx").write_bytes(model.SerializeToString())
    session = open_session(tmp_path / "model.onnx", threads=1)
    step_session = open_session(tmp_path / "model_step.onnx", threads=1)

    def start() -> CachedRun:
        return CachedRun(session, golden.shape.config, batch=1, places=golden.shape.window)

    at_once = start().feed(ids[None], keep=len(ids))[0]
    run = start()
    singly = np.concatenate([run.feed([[token]], keep=1)[0] for token in ids])
    prompt = start()
    first = prompt.feed(ids[None, :9], keep=9)[0]
    steps = StepRun(step_session, prompt, batch=1, places=golden.shape.window)
    behind_a_prompt = np.concatenate([first, *(steps.feed([token]) for token in ids[9:])])
    for logits in (at_once, singly, behind_a_prompt):
        logs = log_probabilities(logits)
        kept = logs[:, wanted["columns"]]
        of_next = logs[np.arange(len(ids) - 1), ids[1:]]
        assert np.abs(kept - wanted["log_probabilities"]).max() < TOLERANCE
        assert np.abs(of_next - wanted["of_next"]).max() < TOLERANCE
