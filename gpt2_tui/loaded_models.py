"""The models in memory, two at most: the one in use, and the one last needed beside it.

Whoever asks for a model must not keep it for longer than the work at hand, or the memory of a
large one is not given back.
"""

from dataclasses import dataclass

from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import ModelError
from gpt2_tui.loading import LoadedModel, load_folder
from gpt2_tui.models.card_graph import Report
from gpt2_tui.models.choice import ModelChoice
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.maker import Maker
from gpt2_tui.models.registry import note_loaded, open_model


@dataclass(frozen=True)
class _Held:
    """A loaded model, and the folder and device that it was loaded for."""

    folder: ModelFolder
    device: Device
    model: LoadedModel


class LoadedModels:
    """Not safe for two threads at once, but for `in_use`."""

    def __init__(self) -> None:
        self._in_use: _Held | None = None
        self._beside: _Held | None = None
        self._choices: list[tuple[Maker, ModelChoice]] = []

    @property
    def in_use(self) -> LoadedModel | None:
        return None if self._in_use is None else self._in_use.model

    def use(self, choice: ModelChoice, report: Report = lambda _: None) -> LoadedModel:
        """Load a model to write with from now on, and release all others. If that fails the one
        in use stays. `report` is told what takes long. Raises as `load_folder`."""
        held = self._hold(choice, report)
        self._in_use, self._beside = held, None
        return held.model

    def beside(self, choice: ModelChoice) -> LoadedModel:
        """A model for other work than `in_use` does; it stays until another is asked for, or none
        is needed. Raises ModelError or DeviceError."""
        held = self._hold(choice)
        if held is not self._in_use:
            self._beside = held
        return held.model

    def that_wrote(self, maker: Maker) -> LoadedModel:
        """The model that was loaded here before and wrote a text. Raises ModelError if it is not
        on this machine any more."""
        for held in (self._in_use, self._beside):
            if held is not None and held.model.maker == maker:
                return held.model
        choice = next((choice for known, choice in self._choices if known == maker), None)
        if choice is not None:
            model = self.beside(choice)
            if model.maker == maker:
                return model
        raise ModelError(f"{maker.model}, which wrote this, is not on this machine as it was")

    def release_beside(self) -> None:
        self._beside = None

    def _hold(self, choice: ModelChoice, report: Report = lambda _: None) -> _Held:
        folder, device = open_model(choice.reference), Device(choice.device)
        for held in (self._in_use, self._beside):
            if held is not None and (held.folder, held.device) == (folder, device):
                return held
        self._beside = None
        model = load_folder(folder, device, report=report)
        note_loaded(folder)
        self._choices = [known for known in self._choices if known[0] != model.maker]
        self._choices.append((model.maker, choice))
        return _Held(folder, device, model)
