"""The plain numpy forward pass over the weights of an exported model."""

import numpy as np
from numpy.typing import NDArray

from export import reference
from tests.exporter.checkpoints import Array
from tests.exporter.conftest import Exported

Tensors = dict[str, Array]


def some_ids(exported: Exported, *shape: int) -> NDArray[np.int64]:
    draw = np.random.default_rng(7)
    return draw.integers(0, exported.shape.vocabulary, shape, dtype=np.int64)


def reference_logits(exported: Exported, ids: NDArray[np.int64], tensors: Tensors) -> Array:
    shape = exported.shape
    return reference.forward(
        tensors.__getitem__, ids, layers=shape.layers, heads=shape.heads, epsilon=1e-5
    )
