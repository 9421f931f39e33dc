"""What the program finds on this machine, and how to mend what is wrong."""

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import __version__, locations, storage
from gpt2_tui.engine import runtime
from gpt2_tui.engine.cuda import cuda
from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import UserError
from gpt2_tui.loading import load_folder
from gpt2_tui.models.registry import list_models, open_model
from gpt2_tui.onnx_runtime import MEND_PACKAGES
from gpt2_tui.preferences import file

_CUDA_PACKAGES = ["nvidia-cuda-runtime", "nvidia-cublas", "nvidia-curand"]
_PACKAGES = ["onnxruntime-gpu", "onnxruntime", "textual", "rich", "tokenizers", "numpy"]


@dataclass(frozen=True)
class Finding:
    """One line of the report. `mend` says what to do; it is None where nothing is wrong."""

    topic: str
    state: str
    mend: str | None = None

    @property
    def is_fault(self) -> bool:
        return self.mend is not None


def examine() -> Iterator[Finding]:
    """Look at everything, one finding at a time; none of it raises."""
    yield Finding("program", f"gpt2-tui {__version__}, Python {platform.python_version()}")
    yield Finding("machine", f"{platform.system()} {platform.machine()}")
    yield from _packages()
    yield from _cuda()
    yield from _starter()
    yield from _models()
    for topic, folder in (
        ("samples", locations.samples_folder()),
        ("drafts", locations.drafts_folder()),
        ("models", locations.models_folder()),
        ("cache", locations.cache_folder()),
        ("log", locations.log_folder()),
    ):
        yield _folder(topic, folder)
    yield from _settings()
    yield _terminal()


def _packages() -> Iterator[Finding]:
    found = {name: _version(name) for name in _PACKAGES}
    both = found["onnxruntime"] is not None and found["onnxruntime-gpu"] is not None
    for name, package_version in found.items():
        if package_version is not None:
            yield Finding(name, package_version)
    if both:
        yield Finding(
            "onnxruntime",
            "both onnxruntime and onnxruntime-gpu are installed; they overwrite each other",
            MEND_PACKAGES,
        )


def _cuda() -> Iterator[Finding]:
    """What CUDA has and lacks. A machine without a card is no fault: the processor does the
    work."""
    found = cuda()
    for name in _CUDA_PACKAGES:
        if (package_version := _version(name)) is not None:
            yield Finding(name, package_version)
    card = found.card or "a card"
    if found.is_usable:
        yield Finding("CUDA", f"{card} can be used")
    elif found.mend is None:
        yield Finding("CUDA", f"not used: {found.fault}")
    else:
        yield Finding("CUDA", f"{card} cannot be used: {found.fault}", found.mend)


def _starter() -> Iterator[Finding]:
    try:
        model = load_folder(open_model(None), Device.AUTO)
    except UserError as error:
        yield Finding("bundled model", str(error), "install gpt2-tui again")
        return
    provider = runtime.PROVIDER_NAMES[model.session.provider]
    yield Finding(
        "bundled model",
        f"{model.name} runs on {provider}, {model.session.precision}, "
        f"{model.session.threads} threads",
    )
    if model.notice is not None and cuda().is_usable:
        yield Finding("CUDA", model.notice, "--device cpu does without the card")


def _models() -> Iterator[Finding]:
    try:
        models = list_models()[1:]
    except OSError as error:
        home = locations.models_folder()
        fault = f"{home} cannot be read: {storage.reason(error)}"
        yield Finding("model", fault, f"make {home} readable, or move it away")
        return
    for listed in models:
        if listed.fault is None:
            yield Finding("model", f"{listed.name} in {listed.path}")
        else:
            yield Finding("model", listed.fault, f"export it again, or delete {listed.path}")


def _folder(topic: str, folder: Path) -> Finding:
    nearest = folder
    while not os.access(nearest, os.F_OK):  # never raises, as `exists` can
        nearest = nearest.parent
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return Finding(f"{topic} folder", str(folder))
    return Finding(f"{topic} folder", f"{folder} cannot be written", f"make {nearest} writable")


def _settings() -> Iterator[Finding]:
    stored = file.read()
    if not stored.faults:
        yield Finding("settings file", str(stored.path))
    for fault in stored.faults:
        yield Finding("settings file", fault, f"correct it in {stored.path}, or move that away")


def _terminal() -> Finding:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        return Finding("terminal", "standard output is no terminal; `gpt2-tui sample` needs none")
    if term in ("", "dumb"):
        return Finding(
            "terminal", f"TERM is {term!r}; the desk cannot draw", "export TERM=xterm-256color"
        )
    return Finding("terminal", term)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
