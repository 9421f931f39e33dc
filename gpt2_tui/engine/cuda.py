"""Whether a CUDA card can be used, and if not, why not and how to mend it.

The driver and the libraries are tried in a process of their own: what is broken there can end the
process that tries it. A machine without a driver pays nothing for this, not even an import.
"""

import ctypes
import functools
import json
import re
import sys
from dataclasses import dataclass

DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
EXTRA = "pip install 'gpt2-tui[cuda]'"
_PROBE = "gpt2_tui.engine.cuda_probe"
_PATIENCE = 60.0
_MISSING_LIBRARY = re.compile(
    r"(lib[\w.+-]+): cannot open shared object|depends on \"([\w.+-]+)\" which is missing"
)
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Cuda:
    """What was found. `card` is its name, if the driver told one. `fault` is why it cannot be
    used; `mend` is None where there is nothing to mend: a machine may do without a card."""

    card: str | None = None
    fault: str | None = None
    mend: str | None = None

    @property
    def is_usable(self) -> bool:
        return self.fault is None


@functools.cache
def cuda() -> Cuda:
    """What this machine has; it is tried once in a process."""
    return _try_it()


def _try_it() -> Cuda:
    if not _has_driver():
        return Cuda(fault="no NVIDIA driver was found")
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 - a module of this program
            [sys.executable, "-P", "-m", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        fault = f"the card did not answer within {_PATIENCE:.0f} seconds"
        return Cuda(fault=fault, mend="restart the machine, or renew NVIDIA's driver")
    except OSError as error:
        return Cuda(fault=f"it could not be tried ({error})", mend="see that Python can be started")
    return conclusion(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def conclusion(code: int, answer: bytes, complaints: str) -> Cuda:
    """What a probe found that ended with `code`, gave this `answer` and printed `complaints`."""
    try:
        found = Cuda(**json.loads(answer))
    except (ValueError, TypeError):
        return Cuda(
            fault=f"CUDA's libraries ended the process that tried them ({code}"
            f"{_last_line(complaints)})",
            mend=f"renew NVIDIA's driver, and {EXTRA}",
        )
    if found.mend != EXTRA:
        return found
    names = [one or other for one, other in _MISSING_LIBRARY.findall(complaints)]
    missing = ", ".join(dict.fromkeys(names))
    fault = f"missing libraries: {missing}" if missing else f"{found.fault}{_last_line(complaints)}"
    return Cuda(found.card, fault, EXTRA)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return f": {lines[-1][:_LONGEST_REASON]}" if lines else ""


def _has_driver() -> bool:
    try:
        ctypes.CDLL(DRIVER)
    except OSError:
        return False
    return True
