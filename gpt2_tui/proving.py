"""Whether a model is what it says: what can be repeated at any time from its folder alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import UserError
from gpt2_tui.loading import load_folder
from gpt2_tui.models.golden import FP32, check_golden, has_golden_figures
from gpt2_tui.models.registry import model_path, open_model


@dataclass(frozen=True)
class Check:
    """What was looked at, and what is wrong with it; None if it holds."""

    name: str
    fault: str | None = None


def prove(reference: str) -> Iterator[Check]:
    """Check the model that `reference` names, up to the first check that does not hold.

    - `files`: each has the sha256 that the description says; all are read anew.
    - `graph`: tokenizer and graph load, and give finite numbers at both ends of the window.
    - `figures`: GPT-2 small in fp32 finds those tokens likeliest that it should.

    Raises ModelError if there is no such folder.
    """
    path = model_path(reference)
    if not path.is_dir():
        open_model(reference)
    name = "files"
    try:
        folder = open_model(reference, anew=True)
        yield Check(name)
        name = "graph"
        model = load_folder(folder, Device.CPU)
        yield Check(name)
        if model.session.precision == FP32 and has_golden_figures(folder.manifest.source):
            name = "figures"
            check_golden(
                lambda ids: [*model.session.predict(ids)][-1][-1],
                folder.manifest.architecture.vocabulary,
            )
            yield Check(name)
    except UserError as error:
        yield Check(name, str(error))
