"""The graphs of one precision, written with their weights into a folder."""

import os
from pathlib import Path

import onnx

from gpt2_tui.models.manifest import Graph

from .attention import PROMPT, STEP, Attention, prompt_with_int8_cache
from .cache_scales import find_cache_scales
from .checkpoint import Checkpoint
from .graph import build_graph
from .parts import Precision
from .progress import Progress, Report
from .weights_file import WeightsFile

FLOAT_CACHE = "float"
INT8_CACHE = "int8"


class GraphFiles:
    """Writes graphs of `checkpoint` that share one file of weights."""

    def __init__(
        self, folder: Path, checkpoint: Checkpoint, precision: Precision, report: Report
    ) -> None:
        self._folder = folder
        self._checkpoint = checkpoint
        self._precision = precision
        self._report = report
        self._data = f"{precision.file}.data"

    def write(self) -> Graph:
        """The graph for prompts, and the one for steps where the precision has one."""
        step = None
        with WeightsFile(self._folder / self._data) as weights:
            self._write(self._build(weights, PROMPT), self._precision.file)
            if self._precision.has_step_graph:
                step = f"{Path(self._precision.file).stem}{STEP.file_suffix}.onnx"
                self._write(self._build(weights, STEP), step)
        return self._described(step, FLOAT_CACHE)

    def write_with_int8_cache(self, end_of_text: int) -> Graph:
        """One graph for prompts and steps, its scales found with a graph of float32 cache."""
        first = self._folder / "calibration.onnx"
        with WeightsFile(self._folder / self._data) as weights:
            self._write(self._build(weights, PROMPT), first.name)
        self._report(Progress("finding the cache's scales", 0.0))
        scales = find_cache_scales(first, self._checkpoint.config, end_of_text)
        self._report(Progress("finding the cache's scales", 1.0))
        first.unlink()
        # All weights are in the file already; the second graph only points to them.
        self._write(self._build(weights, prompt_with_int8_cache(scales)), self._precision.file)
        return self._described(None, INT8_CACHE)

    def _build(self, weights: WeightsFile, attention: Attention) -> onnx.ModelProto:
        done = 0

        def count(values: int) -> None:
            nonlocal done
            done += values
            self._report(Progress("writing weights", done / self._checkpoint.values))

        return build_graph(self._checkpoint, weights, self._precision, attention, count)

    def _write(self, model: onnx.ModelProto, file: str) -> None:
        write_synced(self._folder / file, model.SerializeToString())

    def _described(self, step: str | None, cache: str) -> Graph:
        precision = self._precision
        return Graph(precision.file, self._data, step, precision.name, cache, precision.providers)


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and wait until the disk has it. Raises OSError."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
