"""Weights are moved to huge pages, and nothing else is changed by it."""

import mmap
import platform
import re
import sys
from pathlib import Path

import pytest

from gpt2_tui import loading
from gpt2_tui.engine import huge_pages
from gpt2_tui.engine.huge_pages import HUGE_PAGE, full_regions, move_weights
from gpt2_tui.engine.runtime import Device

_SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def _kernel_has_them() -> bool:
    if sys.platform != "linux" or not _SETTING.exists() or "[never]" in _SETTING.read_text():
        return False
    major, minor = re.findall(r"\d+", platform.release())[:2]
    return (int(major), int(minor)) >= (6, 1)


def _region(first: int, last: int, resident: int, rest: str = "rw-p 00000000 00:00 0") -> list[str]:
    size = last - first
    return [
        f"{first:x}-{last:x} {rest}",
        f"Size:           {size >> 10:>8} kB",
        f"Rss:            {resident >> 10:>8} kB",
        "AnonHugePages:         0 kB",
    ]


def test_whole_huge_pages_of_a_full_region_are_found() -> None:
    first = 0x7F00_0000_0000
    unaligned = _region(first + 4096, first + 4 * HUGE_PAGE - 4096, 4 * HUGE_PAGE)

    pages = [list(region) for region in full_regions(unaligned)]

    assert pages == [[first + HUGE_PAGE, first + 2 * HUGE_PAGE]]


def test_the_heap_is_a_region_like_others() -> None:
    heap = _region(0, 2 * HUGE_PAGE, 2 * HUGE_PAGE, "rw-p 00000000 00:00 0        [heap]")

    assert [list(region) for region in full_regions(heap)] == [[0, HUGE_PAGE]]


@pytest.mark.parametrize(
    "region",
    [
        pytest.param(_region(0, 8 * HUGE_PAGE, 4 * HUGE_PAGE), id="half of it never used"),
        pytest.param(_region(0, HUGE_PAGE, HUGE_PAGE), id="small"),
        pytest.param(
            _region(0, 8 * HUGE_PAGE, 8 * HUGE_PAGE, "rw-p 00000000 fe:01 77   /weights.data"),
            id="a file",
        ),
        pytest.param(
            _region(0, 8 * HUGE_PAGE, 8 * HUGE_PAGE, "rw-p 00000000 00:00 0  [stack]"), id="stack"
        ),
        pytest.param(
            _region(0, 8 * HUGE_PAGE, 8 * HUGE_PAGE, "r--p 00000000 00:00 0"), id="read only"
        ),
    ],
)
def test_what_would_grow_or_is_no_memory_of_its_own_is_left(region: list[str]) -> None:
    full = _region(0, 2 * HUGE_PAGE, 2 * HUGE_PAGE)

    assert list(full_regions(region)) == []
    assert list(full_regions([*region, *full])) == list(full_regions(full))


@pytest.mark.skipif(not _kernel_has_them(), reason="no huge pages for the asking (Linux 6.1)")
def test_memory_is_moved_and_holds_what_it_held() -> None:
    content = bytes(range(256)) * (8 * HUGE_PAGE // 256)
    with mmap.mmap(-1, len(content), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory[:] = content
        before = _on_huge_pages()

        moved = move_weights()

        assert moved >= 6 * HUGE_PAGE
        assert _on_huge_pages() - before >= 6 * HUGE_PAGE
        assert memory[:] == content


def _on_huge_pages() -> int:
    """Bytes of this process."""
    text = Path("/proc/self/smaps_rollup").read_text()
    found = re.search(r"AnonHugePages:\s+(\d+) kB", text)
    assert found
    return int(found[1]) << 10


@pytest.mark.parametrize(("enough", "moves"), [(0, 1), (1 << 60, 0)])
def test_only_a_large_model_is_moved(
    enough: int, moves: int, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[None] = []
    monkeypatch.setattr(huge_pages, "WORTH_IT", enough)
    monkeypatch.setattr(huge_pages, "move_weights_beside", lambda: begun.append(None))

    loading.load_model(str(model_folder), Device.CPU)

    assert len(begun) == moves


def test_who_wants_no_huge_pages_gets_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = tmp_path / "enabled"
    setting.write_text("always madvise [never]\n")
    monkeypatch.setattr(huge_pages, "_SETTING", setting)
    monkeypatch.setattr(huge_pages, "full_regions", lambda _: pytest.fail("looked for regions"))

    assert move_weights() == 0


def test_a_system_without_them_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huge_pages, "_SETTING", tmp_path / "missing")

    assert move_weights() == 0
