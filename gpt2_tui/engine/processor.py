"""The processor that this runs on: what it calls itself, and what it can do."""

import functools
import os
import platform
from collections.abc import Collection
from pathlib import Path

_DESCRIPTION = Path("/proc/cpuinfo")


@functools.cache
def processor_name() -> str:
    """The processor's name as the system tells it, or its architecture where it does not."""
    return _described("model name") or platform.processor() or platform.machine()


@functools.cache
def may_saturate_int8() -> bool:
    """Whether products of 8-bit numbers could overflow on this processor.

    x86-64 without VNNI adds two products in 16 bits. onnxruntime has a slower exact form for it;
    it is taken also where the system does not tell what the processor has.
    """
    return platform.machine().lower() in ("x86_64", "amd64") and not has_vnni(_flags())


def has_vnni(flags: Collection[str]) -> bool:
    """Whether a processor with these flags (as Linux names them) multiplies 8-bit numbers
    exactly."""
    return "avx512_vnni" in flags or "avx_vnni" in flags


def usable_processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _flags() -> frozenset[str]:
    return frozenset(_described("flags").split())


def _described(name: str) -> str:
    """What Linux says of the first processor under that name; nothing where it says nothing."""
    try:
        lines = _DESCRIPTION.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    parts = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in parts if key.strip() == name), "")
