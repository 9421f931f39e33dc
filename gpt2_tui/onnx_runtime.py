"""The one place that imports onnxruntime, for the engine and for the exporter.

onnxruntime 1.29 and later write telemetry and look up a host when a session is made, unless a
variable is set before the import; a call after the import does not stop it.
"""

import functools
import importlib
import os
from types import ModuleType

from gpt2_tui.errors import DeviceError

MEND_PACKAGES = "pip uninstall onnxruntime onnxruntime-gpu, then install gpt2-tui again"


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
