"""gpt2-tui's own engine, as the desk uses it."""

from collections.abc import Sequence

from gpt2_tui import __version__
from gpt2_tui.benchmark import runs
from gpt2_tui.engine.runtime import Device
from gpt2_tui.loading import load_model
from gpt2_tui.onnx_runtime import onnxruntime


class Ours:
    """A model folder."""

    def __init__(self, folder: str, threads: int) -> None:
        self._session = load_model(folder, Device.CPU, threads).session
        self.versions = {
            "gpt2-tui": __version__,
            "onnxruntime": str(onnxruntime().__version__),
        }

    def prefill(self, ids: Sequence[int]) -> float:
        return runs.prefill_seconds(self._session, ids)

    def decode(self, ids: Sequence[int], lanes: int, steps: int) -> list[float]:
        return runs.step_seconds(self._session, runs.encode(self._session, ids), lanes, steps)
