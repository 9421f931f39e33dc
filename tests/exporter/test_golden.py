"""The exported graph against log-probabilities that transformers gave (see make_golden.py)."""

from pathlib import Path

import numpy as np

from export.runs import CachedRun, open_session
from tests.exporter.checkpoints import random_model
from tests.exporter.make_golden import GOLDEN_FILE, GOLDEN_SEED, GOLDEN_SHAPE, weights_sha256
from tests.exporter.test_graph import TOLERANCE, log_probabilities


def test_the_graph_agrees_with_transformers(tmp_path: Path) -> None:
    golden = np.load(GOLDEN_FILE)
    assert str(golden["weights_sha256"]) == weights_sha256(), "numpy draws other numbers now"
    folder = random_model(tmp_path / "model", GOLDEN_SHAPE, GOLDEN_SEED)
    session = open_session(folder / "model.onnx", threads=1)
    ids = golden["ids"]
    run = CachedRun(session, GOLDEN_SHAPE.config, batch=1, places=GOLDEN_SHAPE.window)
    at_once = run.feed(ids[None], keep=len(ids))[0]
    run = CachedRun(session, GOLDEN_SHAPE.config, batch=1, places=GOLDEN_SHAPE.window)
    singly = np.concatenate([run.feed([[token]], keep=1)[0] for token in ids])
    for logits in (at_once, singly):
        error = np.abs(log_probabilities(logits) - golden["log_probabilities"]).max()
        assert error < TOLERANCE
