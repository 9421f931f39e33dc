"""Models that several tests of the exporter read; none of them changes one."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest

from export.precisions import PRECISIONS
from export.runs import CachedRun, open_session
from tests.exporter.checkpoints import MIDDLE, SMALL, TINY, Array, Shape, random_model
from tests.exporter.checkpoints import random_tensors as tensors_of


@dataclass(frozen=True)
class Exported:
    """A model folder with the shape and the weights that it was made of."""

    folder: Path
    shape: Shape
    tensors: dict[str, Array]

    precision: str = "fp32"

    @property
    def graph(self) -> Path:
        return self.folder / PRECISIONS[self.precision].file

    def start(self, batch: int = 1, threads: int = 1) -> CachedRun:
        """A run with an empty cache."""
        session = open_session(self.graph, threads)
        return CachedRun(session, self.shape.config, batch, self.shape.window)


SHAPES = {"tiny": TINY, "small": SMALL, "middle": MIDDLE}  # one of each head size


def export_random(factory: pytest.TempPathFactory, name: str, precision: str) -> Exported:
    """A random model of the shape `name`."""
    shape = SHAPES[name]
    folder = random_model(factory.mktemp("models") / "model", shape, seed=1, precision=precision)
    return Exported(folder, shape, tensors_of(shape, seed=1), precision)


@pytest.fixture(scope="session", params=SHAPES)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A random model in fp32, one of each head size."""
    return export_random(tmp_path_factory, request.param, "fp32")


@pytest.fixture(scope="session", params=SHAPES)
def exported_int8(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    """A random model in int8, one of each head size."""
    return export_random(tmp_path_factory, request.param, "int8")


@pytest.fixture(
    scope="session",
    params=itertools.product(SHAPES, PRECISIONS),
    ids=lambda param: "-".join(param),
)
def exported_either(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    """A random model, one of each head size in each precision."""
    return export_random(tmp_path_factory, *request.param)
