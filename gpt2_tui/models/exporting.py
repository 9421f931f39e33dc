"""The exporter as the program sees it: imported by name, and only when a model is to be made."""

import importlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from gpt2_tui.models.manifest import Manifest, Source

if TYPE_CHECKING:
    # It loads more than a start without a card shall.
    from gpt2_tui.hub.checkpoint import Acceptance


class ExportProgress(Protocol):
    """The stage in words, and which part of it is done, from 0 to 1."""

    @property
    def stage(self) -> str: ...

    @property
    def done(self) -> float: ...


class Exporter(Protocol):
    """What the program asks of `export/exporter.py`."""

    @property
    def PRECISIONS(self) -> Collection[str]: ...  # noqa: N802 - a constant of that module

    @property
    def DEFAULT_PRECISION(self) -> str: ...  # noqa: N802

    def export_checkpoint(
        self,
        source: Path,
        out: Path,
        *,
        name: str | None = None,
        precision: str,
        origin: Source | None = None,
        progress: Callable[[ExportProgress], None],
    ) -> Manifest: ...


def exporter() -> Exporter:
    """The exporter, with onnx and all else that it imports."""
    return cast(Exporter, importlib.import_module("gpt2_tui.export.exporter"))


def acceptance() -> "Acceptance":
    """The exporter's judgment of a checkpoint that is being fetched."""
    return cast("Acceptance", importlib.import_module("gpt2_tui.export.acceptance"))
