"""The model that a label names is found wherever it lies here; else it is told what is missing."""

import shutil
from pathlib import Path

import pytest

from export.exporter import export_checkpoint
from gpt2_tui import locations
from gpt2_tui.engine.cuda import Cuda
from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import ReplayError
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record import Sample
from gpt2_tui.labels.recorded_model import load_recorded
from gpt2_tui.labels.replay import Outcome, Replayed, replay
from gpt2_tui.loading import load_model
from gpt2_tui.settings import Sampling, Settings
from tests import pretend_card
from tests.exporter.checkpoints import write_checkpoint
from tests.labels.replays import samples

SETTINGS = Settings(Sampling(1), length=20, seed=3)


def sample_of(model: Path, device: Device = Device.CPU) -> Sample:
    (sample,) = samples(load_model(str(model), device), "The sea", SETTINGS)
    return sample


def replayed(sample: Sample, reference: str | None = None) -> Replayed:
    (found,) = read_labels(render(sample, Format.MARKDOWN)).samples
    return replay(found, lambda maker: load_recorded(maker, reference))


def registered(folder: Path, name: str = "here") -> Path:
    return Path(shutil.copytree(folder, locations.models_folder() / name))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "checkpoint")


@pytest.mark.usefixtures("card")
def test_a_graph_for_cards_is_found_in_the_cache(model_folder: Path) -> None:
    sample = sample_of(model_folder, Device.CUDA)
    assert sample.record["engine"]["precision"] == "fp16"
    # The model that it was made of need not be registered.
    assert replayed(sample).outcome is Outcome.MATCH


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("reference", [None, "here"])
def test_a_graph_for_cards_that_is_gone_is_made_again(
    model_folder: Path, reference: str | None
) -> None:
    registered(model_folder)
    sample = sample_of(model_folder, Device.CUDA)
    shutil.rmtree(locations.cache_folder() / "card-graphs")
    assert replayed(sample, reference).outcome is Outcome.MATCH


@pytest.mark.usefixtures("card")
def test_a_graph_for_cards_is_not_made_of_another_model(
    model_folder: Path, other_model_folder: Path
) -> None:
    sample = sample_of(model_folder, Device.CUDA)
    shutil.rmtree(locations.cache_folder() / "card-graphs")
    registered(other_model_folder)
    result = replayed(sample)
    assert result.outcome is Outcome.CANNOT
    assert "no model on this machine is the tiny of the label" in result.detail
    assert "model_fp16.onnx (sha256 " in result.detail


def test_without_a_card_its_graph_is_named_and_how_to_mend_it(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        pretend_card.install(patched)
        sample = sample_of(model_folder, Device.CUDA)
    pretend_card.found(monkeypatch, Cuda(fault="libcurand is missing", mend="install it"))
    result = replayed(sample)
    assert result.outcome is Outcome.CANNOT
    assert result.detail == (
        "a graph of fp16 wrote it with CUDA, which cannot be used here: libcurand is missing; "
        "install it"
    )


def test_the_right_one_of_several_graphs_is_taken(tmp_path: Path, checkpoint: Path) -> None:
    full = tmp_path / "full"
    small = tmp_path / "small"
    export_checkpoint(checkpoint, full, name="ours")
    export_checkpoint(checkpoint, small, name="ours", precision="int8", int8_cache=True)
    for folder in (full, small):
        registered(folder, folder.name)
    for folder in (full, small):
        result = replayed(sample_of(folder))
        assert (result.outcome, result.tokens) == (Outcome.MATCH, 20)


def test_another_precision_is_named_with_the_one_that_is_there(
    tmp_path: Path, checkpoint: Path
) -> None:
    export_checkpoint(checkpoint, tmp_path / "full", name="ours", precision="fp32")
    export_checkpoint(checkpoint, tmp_path / "small", name="ours", precision="int8")
    sample = sample_of(tmp_path / "small")
    registered(tmp_path / "full")
    detail = replayed(sample).detail
    assert "it has no graph of int8 for CPU, but fp32 for CPU" in detail
    assert "--precision int8" in detail


def test_another_kind_of_cache_is_named(tmp_path: Path, checkpoint: Path) -> None:
    export_checkpoint(checkpoint, tmp_path / "full", name="ours")
    export_checkpoint(checkpoint, tmp_path / "small", name="ours", int8_cache=True)
    sample = sample_of(tmp_path / "small")
    registered(tmp_path / "full")
    detail = replayed(sample).detail
    assert "it has the same weights under a graph with a cache of float" in detail
    assert "--int8-cache" in detail
    with pytest.raises(ReplayError, match="same weights"):
        load_recorded(read_labels(render(sample, Format.TEXT)).samples[0].record.maker, "here")  # type: ignore[union-attr]
