"""Loading a model for a command: its progress and its notice go to standard error."""

import sys
from typing import TYPE_CHECKING

from gpt2_tui.text.status_line import StatusLine
from gpt2_tui.text.visible import one_line

if TYPE_CHECKING:
    from gpt2_tui.loading import LoadedModel


def load(reference: str | None, device: str) -> "LoadedModel":
    """The model that `reference` names (None: the bundled one), on `device`.

    On a terminal one line shows what takes time, and is gone afterwards. Raises ModelError,
    DeviceError or StorageError.
    """
    from gpt2_tui.engine.runtime import Device
    from gpt2_tui.loading import load_model

    line = StatusLine(sys.stderr)
    try:
        model = load_model(reference, Device(device), report=line.show)
    finally:
        line.clear()
    if model.notice is not None:
        sys.stderr.write(f"gpt2-tui: {one_line(model.notice)}\n")
        sys.stderr.flush()
    return model
