"""Faults put into onnxruntime's own session, where a full or lost card shows."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from gpt2_tui.onnx_runtime import onnxruntime

OUT_OF_MEMORY = RuntimeError(
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for requested buffer"
    " of size 4294967296\nand more lines"
)
CARD_LOST = RuntimeError(
    "[ONNXRuntimeError] : 1 : FAIL : CUDA failure 719: unspecified launch failure ; GPU=0\n"
    "and more lines"
)


def break_runs(
    monkeypatch: pytest.MonkeyPatch,
    error: Exception = OUT_OF_MEMORY,
    *,
    after: int = 0,
    when: Callable[[], bool] = lambda: True,
) -> None:
    """Let every run fail with `error`, once `after` runs went well and `when` says so."""
    session = onnxruntime().InferenceSession
    run = session.run_with_iobinding
    runs = itertools.count()

    def broken(self: Any, *rest: Any) -> None:
        if next(runs) >= after and when():
            raise error
        run(self, *rest)

    monkeypatch.setattr(session, "run_with_iobinding", broken)
