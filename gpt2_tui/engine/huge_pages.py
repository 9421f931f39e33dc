"""Weights on huge pages, where Linux has them.

Each step of a continuation reads all weights once, more than any cache of the processor holds. In
pages of 4 KB the processor looks up a page every 64 lines, and what it fetches ahead ends where the
page does. On pages of 2 MB a step of GPT-2 small takes a tenth less time.

Memory comes in small pages unless a program asks for others before it first writes there, and here
onnxruntime is the one who asks. So the pages are exchanged afterwards, with `MADV_COLLAPSE` (Linux
6.1): beside the work, since that takes a moment for each. Contents stay as they are, so no text
depends on it.
"""

import ctypes
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

HUGE_PAGE = 2 << 20
"""Bytes, on x86-64 and on most ARM systems."""
WORTH_IT = 32 << 20
"""Bytes of weights; fewer lie in the processor's cache from one step to the next."""

_MADV_COLLAPSE = 25
_SMALLEST = 2 * HUGE_PAGE
_FULL = 0.9
"""Share of a region that is in memory: an emptier one would grow."""
_HEAD_START = 1.0
"""Seconds for the first prompt, which would wait for memory meanwhile."""
_PAUSE = 0.001
"""Seconds between two pages, for the threads that wait for memory meanwhile."""

_REGIONS = Path("/proc/self/smaps")
_SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")

# "7f00-7fff rw-p 00000000 00:00 0", and nothing or "[heap]" behind it: memory without a file.
_ANONYMOUS = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0\s*(?:\[heap\])?$")
_RESIDENT = re.compile(r"Rss:\s+(\d+) kB")


def move_weights_beside() -> None:
    """Begin to exchange the pages, in a thread that ends by itself. Without Linux, or where its
    administrator does not want huge pages, nothing happens."""
    if sys.platform == "linux":
        moving = threading.Timer(_HEAD_START, move_weights)
        moving.name, moving.daemon = "huge pages", True
        moving.start()


def move_weights() -> int:
    """Exchange the pages of this process's large full regions; bytes now on huge pages."""
    try:
        if "[never]" in _SETTING.read_text():
            return 0
        regions = list(full_regions(_REGIONS.read_text().splitlines()))
        advise = ctypes.CDLL(None).madvise
    except (OSError, AttributeError):
        return 0
    moved = 0
    for page in (page for region in regions for page in region):
        refused = advise(ctypes.c_void_p(page), ctypes.c_size_t(HUGE_PAGE), _MADV_COLLAPSE)
        moved += 0 if refused else HUGE_PAGE
        time.sleep(_PAUSE)
    return moved


def full_regions(lines: Iterable[str]) -> Iterator[range]:
    """The places of all whole huge pages in each large region that is in memory, from the lines
    of Linux's `smaps`."""
    start = end = 0
    for line in lines:
        if region := _ANONYMOUS.match(line):
            start, end = (int(place, 16) for place in region.groups())
        elif resident := _RESIDENT.match(line):
            if end - start >= _SMALLEST and int(resident[1]) << 10 >= _FULL * (end - start):
                yield range(-(-start // HUGE_PAGE) * HUGE_PAGE, end - HUGE_PAGE + 1, HUGE_PAGE)
            start = end = 0
