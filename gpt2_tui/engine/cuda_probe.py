"""The process that tries CUDA: run as a module it prints a `Cuda` as JSON and ends.

It asks the driver, then runs the smallest graph there is, an example of onnxruntime's own. What
libraries print goes to standard error, where missing ones are named.
"""

import contextlib
import ctypes
import dataclasses
import importlib
import json
import sys
from types import ModuleType
from typing import Any

import numpy as np

from gpt2_tui.engine import runtime
from gpt2_tui.engine.cuda import DRIVER, EXTRA, Cuda
from gpt2_tui.onnx_runtime import MEND_PACKAGES, onnxruntime

_NO_CARD = 100  # CUDA_ERROR_NO_DEVICE
_ERRORS = 3  # onnxruntime's level for errors
_EXAMPLE = "mul_1.onnx"
_LONGEST_NAME = 100


def probe(driver: Any, ort: ModuleType) -> Cuda:
    """What a `driver` (as ctypes loads it) and onnxruntime give."""
    state = driver.cuInit(0)
    count = ctypes.c_int(0)
    if state == 0:
        state = driver.cuDeviceGetCount(ctypes.byref(count))
    if state == _NO_CARD or (state == 0 and count.value == 0):
        return Cuda(fault="there is no CUDA card")
    if state != 0:
        return Cuda(
            fault=f"the NVIDIA driver does not answer (error {state})",
            mend="restart the machine, or install NVIDIA's driver again",
        )
    name = ctypes.create_string_buffer(_LONGEST_NAME)
    driver.cuDeviceGetName(name, _LONGEST_NAME, 0)
    card = name.value.decode("utf-8", "replace")
    version = ctypes.c_int(0)
    driver.cuDriverGetVersion(ctypes.byref(version))
    return dataclasses.replace(_use(ort, version.value // 1000), card=card)


def _use(ort: ModuleType, driver_version: int) -> Cuda:
    """Run a graph on the card, with a driver for that version of CUDA."""
    if runtime.CUDA_PROVIDER not in ort.get_available_providers():
        return Cuda(
            fault="this onnxruntime was built without CUDA",
            mend=MEND_PACKAGES,
        )
    needed = _built_for()
    if needed is not None and driver_version < needed:
        return Cuda(
            fault=f"the NVIDIA driver is for CUDA {driver_version}, onnxruntime for CUDA {needed}",
            mend="install a newer NVIDIA driver",
        )
    ort.preload_dlls()
    example = importlib.import_module("onnxruntime.datasets").get_example(_EXAMPLE)
    session = ort.InferenceSession(example, providers=[runtime.CUDA_PROVIDER])
    if session.get_providers()[0] != runtime.CUDA_PROVIDER:
        return Cuda(fault="onnxruntime does not take the card", mend=EXTRA)
    (one,) = session.get_inputs()
    session.run(None, {one.name: np.ones(one.shape, np.float32)})
    return Cuda()


def _built_for() -> int | None:
    """The version of CUDA that onnxruntime was built for, without its digits after the point."""
    try:
        about = importlib.import_module("onnxruntime.capi.build_and_package_info")
        return int(about.cuda_version.partition(".")[0])
    except (ImportError, AttributeError, ValueError):
        return None


def _main() -> None:
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        ort = onnxruntime()
        ort.set_default_logger_severity(_ERRORS)
        found = probe(ctypes.CDLL(DRIVER), ort)
    answers.write(json.dumps(dataclasses.asdict(found)))


if __name__ == "__main__":
    _main()
