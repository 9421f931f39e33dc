"""What the engine asks of onnxruntime, by processor."""

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpt2_tui.engine import runtime
from gpt2_tui.engine.runtime import CPU_PROVIDER, has_vnni, may_saturate_int8, open_graph


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    ask = may_saturate_int8
    ask.cache_clear()
    yield
    ask.cache_clear()


@pytest.mark.parametrize(
    ("flags", "exact"),
    [
        ("fpu sse2 avx2 avx512f avx512_vnni", True),
        ("fpu sse2 avx2 avx_vnni", True),
        ("fpu sse2 avx2 avx512f avx512_vbmi2", False),
        ("", False),
    ],
)
def test_vnni_is_read_from_the_flags(flags: str, exact: bool) -> None:
    assert has_vnni(flags.split()) is exact


@pytest.mark.parametrize(
    ("machine", "flags", "careful"),
    [
        ("x86_64", frozenset({"avx2"}), True),
        ("AMD64", frozenset(), True),
        ("x86_64", frozenset({"avx512_vnni"}), False),
        ("aarch64", frozenset(), False),
        ("arm64", frozenset(), False),
    ],
)
def test_only_x86_without_vnni_takes_the_slower_form(
    machine: str, flags: frozenset[str], careful: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(runtime, "_processor_flags", lambda: flags)
    assert may_saturate_int8() is careful


@pytest.mark.parametrize("careful", [True, False])
def test_the_session_is_asked_for_the_form_that_the_processor_needs(
    careful: bool, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "may_saturate_int8", lambda: careful)
    session = open_graph(model_folder / "model.onnx", CPU_PROVIDER, threads=1, packed=True)
    options = session.get_session_options()
    if careful:
        assert options.get_session_config_entry("session.x64quantprecision") == "1"
    else:
        with pytest.raises(RuntimeError):
            options.get_session_config_entry("session.x64quantprecision")
