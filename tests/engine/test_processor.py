"""What is known of the processor, and what is asked of onnxruntime for it."""

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpt2_tui.engine import processor
from gpt2_tui.engine.processor import has_vnni, may_saturate_int8, processor_name
from gpt2_tui.engine.runtime import CPU_PROVIDER, open_graph


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    may_saturate, name = may_saturate_int8, processor_name
    may_saturate.cache_clear()
    yield
    may_saturate.cache_clear()
    name.cache_clear()


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
    monkeypatch.setattr(processor, "_flags", lambda: flags)
    assert may_saturate_int8() is careful


@pytest.mark.parametrize("careful", [True, False])
def test_the_session_is_asked_for_the_form_that_the_processor_needs(
    careful: bool, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "may_saturate_int8", lambda: careful)
    session = open_graph(model_folder / "model.onnx", CPU_PROVIDER, threads=1, packed=True)
    options = session.get_session_options()
    if careful:
        assert options.get_session_config_entry("session.x64quantprecision") == "1"
    else:
        with pytest.raises(RuntimeError):
            options.get_session_config_entry("session.x64quantprecision")


def test_the_system_is_asked_for_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = tmp_path / "cpuinfo"
    description.write_bytes(b"model\t\t: 1\nmodel name\t: A 9: \xff\nmodel name\t: Another\n")
    for path, name in {
        description: "A 9: \ufffd",
        tmp_path / "none": platform.processor() or platform.machine(),
    }.items():
        processor_name.cache_clear()
        monkeypatch.setattr(processor, "_DESCRIPTION", path)
        assert processor_name() == name
