"""Checkpoints in every accepted form give the same weights; the others are refused by name."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from export.checkpoint import open_checkpoint
from gpt2_tui.errors import ModelError
from tests.exporter.checkpoints import (
    TINY,
    Array,
    random_head,
    random_tensors,
    save_shards,
    write_checkpoint,
    write_config,
)

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
Tensors = dict[str, Array]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "checkpoint")


def read_all(folder: Path) -> Tensors:
    checkpoint = open_checkpoint(folder)
    return {name: checkpoint.read(name) for name in checkpoint.stored}


def head_of(folder: Path) -> str:
    return open_checkpoint(folder).head_name


def assert_same(found: Tensors, wanted: Tensors) -> None:
    assert set(found) == set(wanted)
    for name, tensor in wanted.items():
        np.testing.assert_array_equal(found[name], tensor, err_msg=name)
        assert found[name].dtype == np.float32


def test_plain(folder: Path) -> None:
    assert_same(read_all(folder), random_tensors(TINY))


def test_prefix_and_mask_buffers(folder: Path) -> None:
    stored = {f"transformer.{name}": tensor for name, tensor in random_tensors(TINY).items()}
    for layer in range(TINY.layers):
        mask = np.tri(TINY.window, dtype=np.float32)[None, None]
        stored[f"transformer.h.{layer}.attn.bias"] = mask
        stored[f"transformer.h.{layer}.attn.masked_bias"] = np.array(-1e4, np.float32)
    save_file(stored, folder / WEIGHTS)
    assert_same(read_all(folder), random_tensors(TINY))


def test_boolean_mask_buffers(folder: Path) -> None:
    masks = {"h.0.attn.bias": np.tri(TINY.window, dtype=np.bool_)[None, None]}
    save_file(random_tensors(TINY) | masks, folder / WEIGHTS)
    assert_same(read_all(folder), random_tensors(TINY))


def test_shards(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    save_shards(folder, random_tensors(TINY), ["a.safetensors", "b.safetensors"])
    assert_same(read_all(folder), random_tensors(TINY))


def test_files_may_be_links_as_in_the_hub_cache(folder: Path, tmp_path: Path) -> None:
    (folder / WEIGHTS).rename(tmp_path / "blob")
    (folder / WEIGHTS).symlink_to(tmp_path / "blob")
    assert_same(read_all(folder), random_tensors(TINY))


def test_float16_is_widened_exactly(folder: Path) -> None:
    half = {name: tensor.astype(np.float16) for name, tensor in random_tensors(TINY).items()}
    save_file(half, folder / WEIGHTS)
    assert_same(read_all(folder), {name: x.astype(np.float32) for name, x in half.items()})


def test_bfloat16_is_widened_exactly(folder: Path) -> None:
    tensors = random_tensors(TINY)
    write_bfloat16(folder / WEIGHTS, tensors)
    cut = {name: (x.view(np.uint32) & 0xFFFF0000).view(np.float32) for name, x in tensors.items()}
    assert_same(read_all(folder), cut)


def write_bfloat16(path: Path, tensors: Tensors) -> None:
    """Write safetensors by hand: numpy has no bfloat16. The lower half of each value is cut."""
    header, data = {}, b""
    for name, tensor in tensors.items():
        upper = (tensor.view(np.uint32) >> 16).astype("<u2").tobytes()
        place = [len(data), len(data) + len(upper)]
        header[name] = {"dtype": "BF16", "shape": list(tensor.shape), "data_offsets": place}
        data += upper
    raw = json.dumps(header).encode()
    path.write_bytes(len(raw).to_bytes(8, "little") + raw + data)


def test_a_head_equal_to_the_embedding_is_tied(folder: Path) -> None:
    tensors = random_tensors(TINY)
    save_file(tensors | {"lm_head.weight": tensors["wte.weight"]}, folder / WEIGHTS)
    assert head_of(folder) == "wte.weight"


def test_a_head_of_its_own(folder: Path) -> None:
    save_file(random_tensors(TINY) | {"lm_head.weight": random_head(TINY)}, folder / WEIGHTS)
    write_config(folder, changes={"tie_word_embeddings": False})
    assert head_of(folder) == "lm_head.weight"
    np.testing.assert_array_equal(read_all(folder)["lm_head.weight"], random_head(TINY))


def test_a_head_that_config_says_is_tied_but_differs(folder: Path) -> None:
    save_file(random_tensors(TINY) | {"lm_head.weight": random_head(TINY)}, folder / WEIGHTS)
    refused(folder, r"lm_head\.weight differs from wte\.weight")


def test_a_missing_head(folder: Path) -> None:
    write_config(folder, changes={"tie_word_embeddings": False})
    refused(folder, r"tensor lm_head\.weight is missing")


def test_a_file_that_shrinks_after_it_was_opened(folder: Path) -> None:
    checkpoint = open_checkpoint(folder)
    os.truncate(folder / WEIGHTS, 2000)
    with pytest.raises(ModelError, match="was cut while it was read"):
        checkpoint.read("wte.weight")


def refused(folder: Path, words: str) -> None:
    """The checkpoint is refused in one line with `words`, when it is opened or read."""
    with pytest.raises(ModelError, match=words) as caught:
        read_all(folder)
    assert "\n" not in str(caught.value)


def _drop(tensors: Tensors) -> None:
    del tensors["h.1.mlp.c_fc.bias"]


def _turn(tensors: Tensors) -> None:
    tensors["h.0.mlp.c_fc.weight"] = np.ascontiguousarray(tensors["h.0.mlp.c_fc.weight"].T)


def _add(tensors: Tensors) -> None:
    tensors["h.2.ln_1.weight"] = tensors["h.1.ln_1.weight"]


def _repeat(tensors: Tensors) -> None:
    tensors["transformer.wpe.weight"] = tensors["wpe.weight"]


def _spoil(value: float) -> Callable[[Tensors], None]:
    def change(tensors: Tensors) -> None:
        tensors["h.1.ln_2.weight"][3] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_drop, r"tensor h\.1\.mlp\.c_fc\.bias is missing"),
        (_turn, r"h\.0\.mlp\.c_fc\.weight has shape \[256, 64\], config\.json says \[64, 256\]"),
        (_add, r"tensor h\.2\.ln_1\.weight is not part of a GPT-2"),
        (_repeat, r"tensor wpe\.weight with and without 'transformer\.'"),
        (_spoil(float("nan")), r"tensor h\.1\.ln_2\.weight holds NaN or infinite"),
        (_spoil(float("inf")), r"tensor h\.1\.ln_2\.weight holds NaN or infinite"),
    ],
)
def test_wrong_tensors(folder: Path, change: Callable[[Tensors], None], words: str) -> None:
    tensors = random_tensors(TINY)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)
    refused(folder, words)


def test_a_name_without_end_is_not_told_in_full(folder: Path) -> None:
    tensors = random_tensors(TINY) | {"x" * 100_000: np.zeros(1, np.float32)}
    save_file(tensors, folder / WEIGHTS)
    refused(folder, "tensor x{60}… is not part of a GPT-2")


def test_whole_numbers_are_refused(folder: Path) -> None:
    tensors = random_tensors(TINY)
    whole = {"ln_f.weight": np.ones(TINY.width, np.int8)}
    save_file(tensors | whole, folder / WEIGHTS)
    refused(folder, r"tensor ln_f\.weight is I8")


def test_a_config_that_lies_about_its_shape(folder: Path) -> None:
    write_config(folder, changes={"n_layer": 3})
    refused(folder, r"tensor h\.2\.ln_1\.weight is missing")


@pytest.mark.parametrize("raw", [b"", b"abc", b"\xff" * 100, b"\x10" + bytes(7) + b"{"])
def test_a_damaged_file(folder: Path, raw: bytes) -> None:
    (folder / WEIGHTS).write_bytes(raw)
    refused(folder, r"model\.safetensors is damaged or not safetensors")


def test_a_cut_file(folder: Path) -> None:
    raw = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(raw[:-1])
    refused(folder, "is damaged or not safetensors")


def test_a_tensor_named_twice_in_one_file(folder: Path) -> None:
    entry = b'"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    header = b"{" + entry + b"," + entry + b"}"
    (folder / WEIGHTS).write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    refused(folder, "holds x twice")


def test_a_huge_header(folder: Path) -> None:
    with (folder / WEIGHTS).open("wb") as file:
        file.write((50 << 20).to_bytes(8, "little"))
        file.truncate(60 << 20)
    refused(folder, "its header is too large")


@pytest.mark.parametrize("name", ["../a.safetensors", "/a.safetensors", "a/b.safetensors", "a.bin"])
def test_a_shard_name_that_is_no_plain_name(folder: Path, name: str) -> None:
    (folder / WEIGHTS).unlink()
    (folder / INDEX).write_text(json.dumps({"weight_map": {"wte.weight": name}}))
    refused(folder, "not a plain safetensors file name")


def test_a_missing_shard(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    save_shards(folder, random_tensors(TINY), ["a.safetensors", "b.safetensors"])
    (folder / "b.safetensors").unlink()
    refused(folder, r"lacks b\.safetensors")


def test_a_tensor_in_two_shards(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    tensors = random_tensors(TINY)
    save_shards(folder, tensors, ["a.safetensors", "b.safetensors"])
    save_file(tensors, folder / "b.safetensors")
    refused(folder, r"is in both a\.safetensors and b\.safetensors")


def test_a_file_and_an_index(folder: Path) -> None:
    save_shards(folder, random_tensors(TINY), ["a.safetensors"])
    refused(folder, "has both")


@pytest.mark.parametrize("raw", [b"{}", b'{"weight_map": []}'])
def test_an_index_without_its_map(folder: Path, raw: bytes) -> None:
    (folder / WEIGHTS).unlink()
    (folder / INDEX).write_bytes(raw)
    refused(folder, "has no weight_map")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt"])
def test_pickles_alone(folder: Path, name: str) -> None:
    (folder / WEIGHTS).rename(folder / name)
    refused(folder, f"has only {name}, a pickle")


def test_no_weights_at_all(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    refused(folder, r"has no model\.safetensors")


def test_weights_that_are_a_folder(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).mkdir()
    refused(folder, "is not a regular file")


def test_a_source_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(tmp_path / "file", "is not a folder")
