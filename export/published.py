"""The check of GPT-2 small by the figures of the model that was published."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpt2_tui.models.golden import FP32, check_golden

from . import reference
from .checkpoint import Checkpoint
from .runs import CachedRun, faults_told, open_session


def check_published(graph: Path, checkpoint: Checkpoint, precision: str) -> None:
    """Raise ModelError unless the graph runs, and graph and weights are GPT-2 small's.

    The figures are for fp32. A graph of another precision was compared with the reference; so there
    the weights are looked at, by the reference.
    """
    vocabulary = checkpoint.config.vocabulary
    if precision == FP32:
        with faults_told():
            session = open_session(graph)
            check_golden(lambda ids: _by_graph(session, checkpoint, ids), vocabulary)
    else:
        check_golden(lambda ids: _by_reference(checkpoint, ids), vocabulary)


def _by_graph(session: object, checkpoint: Checkpoint, ids: Sequence[int]) -> NDArray[np.float32]:
    """The logits [V] of what follows `ids`."""
    run = CachedRun(session, checkpoint.config, batch=1, places=len(ids))
    logits: NDArray[np.float32] = run.feed([ids], keep=1)[0, -1]
    return logits


def _by_reference(checkpoint: Checkpoint, ids: Sequence[int]) -> NDArray[np.float32]:
    """The logits [V] of what follows `ids`."""
    config = checkpoint.config
    logits: NDArray[np.float32] = reference.forward(
        checkpoint.read,
        np.array(ids, np.int64),
        layers=config.layers,
        heads=config.heads,
        epsilon=config.epsilon,
        head_name=checkpoint.head_name,
    )[-1]
    return logits
