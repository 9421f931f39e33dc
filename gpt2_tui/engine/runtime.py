"""The one place that imports onnxruntime, and the choice of device.

onnxruntime 1.29 and later write telemetry and look up a host when a session is made, unless this
variable is set before the import; a call after the import does not stop it.
"""

import ctypes
import functools
import importlib
import os
import platform
import sys
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any

from gpt2_tui.errors import DeviceError, ModelError
from gpt2_tui.models.manifest import Graph, Manifest

CPU_PROVIDER = "CPUExecutionProvider"
CUDA_PROVIDER = "CUDAExecutionProvider"


class Device(StrEnum):
    """What the user asks for; what is really used is the session's provider."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


PROVIDER_NAMES = {CPU_PROVIDER: "CPU", CUDA_PROVIDER: "CUDA"}


@functools.cache
def onnxruntime() -> ModuleType:
    """onnxruntime, imported with telemetry off and its own log silent."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    runtime = importlib.import_module("onnxruntime")
    runtime.set_default_logger_severity(4)
    return runtime


def choose_graph(manifest: Manifest, device: Device) -> tuple[Graph, str]:
    """The graph for `device` and the provider to run it with. Raises DeviceError."""
    if device is Device.CUDA and (fault := cuda_fault()) is not None:
        raise DeviceError(f"CUDA cannot be used: {fault}; --device cpu runs on the processor")
    if device is not Device.CPU:
        graph = _graph_for(manifest, CUDA_PROVIDER)
        if graph is not None and cuda_fault() is None:
            return graph, CUDA_PROVIDER
        if device is Device.CUDA:
            raise DeviceError(
                f"the model {manifest.name} has no graph for CUDA; --device cpu runs it"
            )
    graph = _graph_for(manifest, CPU_PROVIDER)
    if graph is None:
        raise DeviceError(f"the model {manifest.name} has no graph for the processor")
    return graph, CPU_PROVIDER


@functools.cache
def cuda_fault() -> str | None:
    """Why no CUDA card can be used, or None. Asks the driver itself: onnxruntime names CUDA
    among its providers on machines without a card."""
    if CUDA_PROVIDER not in onnxruntime().get_available_providers():
        return "this onnxruntime was built without CUDA"
    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return "no NVIDIA driver was found"
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return "the NVIDIA driver does not answer"
    return None if count.value > 0 else "there is no CUDA card"


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
    if may_saturate_int8():
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        session = runtime.InferenceSession(str(path), options, providers=[provider])
    except Exception as error:
        # Its errors share no class of their own, and their text has many lines.
        first_line = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise ModelError(f"onnxruntime cannot load {path}: {first_line}") from error
    if session.get_providers()[0] != provider:
        raise DeviceError(
            f"onnxruntime did not take {PROVIDER_NAMES[provider]}, though it was asked to; "
            "`gpt2-tui doctor` says more"
        )
    return session


@functools.cache
def may_saturate_int8() -> bool:
    """Whether products of 8-bit numbers could overflow on this processor.

    x86-64 without VNNI adds two products in 16 bits. onnxruntime has a slower exact form for it;
    it is taken also where the system does not tell what the processor has.
    """
    return platform.machine().lower() in ("x86_64", "amd64") and not has_vnni(_processor_flags())


def has_vnni(flags: Collection[str]) -> bool:
    """Whether a processor with these flags (as Linux names them) multiplies 8-bit numbers
    exactly."""
    return "avx512_vnni" in flags or "avx_vnni" in flags


def _processor_flags() -> frozenset[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def default_threads() -> int:
    """As many threads as this process may use processors."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _graph_for(manifest: Manifest, provider: str) -> Graph | None:
    return next((graph for graph in manifest.graphs if provider in graph.providers), None)
