"""A card that is none: all the program does for one happens, and the processor computes."""

from pathlib import Path
from typing import Any

import pytest

from gpt2_tui.engine import cuda, runtime
from gpt2_tui.engine.cuda import Cuda
from gpt2_tui.engine.runtime import CPU_PROVIDER

NAME = "NVIDIA Pretend"


def found(monkeypatch: pytest.MonkeyPatch, state: Cuda) -> None:
    """Let the program find `state` when it looks for a card."""
    monkeypatch.setattr(cuda, "_try_it", lambda: state)
    cuda.cuda.cache_clear()


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be a card; its graphs run on the processor, and its memory is the host's."""
    found(monkeypatch, Cuda(card=NAME))
    open_graph = runtime.open_graph

    def on_processor(path: Path, _provider: str, threads: int, *, packed: bool) -> Any:
        return open_graph(path, CPU_PROVIDER, threads, packed=packed)

    monkeypatch.setattr(runtime, "open_graph", on_processor)
    monkeypatch.setattr(
        runtime, "device_memory", lambda provider: None if provider == CPU_PROVIDER else "cpu"
    )
