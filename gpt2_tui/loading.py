"""A model ready for writing: its folder checked, its tokenizer and its graph loaded."""

from dataclasses import dataclass

import numpy as np

from gpt2_tui.engine.runtime import Device
from gpt2_tui.engine.session import Cache, Session
from gpt2_tui.errors import ModelError
from gpt2_tui.models.folder import ModelFolder
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


def load_model(reference: str | None, device: Device) -> LoadedModel:
    """Open, check and load the model that `reference` names (None: the bundled one), to write with.

    Raises ModelError or DeviceError.
    """
    model = load_folder(open_model(reference), device)
    note_loaded(model.folder)
    return model


def load_folder(folder: ModelFolder, device: Device) -> LoadedModel:
    """Load a model that is open already, without a note of its use. Raises as `load_model`."""
    shape = folder.manifest.architecture
    tokenizer = Tokenizer.from_file(folder.tokenizer_path, shape.vocabulary, shape.end_of_text)
    session = Session(folder, device)
    _check_sound(folder, session)
    return LoadedModel(folder, tokenizer, session)


def _check_sound(folder: ModelFolder, session: Session) -> None:
    """One token through the whole graph, at the first and at the last place of the window.

    Damaged weights show as numbers that are not finite, a window that the weights do not have as
    an error.
    """
    shape = session.architecture
    try:
        cache = Cache(shape, rows=1)
    except MemoryError:
        raise ModelError(
            f"a window of {shape.window}, as {folder.path} names it, does not fit into the memory"
        ) from None
    for place in (0, shape.window - 1):
        cache.length = place
        if not np.isfinite(session.step(cache, [shape.end_of_text])).all():
            raise ModelError(
                f"the weights in {folder.path} are damaged (not finite); export the model again"
            )
