"""A model folder comes out whole and checked, or nothing does."""

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from export import exporter, runs
from export.checkpoint import Checkpoint, open_checkpoint
from export.exporter import Progress, export_checkpoint
from export.selfcheck import check_graph
from export.weights_file import WeightsFile
from gpt2_tui.errors import ModelError, StorageError, UserError
from gpt2_tui.models.manifest import Architecture, Graph, Source, read_manifest
from tests.exporter.checkpoints import (
    TINY,
    VOCABULARY_SIZE,
    Shape,
    random_head,
    random_tensors,
    write_checkpoint,
    write_config,
)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "checkpoint")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder to put models in."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def test_the_folder_says_what_it_is(checkpoint: Path, place: Path) -> None:
    made = export_checkpoint(checkpoint, place / "tiny", precision="fp32")
    assert made == read_manifest(place / "tiny")
    assert made.name == "tiny"
    assert made.architecture == Architecture(2, 4, 64, 64, VOCABULARY_SIZE, VOCABULARY_SIZE - 1)
    assert made.graphs == (
        Graph(
            "model.onnx", "model.onnx.data", "model_step.onnx", "fp32", ("CPUExecutionProvider",)
        ),
    )
    assert made.source == Source("folder", "checkpoint")
    assert made.licence == "not stated"
    assert list(place.iterdir()) == [place / "tiny"]


def test_every_file_has_its_digest(checkpoint: Path, place: Path) -> None:
    made = export_checkpoint(checkpoint, place / "tiny")
    names = {path.name for path in (place / "tiny").iterdir()}
    assert names == {"model.json", *made.files}
    for name, digest in made.files.items():
        raw = (place / "tiny" / name).read_bytes()
        assert (hashlib.sha256(raw).hexdigest(), len(raw)) == (digest.sha256, digest.size)


def test_the_same_checkpoint_gives_the_same_bytes(checkpoint: Path, place: Path) -> None:
    first = export_checkpoint(checkpoint, place / "one", name="x")
    second = export_checkpoint(checkpoint, place / "two", name="x")
    assert first == second


def test_what_the_caller_knows_is_noted(checkpoint: Path, place: Path) -> None:
    made = export_checkpoint(
        checkpoint,
        place / "tiny",
        name="A name",
        origin=Source("hub", "some/model", "abc"),
        licence="MIT",
    )
    assert (made.name, made.licence) == ("A name", "MIT")
    assert made.source == Source("hub", "some/model", "abc")


@pytest.mark.parametrize(
    ("readme", "licence"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\n# Model\n", "mit"),
        ("---\r\nlicense: 'apache-2.0'\r\n---\r\n", "apache-2.0"),
        ("---\nlicense:\n  - mit\n---\n", "not stated"),
        ("---\nlicense: [mit]\n---\n", "not stated"),
        ("# Model\nlicense: mit\n", "not stated"),
        ("---\nname: x\n---\nlicense: mit\n", "not stated"),
        ("", "not stated"),
    ],
)
def test_the_licence_of_the_readme(
    checkpoint: Path, place: Path, readme: str, licence: str
) -> None:
    (checkpoint / "README.md").write_bytes(readme.encode())
    assert export_checkpoint(checkpoint, place / "tiny").licence == licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("Modified MIT License\n\nSoftware Copyright (c) 2019 OpenAI\n", "Modified MIT License"),
        ("\n        Apache License\n    Version 2.0, January 2004\n", "Apache License"),
        ("All rights reserved; see the License\n", "not stated"),
        ("MIT License \x1b[2J\n", "not stated"),
        ("", "not stated"),
    ],
)
def test_the_title_of_the_licence_file(
    checkpoint: Path, place: Path, text: str, licence: str
) -> None:
    (checkpoint / "LICENSE").write_text(text)
    assert export_checkpoint(checkpoint, place / "tiny").licence == licence


def test_the_readme_comes_before_the_licence_file(checkpoint: Path, place: Path) -> None:
    (checkpoint / "README.md").write_text("---\nlicense: mit\n---\n")
    (checkpoint / "LICENSE").write_text("Apache License\n")
    assert export_checkpoint(checkpoint, place / "tiny").licence == "mit"


def test_an_empty_folder_is_taken(checkpoint: Path, place: Path) -> None:
    (place / "tiny").mkdir()
    export_checkpoint(checkpoint, place / "tiny")
    assert read_manifest(place / "tiny").name == "tiny"


def test_progress_rises_to_the_end(checkpoint: Path, place: Path) -> None:
    seen: list[Progress] = []
    export_checkpoint(checkpoint, place / "tiny", progress=seen.append)
    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages == ["writing weights", "checking the graph"]
    for stage in stages:
        done = [progress.done for progress in seen if progress.stage == stage]
        assert done == sorted(done)
        assert done[-1] == 1


def test_weights_lie_where_they_can_be_mapped(place: Path, tmp_path: Path) -> None:
    shape = Shape(layers=1, heads=4, width=256, window=1024)
    source = write_checkpoint(tmp_path / "larger", shape)
    export_checkpoint(source, place / "larger", precision="fp32")
    graph = onnx.load(place / "larger" / "model.onnx", load_external_data=False).graph
    entries = {
        tensor.name: {entry.key: entry.value for entry in tensor.external_data}
        for tensor in graph.initializer
        if tensor.external_data
    }
    assert set(entries) == set(random_tensors(shape))
    sizes = []
    for entry in entries.values():
        assert entry["location"] == "model.onnx.data"
        size, offset = int(entry["length"]), int(entry["offset"])
        sizes.append(size)
        assert offset % (65536 if size >= 1 << 20 else 64) == 0
    assert max(sizes) >= 1 << 20
    stored = np.memmap(place / "larger" / "model.onnx.data", np.uint8)
    for name, tensor in random_tensors(shape).items():
        offset = int(entries[name]["offset"])
        assert stored[offset : offset + tensor.nbytes].tobytes() == tensor.tobytes(), name


def test_a_tied_head_is_stored_once_and_its_own_beside(checkpoint: Path, place: Path) -> None:
    tied = (
        export_checkpoint(checkpoint, place / "tied", precision="fp32")
        .files["model.onnx.data"]
        .size
    )
    head = random_head(TINY)
    save_file(random_tensors(TINY) | {"lm_head.weight": head}, checkpoint / "model.safetensors")
    write_config(checkpoint, changes={"tie_word_embeddings": False})
    own = (
        export_checkpoint(checkpoint, place / "own", precision="fp32").files["model.onnx.data"].size
    )
    assert head.nbytes <= own - tied < head.nbytes + 64


# From here on: what fails, fails in one line and leaves nothing behind.


def refused(source: Path, out: Path, words: str, kind: type[UserError] = ModelError) -> None:
    before = set(out.parent.iterdir())
    with pytest.raises(kind, match=words) as caught:
        export_checkpoint(source, out)
    assert "\n" not in str(caught.value)
    assert set(out.parent.iterdir()) == before


def test_a_folder_that_is_in_use(checkpoint: Path, place: Path) -> None:
    (place / "tiny").mkdir()
    (place / "tiny" / "mine.txt").write_text("mine")
    refused(checkpoint, place / "tiny", "already there and not empty", StorageError)
    assert (place / "tiny" / "mine.txt").read_text() == "mine"


def test_a_file_in_the_way(checkpoint: Path, place: Path) -> None:
    (place / "tiny").write_text("mine")
    refused(checkpoint, place / "tiny", "already there and is no folder", StorageError)


def test_no_folder_to_put_it_in(checkpoint: Path, place: Path) -> None:
    with pytest.raises(StorageError, match="there is no folder"):
        export_checkpoint(checkpoint, place / "missing" / "tiny")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31m", "x" * 101])
def test_names_that_are_none(checkpoint: Path, place: Path, name: str) -> None:
    with pytest.raises(ModelError, match="is no name for a model"):
        export_checkpoint(checkpoint, place / "tiny", name=name)


def test_an_unknown_precision(checkpoint: Path, place: Path) -> None:
    with pytest.raises(ModelError, match="precision 'fp8' is not one of int8, fp32, fp16"):
        export_checkpoint(checkpoint, place / "tiny", precision="fp8")


def test_a_bad_value_found_while_the_weights_are_written(checkpoint: Path, place: Path) -> None:
    tensors = random_tensors(TINY)
    tensors["ln_f.bias"][0] = np.nan
    save_file(tensors, checkpoint / "model.safetensors")
    refused(checkpoint, place / "tiny", r"tensor ln_f\.bias holds NaN")


def test_values_that_overflow(checkpoint: Path, place: Path) -> None:
    tensors = random_tensors(TINY)
    tensors["h.0.mlp.c_fc.weight"][:] = 3e38
    save_file(tensors, checkpoint / "model.safetensors")
    refused(checkpoint, place / "tiny", "differ from the reference by nan")


def test_a_bad_tokenizer(checkpoint: Path, place: Path) -> None:
    (checkpoint / "tokenizer.json").write_text("{}")
    refused(checkpoint, place / "tiny", "is no byte-pair tokenizer")


def test_a_tokenizer_without_end_of_text(checkpoint: Path, place: Path) -> None:
    path = checkpoint / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8").replace("<|endoftext|>", "<|stop|>"))
    refused(checkpoint, place / "tiny", "has no token")


def raising(error: BaseException) -> Callable[..., Any]:
    def function(*_: object, **__: object) -> None:
        raise error

    return function


def test_a_full_disk(checkpoint: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(WeightsFile, "add", raising(full))
    refused(checkpoint, place / "tiny", "cannot write .*No space left on device", StorageError)


def test_a_rename_that_fails(
    checkpoint: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "rename", raising(OSError(errno.EACCES, "Permission denied")))
    refused(checkpoint, place / "tiny", "cannot write .*Permission denied", StorageError)


@pytest.mark.parametrize("step", ["build_graph", "check_graph", "_write_manifest"])
def test_ctrl_c_leaves_nothing(
    checkpoint: Path, place: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(exporter, step, raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        export_checkpoint(checkpoint, place / "tiny")
    assert list(place.iterdir()) == []


def test_a_wrong_graph_is_not_kept(
    checkpoint: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph is built from weights with one bias gone; the reference has all of them."""
    add = WeightsFile.add

    def lose_a_bias(self: WeightsFile, name: str, array: Any) -> onnx.TensorProto:
        return add(self, name, array * 0 if name == "h.1.mlp.c_proj.bias" else array)

    monkeypatch.setattr(WeightsFile, "add", lose_a_bias)
    refused(checkpoint, place / "tiny", "the exported graph is wrong")


def test_a_graph_that_does_not_run(
    checkpoint: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_cache_type", lambda _: np.int8)
    refused(checkpoint, place / "tiny", "the exported graph does not run")


def test_the_self_check_passes_with_room_to_spare(checkpoint: Path, place: Path) -> None:
    (made,) = export_checkpoint(checkpoint, place / "tiny", precision="fp32").graphs
    opened: Checkpoint = open_checkpoint(checkpoint)
    assert check_graph(place / "tiny", made, opened) < 1e-5


def test_the_smallest_window_can_be_checked(place: Path, tmp_path: Path) -> None:
    source = write_checkpoint(tmp_path / "short", Shape(layers=1, heads=2, width=16, window=4))
    export_checkpoint(source, place / "short")


def test_nothing_of_the_screen_and_no_torch_is_imported() -> None:
    program = (
        "import sys, export.exporter, export.command\n"
        "found = {'torch', 'textual', 'rich', 'onnxruntime'} & set(sys.modules)\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
