"""A model folder as the source of another one: the weights read back from its graph."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from export.checkpoint import open_checkpoint
from export.exporter import export_checkpoint
from gpt2_tui.errors import ModelError
from gpt2_tui.models.folder import sha256_of
from gpt2_tui.models.manifest import Manifest, Source, read_manifest
from gpt2_tui.models.registry import starter_path
from tests.exporter.checkpoints import (
    TINY,
    Array,
    random_head,
    random_tensors,
    write_checkpoint,
    write_config,
)
from tests.models.spoil import describe, flip_a_byte, put

PRECISIONS = ["fp32", "fp16", "int8"]


def model(to: Path, precision: str, *, own_head: bool = False) -> tuple[Path, dict[str, Array]]:
    """A random model folder and its tensors."""
    checkpoint = write_checkpoint(to / "checkpoint")
    tensors = random_tensors(TINY)
    if own_head:
        tensors |= {"lm_head.weight": random_head(TINY)}
        save_file(tensors, checkpoint / "model.safetensors")
        write_config(checkpoint, changes={"tie_word_embeddings": False})
    export_checkpoint(checkpoint, to / "first", name="mine", precision=precision, licence="MIT")
    return to / "first", tensors


@pytest.mark.parametrize("own_head", [False, True])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_tensors_are_those_of_the_checkpoint_as_the_graph_rounded_them(
    precision: str, own_head: bool, tmp_path: Path
) -> None:
    folder, tensors = model(tmp_path, precision, own_head=own_head)
    found = open_checkpoint(folder)
    assert found.has_own_head is own_head
    assert found.stored.keys() == tensors.keys()
    for name, wanted in tensors.items():
        values = found.read(name)
        assert values.dtype == np.float32
        assert values.shape == wanted.shape
        # Half a step of a column's (of a token's) 127 steps; half a unit in the eleventh digit.
        axis = 1 if name in ("wte.weight", "lm_head.weight") else 0
        largest = np.abs(wanted).max(axis=axis, keepdims=True)
        steps = {"fp32": 0, "fp16": 2**-11, "int8": 0.501 / 127}[precision]
        assert (np.abs(values - wanted) <= steps * largest).all(), name


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_same_precision_again_gives_the_same_graph(precision: str, tmp_path: Path) -> None:
    folder, _ = model(tmp_path, precision)
    again = export_checkpoint(folder, tmp_path / "again", precision=precision)
    assert again.graphs == read_manifest(folder).graphs
    if precision != "int8":  # whose scales are divided once more
        assert again.files == read_manifest(folder).files


@pytest.mark.parametrize("made", PRECISIONS)
@pytest.mark.parametrize("of", PRECISIONS)
def test_any_precision_can_be_made_of_any(of: str, made: str, tmp_path: Path) -> None:
    folder, _ = model(tmp_path, of, own_head=True)
    manifest = export_checkpoint(folder, tmp_path / "second", precision=made)
    assert manifest == read_manifest(tmp_path / "second")
    assert [graph.precision for graph in manifest.graphs] == [made]
    # Name and licence stay; the source says what it was made of.
    assert (manifest.name, manifest.licence) == ("mine", "MIT")
    assert manifest.architecture == read_manifest(folder).architecture
    assert manifest.source == Source("model", f"mine ({of})", sha256_of(folder / "model.json"))


def test_what_is_given_counts_more(tmp_path: Path) -> None:
    folder, _ = model(tmp_path, "fp32")
    manifest = export_checkpoint(folder, tmp_path / "second", name="other", licence="CC0-1.0")
    assert (manifest.name, manifest.licence) == ("other", "CC0-1.0")


def test_the_finest_graph_is_read(tmp_path: Path) -> None:
    folder, tensors = model(tmp_path, "int8")
    (fine := tmp_path / "fine").mkdir()
    finer, _ = model(fine, "fp32")
    both = read_manifest(finer)
    for name in read_manifest(folder).files:
        put(finer, name, (folder / name).read_bytes())

    def add_int8(value: dict[str, list[object]]) -> None:
        value["graphs"].insert(0, description_of(folder))

    describe(finer, add_int8)
    found = open_checkpoint(finer)
    assert len(read_manifest(finer).graphs) == len(both.graphs) + 1
    np.testing.assert_array_equal(found.read("h.1.mlp.c_fc.weight"), tensors["h.1.mlp.c_fc.weight"])


def description_of(folder: Path) -> dict[str, object]:
    (graph,) = read_manifest(folder).graphs
    return {**vars(graph), "providers": list(graph.providers)}


def test_the_bundled_model_can_be_the_source(tmp_path: Path) -> None:
    manifest: Manifest = export_checkpoint(starter_path(), tmp_path / "fp16", precision="fp16")
    assert manifest.name == read_manifest(starter_path()).name


def change_graph(folder: Path, change: Callable[[onnx.ModelProto], object]) -> None:
    graph = onnx.load(folder / "model_int8.onnx", load_external_data=False)
    change(graph)
    put(folder, "model_int8.onnx", graph.SerializeToString())


def weight(graph: onnx.ModelProto, name: str) -> onnx.TensorProto:
    found: onnx.TensorProto = next(t for t in graph.graph.initializer if t.name == name)
    return found


def set_place(graph: onnx.ModelProto, key: str, value: str) -> None:
    for entry in weight(graph, "wpe.weight").external_data:
        if entry.key == key:
            entry.value = value


def rename(graph: onnx.ModelProto, name: str) -> None:
    weight(graph, name).name = "other"


def shrink(graph: onnx.ModelProto, name: str) -> None:
    tensor = weight(graph, name)
    tensor.dims[0] -= 1


def grow(graph: onnx.ModelProto, *names: str) -> None:
    for name in names:
        tensor = weight(graph, name)
        tensor.data_type = onnx.TensorProto.FLOAT
        tensor.dims[:] = [1 << 40, 1 << 20]


def negate(graph: onnx.ModelProto, name: str) -> None:
    tensor = weight(graph, name)
    tensor.dims[0] = -tensor.dims[0]


def drop_norms(graph: onnx.ModelProto) -> None:
    for node in graph.graph.node:
        if node.op_type == "LayerNormalization":
            del node.attribute[:]


HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "an altered weight": (lambda f: flip_a_byte(f / "model_int8.onnx.data"), "is not the file"),
    "an altered graph": (lambda f: flip_a_byte(f / "model_int8.onnx"), "is not the file"),
    "no graph": (lambda f: put(f, "model_int8.onnx", b"\xff" * 100), "is no graph"),
    "an unknown precision": (
        lambda f: describe(f, lambda value: value["graphs"][0].update(precision="int4")),
        "no graph whose weights can be read back",
    ),
    "layers without end": (
        lambda f: describe(f, lambda value: value["architecture"].update(layers=10**12)),
        "'layers' in architecture is not between",
    ),
    "another shape": (
        lambda f: describe(f, lambda value: value["architecture"].update(layers=3)),
        "tensor h.2.ln_1.weight is missing",
    ),
    "a place outside": (
        lambda f: change_graph(f, lambda g: set_place(g, "location", "../secret")),
        "wpe.weight elsewhere",
    ),
    "a place before the file": (
        lambda f: change_graph(f, lambda g: set_place(g, "offset", "-4")),
        "wpe.weight elsewhere",
    ),
    "a place behind the file": (
        lambda f: change_graph(f, lambda g: set_place(g, "offset", "999999999")),
        "too short for the tensor wpe.weight",
    ),
    "a place of many digits": (
        lambda f: change_graph(f, lambda g: set_place(g, "offset", "9" * 5000)),
        "wpe.weight elsewhere",
    ),
    "a head and an embedding that no memory holds": (
        lambda f: change_graph(f, lambda g: grow(g, "lm_head.weight", "wte.weight")),
        "too short for the tensor",
    ),
    "a negative size": (
        lambda f: change_graph(f, lambda g: negate(g, "wpe.weight")),
        "too short for the tensor wpe.weight",
    ),
    "a weight that is gone": (
        lambda f: change_graph(f, lambda g: rename(g, "h.0.ln_1.bias")),
        "tensor h.0.ln_1.bias is missing",
    ),
    "a scale that is gone": (
        lambda f: change_graph(f, lambda g: rename(g, "h.0.attn.c_attn.scale")),
        "c_attn.weight has no proper scales",
    ),
    "too few scales": (
        lambda f: change_graph(f, lambda g: shrink(g, "wte.scale")),
        "wte.weight has no proper scales",
    ),
    "a smaller head": (
        lambda f: change_graph(f, lambda g: shrink(g, "lm_head.weight")),
        "lm_head.weight has shape",
    ),
    "no epsilon": (lambda f: change_graph(f, drop_norms), "not one of a GPT-2"),
}


@pytest.mark.parametrize("case", HARM)
def test_a_folder_that_cannot_be_read_back_is_refused(case: str, tmp_path: Path) -> None:
    folder, _ = model(tmp_path, "int8")
    harm, said = HARM[case]
    harm(folder)
    with pytest.raises(ModelError, match=said) as caught:
        export_checkpoint(folder, tmp_path / "out", precision="fp16")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
