"""How the program finds out whether a card can be used: by the driver, in a process of its own."""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui.engine import cuda, runtime
from gpt2_tui.engine.cuda import EXTRA, Cuda, conclusion
from gpt2_tui.engine.cuda_probe import probe
from gpt2_tui.engine.runtime import CPU_PROVIDER, CUDA_PROVIDER
from gpt2_tui.errors import DeviceError, ModelError
from gpt2_tui.onnx_runtime import onnxruntime

PLAIN_CARD = b'{"card": "Card", "fault": null, "mend": null}'


class Driver:
    """NVIDIA's driver, as far as it is asked."""

    def __init__(self, state: int = 0, cards: int = 1, version: int = 13010) -> None:
        self._state, self._cards, self._version = state, cards, version

    def cuInit(self, _flags: int) -> int:  # noqa: N802 - the driver's own name
        return self._state

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = self._cards
        return 0

    def cuDeviceGetName(self, name: Any, _size: int, _card: int) -> int:  # noqa: N802
        name.value = b"Card \xff"
        return 0

    def cuDriverGetVersion(self, version: Any) -> int:  # noqa: N802
        version._obj.value = self._version
        return 0


DRIVERS: dict[str, tuple[Driver, str, str | None]] = {
    "no card": (Driver(state=100), "there is no CUDA card", None),
    "a count of none": (Driver(cards=0), "there is no CUDA card", None),
    "another version than its library": (Driver(state=803), "error 803", "restart"),
    "too old": (Driver(version=12040), "driver is for CUDA 12", "newer NVIDIA driver"),
}


@pytest.mark.parametrize("case", DRIVERS)
def test_a_driver_that_cannot_do_is_told_with_its_mend(case: str) -> None:
    driver, fault, mend = DRIVERS[case]
    found = probe(driver, onnxruntime())
    assert not found.is_usable
    assert fault in (found.fault or "")
    assert found.mend is None if mend is None else mend in (found.mend or "")


class Onnxruntime:
    """onnxruntime on a machine whose card works, and one that counts what is asked of it."""

    def __init__(self, *, built_for_cards: bool = True, takes_card: bool = True) -> None:
        self._providers = [CUDA_PROVIDER] * built_for_cards + [CPU_PROVIDER]
        self._takes_card = takes_card
        self.calls: list[str] = []

    def get_available_providers(self) -> list[str]:
        return self._providers

    def preload_dlls(self) -> None:
        self.calls.append("preload")

    def InferenceSession(self, graph: str, providers: list[str]) -> Any:  # noqa: N802
        assert Path(graph).is_file()
        self.calls.append("session")
        session = onnxruntime().InferenceSession(graph, providers=[CPU_PROVIDER])
        taken = providers if self._takes_card else []
        session.get_providers = lambda: [*taken, CPU_PROVIDER]
        return session


def test_a_card_that_works_is_named() -> None:
    ort: Any = Onnxruntime()
    assert probe(Driver(), ort) == Cuda(card="Card \ufffd")
    assert ort.calls == ["preload", "session"]


def test_a_card_that_onnxruntime_does_not_take_is_told() -> None:
    without: Any = Onnxruntime(built_for_cards=False)
    found = probe(Driver(), without)
    assert (found.card, found.fault) == ("Card \ufffd", "this onnxruntime was built without CUDA")
    refusing: Any = Onnxruntime(takes_card=False)
    assert probe(Driver(), refusing).mend == EXTRA


@pytest.mark.parametrize(
    "complaint",
    [
        "Failed to load libcublasLt.so.13: libcublasLt.so.13: cannot open shared object file: No\n"
        "x with error: libcublasLt.so.13: cannot open shared object file: No such file",
        'Error loading "C:\\x.dll" which depends on "libcublasLt.so.13" which is missing.',
    ],
)
def test_missing_libraries_are_named_once(complaint: str) -> None:
    answer = b'{"card": "Card", "fault": "not taken", "mend": "%s"}' % EXTRA.encode()
    assert conclusion(0, answer, complaint) == Cuda(
        "Card", "missing libraries: libcublasLt.so.13", EXTRA
    )
    other = conclusion(0, answer, "first\nthe card is too old")
    assert other == Cuda("Card", "not taken: the card is too old", EXTRA)


def test_an_answer_stands_whatever_is_printed_beside_it() -> None:
    noise = "libnvrtc.so.13: cannot open shared object file"
    assert conclusion(0, PLAIN_CARD, noise) == Cuda("Card")


@pytest.mark.parametrize("answer", [b"", b"{", b"[1]", b'{"other": 1}'])
def test_a_process_that_died_is_a_fault(answer: bytes) -> None:
    found = conclusion(-6, answer, "terminate called\n" + "x" * 5000)
    assert "(-6: xxx" in (found.fault or "")
    assert len(found.fault or "") < 500
    assert found.mend is not None


def test_a_process_that_hangs_or_cannot_be_started_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cuda, "_has_driver", lambda: True)
    for error, said in (
        (subprocess.TimeoutExpired("x", 60), "did not answer"),
        (OSError("no python"), "no python"),
    ):

        def failing(*_: Any, error: Exception = error, **__: Any) -> Any:
            raise error

        monkeypatch.setattr(subprocess, "run", failing)
        cuda.cuda.cache_clear()
        assert said in (cuda.cuda().fault or "")


def test_without_a_driver_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(cuda, "DRIVER", "no-such-library")
    monkeypatch.setattr(subprocess, "run", never)
    assert cuda.cuda() == Cuda(fault="no NVIDIA driver was found")


DRIVER_SOURCE = """
#include <stdlib.h>
#include <string.h>
int cuInit(unsigned flags) { if (getenv("DRIVER_ABORTS")) abort(); return 0; }
int cuDeviceGetCount(int *count) { *count = 1; return 0; }
int cuDeviceGetName(char *name, int size, int card) { strncpy(name, "Pretend", size); return 0; }
int cuDriverGetVersion(int *version) { *version = 99000; return 0; }
"""


@pytest.fixture
def driver_folder(tmp_path: Path) -> Path:
    """A driver that any process can load."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("makes a library with a C compiler, on Linux")
    (tmp_path / "driver.c").write_text(DRIVER_SOURCE)
    library = tmp_path / cuda.DRIVER
    words: list[str | Path] = [compiler, "-shared", "-fPIC", "-o", library, "driver.c"]
    subprocess.run(words, cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("aborts", [False, True])
def test_the_process_that_tries_answers_or_dies_and_harms_nobody(
    aborts: bool, driver_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "_has_driver", lambda: True)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(driver_folder))
    if aborts:
        monkeypatch.setenv("DRIVER_ABORTS", "1")
    found = cuda.cuda()
    if aborts:
        assert "(-6" in (found.fault or "")
    else:
        # What follows depends on the libraries of this machine; there is no card behind them.
        assert found.card == "Pretend"
        assert not found.is_usable


def test_the_session_itself_says_whether_it_took_the_card(
    model_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Here it does not: there is none, and onnxruntime would go on with the processor."""
    if cuda.cuda().is_usable:
        pytest.skip("this machine has a card")
    with pytest.raises((DeviceError, ModelError), match="CUDA"):
        runtime.open_graph(model_folder / "model.onnx", CUDA_PROVIDER, 1, packed=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("how", ["gone", "left without its files"])
def test_an_onnxruntime_that_is_broken_is_an_error_with_its_mend(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_name: str) -> Any:
        if how == "gone":
            raise ModuleNotFoundError("No module named 'onnxruntime'")
        return object()

    monkeypatch.setattr(importlib, "import_module", load)
    with pytest.raises(DeviceError, match="pip uninstall onnxruntime onnxruntime-gpu"):
        onnxruntime.__wrapped__()
