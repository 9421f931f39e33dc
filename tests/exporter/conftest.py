"""Models that several tests of the exporter read; none of them changes one."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from export.selfcheck import CachedRun, open_session
from tests.exporter.checkpoints import MIDDLE, SMALL, TINY, Array, Shape, random_model
from tests.exporter.checkpoints import random_tensors as tensors_of


@dataclass(frozen=True)
class Exported:
    """A model folder with the shape and the weights that it was made of."""

    folder: Path
    shape: Shape
    tensors: dict[str, Array]

    @property
    def graph(self) -> Path:
        return self.folder / "model.onnx"

    def start(self, batch: int = 1, threads: int = 1) -> CachedRun:
        """A run with an empty cache."""
        session = open_session(self.graph, threads)
        return CachedRun(session, self.shape.config, batch, self.shape.window)


@pytest.fixture(scope="session", params=[TINY, SMALL, MIDDLE], ids=["tiny", "small", "middle"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A random model, one of each head size."""
    shape: Shape = request.param
    folder = random_model(tmp_path_factory.mktemp("models") / "model", shape, seed=1)
    return Exported(folder, shape, tensors_of(shape, seed=1))
