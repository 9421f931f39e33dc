"""Graphs opened on a device, and the devices that there are."""

import contextlib
import io
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy.typing as npt

from gpt2_tui import native_noise
from gpt2_tui.engine import processor
from gpt2_tui.errors import DeviceError, ModelError, first_line
from gpt2_tui.models.manifest import Graph, Manifest
from gpt2_tui.onnx_runtime import onnxruntime

CPU_PROVIDER = "CPUExecutionProvider"
CUDA_PROVIDER = "CUDAExecutionProvider"


class Device(StrEnum):
    """What the user asks for; what is really used is the session's provider."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


PROVIDER_NAMES = {CPU_PROVIDER: "CPU", CUDA_PROVIDER: "CUDA"}


def graph_for(manifest: Manifest, provider: str) -> Graph | None:
    """The first graph that is meant for `provider`."""
    return next((graph for graph in manifest.graphs if provider in graph.providers), None)


def device_memory(provider: str) -> str | None:
    """The memory that `provider` works in, as onnxruntime names it; None for the host's own."""
    return "cuda" if provider == CUDA_PROVIDER else None


def on_processor(array: npt.NDArray[Any]) -> Any:
    """An OrtValue that is `array`, not a copy: whoever uses it keeps the array."""
    return onnxruntime().OrtValue.ortvalue_from_numpy(array)


def open_graph(path: Path, provider: str, threads: int, *, packed: bool) -> Any:
    """An `InferenceSession` of the graph at `path`; `packed` lays a copy of the weights out for
    speed, else they are mapped from the file as they are. Raises ModelError or DeviceError."""
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Idle threads that spin would take the processor away from the screen.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not packed:
        options.add_session_config_entry("session.disable_prepacking", "1")
    if processor.may_saturate_int8():
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        if provider == CUDA_PROVIDER:
            _load_cuda_libraries(runtime)
        session = runtime.InferenceSession(str(path), options, providers=[provider])
    except Exception as error:
        raise ModelError(f"onnxruntime cannot load {path}: {first_line(error)}") from error
    if session.get_providers()[0] != provider:
        raise DeviceError(
            f"onnxruntime did not take {PROVIDER_NAMES[provider]}, though it was asked to; "
            "`gpt2-tui doctor` says more"
        )
    return session


def _load_cuda_libraries(runtime: ModuleType) -> None:
    """Load CUDA's libraries from the packages that bring them. What is missing there is printed,
    and may lie elsewhere: the session tells whether it has all."""
    with contextlib.redirect_stdout(io.StringIO()), native_noise.silenced():
        runtime.preload_dlls()
