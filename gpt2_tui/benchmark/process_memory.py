"""What this process holds in memory."""

import sys
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Held:
    """Bytes in memory now, and the most so far; None where the system does not tell."""

    now: int | None
    most: int | None


def held() -> Held:
    """The resident memory of this process, pages of mapped files among it."""
    if _STATUS.exists():
        lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
        return Held(_kibibytes(lines["VmRSS"]), _kibibytes(lines["VmHWM"]))
    if sys.platform == "darwin":
        import resource

        # In bytes there. On Linux it would also count the process that started this one.
        return Held(None, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return Held(None, None)


def _kibibytes(text: str) -> int:
    return int(text.removesuffix("kB")) * 1024
