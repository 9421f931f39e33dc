"""The one place that imports onnxruntime, and the choice of device.

onnxruntime 1.29 and later write telemetry and look up a host when a session is made, unless this
variable is set before the import; a call after the import does not stop it.
"""

import contextlib
import functools
import importlib
import io
import os
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy.typing as npt

from gpt2_tui import native_noise
from gpt2_tui.engine import processor
from gpt2_tui.engine.cuda import cuda
from gpt2_tui.engine.faults import first_line
from gpt2_tui.errors import DeviceError, ModelError
from gpt2_tui.models.manifest import Graph, Manifest

CPU_PROVIDER = "CPUExecutionProvider"
CUDA_PROVIDER = "CUDAExecutionProvider"


class Device(StrEnum):
    """What the user asks for; what is really used is the session's provider."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


MEND_PACKAGES = "pip uninstall onnxruntime onnxruntime-gpu, then install gpt2-tui again"

PROVIDER_NAMES = {CPU_PROVIDER: "CPU", CUDA_PROVIDER: "CUDA"}


@functools.cache
def onnxruntime() -> ModuleType:
    """onnxruntime, imported with telemetry off and its own log silent. Raises DeviceError."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        runtime = importlib.import_module("onnxruntime")
        runtime.set_default_logger_severity(4)
    except (ImportError, AttributeError) as error:
        # Two packages have this name; where one was removed, the other is left without its files.
        raise DeviceError(f"onnxruntime cannot be loaded ({error}); {MEND_PACKAGES}") from error
    return runtime


def check_cuda() -> None:
    """Raises DeviceError, with the reason and its mend, if no CUDA card can be used."""
    found = cuda()
    if not found.is_usable:
        mend = f"; {found.mend}" if found.mend else ""
        raise DeviceError(
            f"CUDA cannot be used: {found.fault}{mend}; --device cpu runs on the processor"
        )


def choose_graph(manifest: Manifest, device: Device) -> tuple[Graph, str]:
    """The graph for `device` and the provider to run it with. Raises DeviceError."""
    if device is Device.CUDA:
        check_cuda()
    if device is not Device.CPU:
        graph = graph_for(manifest, CUDA_PROVIDER)
        if graph is not None and cuda().is_usable:
            return graph, CUDA_PROVIDER
        if device is Device.CUDA:
            raise DeviceError(
                f"the model {manifest.name} has no graph for CUDA; --device cpu runs it"
            )
    graph = graph_for(manifest, CPU_PROVIDER)
    if graph is None:
        raise DeviceError(f"the model {manifest.name} has no graph for the processor")
    return graph, CPU_PROVIDER


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
