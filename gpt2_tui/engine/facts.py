"""What a label says of the engine that wrote its text."""

import platform
from importlib.metadata import version

from gpt2_tui import __version__
from gpt2_tui.engine.processor import processor_name
from gpt2_tui.onnx_runtime import onnxruntime


def engine_facts(provider: str, precision: str) -> dict[str, str]:
    """The engine of this program on this machine, where `provider` runs a graph in `precision`."""
    return {
        "app": f"gpt2-tui {__version__}",
        "onnxruntime": str(onnxruntime().__version__),
        "provider": provider,
        "precision": precision,
        "numpy": version("numpy"),
        "arch": platform.machine(),
        "cpu": processor_name(),
    }
