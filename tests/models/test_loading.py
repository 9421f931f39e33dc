"""Models whose files have the right digests and yet cannot be used."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from gpt2_tui.continuations import Request, write
from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import DeviceError, ModelError
from gpt2_tui.loading import load_model
from gpt2_tui.models.manifest import LARGEST_COUNT
from gpt2_tui.settings import Sampling, Settings
from tests.conftest import MODEL_SEED, MODEL_SHAPE
from tests.exporter.checkpoints import random_tensors
from tests.models.spoil import GRAPH, WEIGHTS, Json, copy_of, describe, put


@pytest.fixture
def model(model_folder: Path, tmp_path: Path) -> Path:
    return copy_of(model_folder, tmp_path / "model")


def refused(folder: Path) -> str:
    """The one line with which loading `folder` is refused."""
    with pytest.raises(ModelError) as caught:
        load_model(str(folder), Device.CPU)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message.replace(str(folder.parent), "")) < 500
    return message


def shape(**changes: int) -> Callable[[Json], None]:
    return lambda value: value["architecture"].update(changes)


LIES = {
    "more layers": shape(layers=3),
    "fewer layers": shape(layers=1),
    "a million layers": shape(layers=10**6),
    "more heads": shape(heads=8),
    "more width": shape(width=128),
    "more heads of the same size": shape(heads=8, width=128),
    "a larger vocabulary": shape(vocabulary=400),
    "another end of text": shape(end_of_text=5),
    "a larger window": shape(window=65),
    "the longest window": shape(window=LARGEST_COUNT),
    "a window beyond all arrays": shape(window=10**18),
    "a vocabulary beyond all counting": shape(vocabulary=10**9),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_description_that_the_graph_does_not_bear_out_is_refused(
    lie: Callable[[Json], None], model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    refused(describe(model, lie))
    assert capfd.readouterr() == ("", "")


def test_a_larger_window_than_the_graphs_is_named(model: Path) -> None:
    message = refused(describe(model, shape(window=65)))
    assert "cannot use the last place of a window of 65" in message
    assert "export the model again" in message


WITH_LITTLE_MEMORY = """
import resource, sys
from gpt2_tui.cli import main
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
sys.exit(main(["sample", "--device", "cpu", "--model", sys.argv[1]]))
"""


def test_a_window_that_the_memory_does_not_hold_is_named(model: Path) -> None:
    describe(model, shape(window=LARGEST_COUNT))
    done = subprocess.run(
        [sys.executable, "-c", WITH_LITTLE_MEMORY, str(model)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"a window of {LARGEST_COUNT}" in done.stderr
    assert "does not fit into the memory" in done.stderr


def test_a_smaller_vocabulary_than_the_tokenizers_is_refused(model: Path) -> None:
    def fewer(value: Json) -> None:
        value["architecture"].update(vocabulary=200, end_of_text=199)

    assert "do not belong together" in refused(describe(model, fewer))


@pytest.mark.parametrize(
    "data",
    [b"hello", b"\x08\x0a", bytes(1000), b"\xff" * 1000],
    ids=["text", "cut", "zeros", "ones"],
)
def test_a_graph_that_is_none_is_refused_and_prints_nothing(
    data: bytes, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert GRAPH in refused(put(model, GRAPH, data))
    assert capfd.readouterr() == ("", "")


def test_a_graph_of_something_else_is_refused(model: Path) -> None:
    kind = onnx.TensorProto.FLOAT
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    ends = [onnx.helper.make_tensor_value_info(name, kind, [1]) for name in "xy"]
    graph = onnx.helper.make_graph([node], "other", ends[:1], ends[1:])
    opset = onnx.helper.make_opsetid("", 21)
    other = onnx.helper.make_model(graph, ir_version=10, opset_imports=[opset])
    assert "not what its model.json says" in refused(put(model, GRAPH, other.SerializeToString()))


def test_weights_that_are_too_short_for_the_graph_are_refused(model: Path) -> None:
    assert "cannot load" in refused(put(model, WEIGHTS, (model / WEIGHTS).read_bytes()[:1000]))


@pytest.mark.parametrize("place", ["../secret.data", "{tmp}/secret.data"])
def test_a_graph_cannot_read_weights_from_outside_its_folder(
    place: str, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.data").write_bytes((model / WEIGHTS).read_bytes())
    graph = onnx.load(str(model / GRAPH), load_external_data=False)
    for tensor in graph.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = place.format(tmp=tmp_path)
    assert "cannot load" in refused(put(model, GRAPH, graph.SerializeToString()))


def test_weights_that_are_not_finite_are_refused(model: Path) -> None:
    size = (model / WEIGHTS).stat().st_size
    damaged = np.full(size // 4, np.nan, np.float32).tobytes().ljust(size, b"\0")
    assert "not finite" in refused(put(model, WEIGHTS, damaged))


def with_nan_in(model: Path, tensor: str, row: int) -> Path:
    """The model with a NaN in one row of one tensor."""
    data = (model / WEIGHTS).read_bytes()
    good = random_tensors(MODEL_SHAPE, MODEL_SEED)[tensor][row]
    assert data.count(good.tobytes()) == 1
    bad = good.copy()
    bad[3] = np.nan
    return put(model, WEIGHTS, data.replace(good.tobytes(), bad.tobytes()))


@pytest.mark.parametrize(
    ("tensor", "row"), [("wte.weight", 77), ("wpe.weight", 0), ("h.1.mlp.c_fc.weight", 9)]
)
def test_a_single_number_that_is_not_finite_is_enough(tensor: str, row: int, model: Path) -> None:
    assert "not finite" in refused(with_nan_in(model, tensor, row))


def test_damage_that_shows_only_later_is_an_error_when_it_shows(model: Path) -> None:
    loaded = load_model(str(with_nan_in(model, "wpe.weight", 30)), Device.CPU)
    request = Request("", Settings(Sampling(0), length=50, keep_going=True), (0,))
    with pytest.raises(ModelError, match="not finite"):
        list(write(loaded, request))


def test_a_tokenizer_of_another_model_is_refused(model: Path) -> None:
    value = json.loads((model / "tokenizer.json").read_bytes())
    value["model"]["vocab"] = {"a": 0, "b": 1}
    value["model"]["merges"] = []
    assert "tokenizer.json" in refused(put(model, "tokenizer.json", json.dumps(value).encode()))


def test_a_model_for_no_processor_is_refused(model: Path) -> None:
    describe(model, lambda value: value["graphs"][0].update(providers=["MagicProvider"]))
    for device in (Device.CPU, Device.AUTO):
        with pytest.raises(DeviceError, match="no graph for the CPU"):
            load_model(str(model), device)


def test_cuda_is_never_quietly_replaced_by_the_processor(model_folder: Path) -> None:
    # Without a card there is none to use; with one, this model's only graph is for the processor.
    with pytest.raises(DeviceError, match=r"CUDA.*--device cpu runs"):
        load_model(str(model_folder), Device.CUDA)


def test_auto_takes_the_graph_that_there_is(model_folder: Path) -> None:
    assert load_model(str(model_folder), Device.AUTO).session.provider == "CPUExecutionProvider"
