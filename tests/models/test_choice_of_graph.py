"""Which graph of a model runs, and on what: it goes by the device, the card and the model."""

import importlib
from pathlib import Path

import pytest

from gpt2_tui.engine.cuda import Cuda
from gpt2_tui.engine.runtime import CPU_PROVIDER, CUDA_PROVIDER, Device
from gpt2_tui.errors import DeviceError
from gpt2_tui.loading import load_model
from tests import pretend_card
from tests.models.spoil import Json, copy_of, describe, description, put

BROKEN = Cuda(card="Card", fault="its fan is off", mend="turn it on")


@pytest.fixture(scope="module")
def fp16(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose one graph is for cards, and for the processor too."""
    folder = tmp_path_factory.mktemp("fp16") / "fp16"
    exporter = importlib.import_module("gpt2_tui.export.exporter")
    exporter.export_checkpoint(model_folder, folder, precision="fp16")
    return folder


@pytest.fixture(scope="module")
def both(model_folder: Path, fp16: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with a graph for the processor alone, and that for cards behind it."""
    folder = copy_of(model_folder, tmp_path_factory.mktemp("both") / "both")
    for path in fp16.glob("*.onnx*"):
        put(folder, path.name, path.read_bytes())
    return describe(folder, lambda value: value["graphs"].extend(description(fp16)["graphs"]))


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(
    ("device", "wanted"),
    [
        (Device.CPU, (CPU_PROVIDER, "fp32")),
        (Device.CUDA, (CUDA_PROVIDER, "fp16")),
        (Device.AUTO, (CUDA_PROVIDER, "fp16")),
    ],
)
def test_with_a_card_the_device_decides(
    device: Device, wanted: tuple[str, str], both: Path
) -> None:
    session = load_model(str(both), device).session
    assert (session.provider, session.precision) == wanted


def test_without_a_card_the_processor_takes_its_own_graph(
    both: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_card.found(monkeypatch, BROKEN)
    session = load_model(str(both), Device.AUTO).session
    assert (session.provider, session.precision) == (CPU_PROVIDER, "fp32")


@pytest.mark.usefixtures("card")
def test_the_processor_takes_a_graph_that_is_for_both(fp16: Path) -> None:
    session = load_model(str(fp16), Device.CPU).session
    assert (session.provider, session.precision) == (CPU_PROVIDER, "fp16")


@pytest.mark.usefixtures("card")
def test_a_graph_for_cards_alone_is_for_no_processor(fp16: Path, tmp_path: Path) -> None:
    def for_cards_alone(value: Json) -> None:
        value["graphs"][0]["providers"] = [CUDA_PROVIDER]

    folder = describe(copy_of(fp16, tmp_path / "model"), for_cards_alone)
    assert load_model(str(folder), Device.AUTO).session.provider == CUDA_PROVIDER
    with pytest.raises(DeviceError, match="no graph for the CPU"):
        load_model(str(folder), Device.CPU)
