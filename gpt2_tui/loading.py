"""A model ready for writing: its folder checked, its tokenizer and its graph loaded."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine import huge_pages
from gpt2_tui.engine.cuda import cuda
from gpt2_tui.engine.facts import engine_facts
from gpt2_tui.engine.runtime import (
    CPU_PROVIDER,
    CUDA_PROVIDER,
    Device,
    graph_for,
)
from gpt2_tui.engine.session import Session
from gpt2_tui.errors import DeviceError, ModelError, UserError
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.maker import Maker
from gpt2_tui.models.registry import note_loaded, open_model
from gpt2_tui.onnx_runtime import onnxruntime
from gpt2_tui.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from gpt2_tui.models.card_graph import Report

_HEAD_START = 0.02
"""Seconds that a session gets before a tokenizer is read beside it: that keeps Python's lock all
the while, and a session needs the lock only to begin."""


@dataclass(frozen=True)
class LoadedModel:
    """What a continuation needs of a model. `folder` holds the files that are really used.

    `notice` is what the user should know: why a card that is there was not used.
    """

    folder: ModelFolder
    tokenizer: Tokenizer
    session: Session
    notice: str | None = None

    @property
    def name(self) -> str:
        return self.folder.manifest.name

    @property
    def window(self) -> int:
        return self.folder.manifest.architecture.window

    @cached_property
    def maker(self) -> Maker:
        """What the labels of its texts say of it."""
        return Maker(
            model=self.name,
            files=self.folder.digests,
            tokenizer_sha256=self.tokenizer.sha256,
            engine=engine_facts(self.session.provider, self.session.precision),
        )


def load_model(
    reference: str | None,
    device: Device,
    threads: int | None = None,
    report: "Report" = lambda _: None,
) -> LoadedModel:
    """Open, check and load the model that `reference` names (None: the bundled one), to write with,
    on `threads` threads (None: as many as there are processors).

    `report` is told what takes long. `Device.AUTO` takes a card if it can be used, and else the
    processor. Raises ModelError or DeviceError, and StorageError where a graph for the card must
    be made and cannot be kept.
    """
    model = load_folder(open_model(reference), device, threads, report)
    note_loaded(model.folder)
    return model


def load_folder(
    folder: ModelFolder,
    device: Device,
    threads: int | None = None,
    report: "Report" = lambda _: None,
) -> LoadedModel:
    """Load a model that is open already, without a note of its use. Raises as `load_model`."""
    if device is Device.CPU:
        return _load(folder, CPU_PROVIDER, threads)
    found = cuda()
    if device is Device.CUDA:
        if not found.is_usable:
            mend = f"; {found.mend}" if found.mend else ""
            raise DeviceError(
                f"CUDA cannot be used: {found.fault}{mend}; --device cpu runs on the processor"
            )
        return _load_on_card(folder, threads, report)
    notice = None
    if found.is_usable:
        try:
            return _load_on_card(folder, threads, report)
        except UserError as error:
            notice = f"the card is not used: {error}; the processor does the work"
    elif found.mend is not None:
        notice = f"the card is not used: {found.fault}; {found.mend}; until then the processor"
        notice += " does the work"
    return _load(folder, CPU_PROVIDER, threads, notice)


def _load_on_card(folder: ModelFolder, threads: int | None, report: "Report") -> LoadedModel:
    from gpt2_tui.models.card_graph import with_card_graph

    if graph_for(folder.manifest, CUDA_PROVIDER) is None:
        folder = with_card_graph(folder, report)
    return _load(folder, CUDA_PROVIDER, threads)


def _load(
    folder: ModelFolder, provider: str, threads: int | None, notice: str | None = None
) -> LoadedModel:
    shape = folder.manifest.architecture
    onnxruntime()  # an import, which the head start does not reckon with
    with ThreadPoolExecutor(max_workers=1) as beside:
        opening = beside.submit(Session, folder, provider, threads)
        time.sleep(_HEAD_START)
        tokenizer = Tokenizer.from_file(folder.tokenizer_path, shape.vocabulary, shape.end_of_text)
        session = opening.result()
    _check_sound(folder, session)
    if session.provider == CPU_PROVIDER and folder.size >= huge_pages.WORTH_IT:
        huge_pages.move_weights_beside()
    return LoadedModel(folder, tokenizer, session, notice)


def _check_sound(folder: ModelFolder, session: Session) -> None:
    """A prompt of two tokens, and one token at the last place of the window.

    Damaged weights show as numbers that are not finite, a window that the weights do not have as
    an error.
    """
    shape = session.architecture
    try:
        first = session.encode_now([shape.end_of_text] * 2).logits
        last = _at_the_last_place(folder, session)
    except MemoryError:
        raise ModelError(
            f"a window of {shape.window}, as {folder.path} names it, does not fit into the memory"
        ) from None
    if not (np.isfinite(first).all() and np.isfinite(last).all()):
        raise ModelError(
            f"the weights in {folder.path} are damaged (not finite); export the model again"
        )


def _at_the_last_place(folder: ModelFolder, session: Session) -> npt.NDArray[np.float32]:
    shape = session.architecture
    try:
        return session.step(session.apart(1, shape.window - 1), [shape.end_of_text]).logits
    except ModelError as error:
        raise ModelError(
            f"the graph in {folder.path} cannot use the last place of a window of {shape.window}, "
            f"as its model.json names it; export the model again ({error})"
        ) from error
