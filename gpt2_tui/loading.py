"""A model ready for writing: its folder checked, its tokenizer and its graph loaded."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gpt2_tui.engine.runtime import Device
from gpt2_tui.engine.session import Session
from gpt2_tui.errors import ModelError
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.maker import Maker
from gpt2_tui.models.registry import note_loaded, open_model
from gpt2_tui.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class LoadedModel:
    """What a continuation needs of a model."""

    folder: ModelFolder
    tokenizer: Tokenizer
    session: Session

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
            provider=self.session.provider,
            precision=self.session.precision,
        )


def load_model(reference: str | None, device: Device, threads: int | None = None) -> LoadedModel:
    """Open, check and load the model that `reference` names (None: the bundled one), to write with,
    on `threads` threads (None: as many as there are processors).

    Raises ModelError or DeviceError.
    """
    model = load_folder(open_model(reference), device, threads)
    note_loaded(model.folder)
    return model


def load_folder(folder: ModelFolder, device: Device, threads: int | None = None) -> LoadedModel:
    """Load a model that is open already, without a note of its use. Raises as `load_model`."""
    shape = folder.manifest.architecture
    tokenizer = Tokenizer.from_file(folder.tokenizer_path, shape.vocabulary, shape.end_of_text)
    session = Session(folder, device, threads)
    _check_sound(folder, session)
    return LoadedModel(folder, tokenizer, session)


def _check_sound(folder: ModelFolder, session: Session) -> None:
    """A prompt of two tokens, and one token at the last place of the window.

    Damaged weights show as numbers that are not finite, a window that the weights do not have as
    an error.
    """
    shape = session.architecture
    try:
        first = session.encode_now([shape.end_of_text] * 2).logits
        last = session.step(session.apart(1, shape.window - 1), [shape.end_of_text]).logits
    except MemoryError:
        raise ModelError(
            f"a window of {shape.window}, as {folder.path} names it, does not fit into the memory"
        ) from None
    if not (np.isfinite(first).all() and np.isfinite(last).all()):
        raise ModelError(
            f"the weights in {folder.path} are damaged (not finite); export the model again"
        )
