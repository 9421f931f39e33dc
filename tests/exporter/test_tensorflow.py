"""OpenAI's TensorFlow checkpoints: the same weights as from safetensors, or one clear line."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from export.checkpoint import open_checkpoint
from export.exporter import export_checkpoint
from export.sorted_table import read_table
from export.tensor_bundle import BundleTensor, find_tensors
from gpt2_tui.errors import ModelError
from tests.exporter import bundles
from tests.exporter.checkpoints import (
    Array,
    random_tensors,
    write_config,
    write_tokenizer_json,
    write_tokenizer_pair,
)
from tests.exporter.make_tensorflow import (
    TENSORFLOW_FOLDER,
    TENSORFLOW_SEED,
    TENSORFLOW_SHAPE,
    variables,
)

INDEX = "model.ckpt.index"
DATA = "model.ckpt.data-00000-of-00001"
TENSORS = random_tensors(TENSORFLOW_SHAPE, TENSORFLOW_SEED)
VARIABLES = variables(TENSORS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that TensorFlow wrote."""
    return shutil.copytree(TENSORFLOW_FOLDER, tmp_path / "checkpoint")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, for tests that write a file of it anew each time they read it."""
    return shutil.copytree(TENSORFLOW_FOLDER, tmp_path_factory.mktemp("many") / "checkpoint")


def read_all(folder: Path) -> dict[str, Array]:
    checkpoint = open_checkpoint(folder)
    return {name: checkpoint.read(name) for name in checkpoint.stored}


def assert_right(found: Mapping[str, Array]) -> None:
    assert set(found) == set(TENSORS)
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(found[name], tensor, err_msg=name)


def refused(folder: Path, words: str) -> None:
    """The checkpoint is refused in one line with `words`, when it is opened or read."""
    with pytest.raises(ModelError, match=words) as caught:
        read_all(folder)
    assert str(caught.value).isprintable()


def write(folder: Path, changes: Mapping[str, bytes] | None = None, shards: int = 1) -> None:
    """Write the checkpoint anew with some index entries changed, every checksum right."""
    bundles.write_bundle(folder, VARIABLES, changes, shards=shards)


def rename(folder: Path, name: str) -> None:
    for path in list(folder.glob("model.ckpt.*")):
        path.rename(folder / path.name.replace("model.ckpt", name))


def test_every_value_that_tensorflow_wrote(folder: Path) -> None:
    assert_right(read_all(folder))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_it_exports_to_the_same_files_as_safetensors(
    folder: Path, tmp_path: Path, precision: str
) -> None:
    write_tokenizer_pair(folder, "encoder.json", "vocab.bpe")
    (folder / "model.ckpt.meta").write_bytes(b"not read")
    hub = tmp_path / "hub"
    hub.mkdir()
    write_config(hub, TENSORFLOW_SHAPE)
    write_tokenizer_json(hub)
    save_file(TENSORS, hub / "model.safetensors")
    ours = export_checkpoint(folder, tmp_path / "ours", precision=precision)
    theirs = export_checkpoint(hub, tmp_path / "theirs", precision=precision)
    assert ours.architecture == theirs.architecture
    assert ours.graphs == theirs.graphs
    assert ours.files == theirs.files


def test_the_writer_of_these_tests_writes_what_tensorflow_writes(tmp_path: Path) -> None:
    write(tmp_path)
    for name in (INDEX, DATA):
        assert (tmp_path / name).read_bytes() == (TENSORFLOW_FOLDER / name).read_bytes()


def test_several_data_files(folder: Path) -> None:
    (folder / DATA).unlink()
    write(folder, shards=3)
    assert_right(read_all(folder))


def entries() -> list[bundles.Pair]:
    """The keys and values of the index that TensorFlow wrote, in order."""
    return list(read_table((TENSORFLOW_FOLDER / INDEX).read_bytes()))


@pytest.mark.parametrize("block_entries", [1, 2, 7])
def test_an_index_of_many_blocks(folder: Path, block_entries: int) -> None:
    pairs = entries()
    starts = range(0, len(pairs), block_entries)
    blocks = [pairs[start : start + block_entries] for start in starts]
    (folder / INDEX).write_bytes(bundles.table(blocks))
    assert_right(read_all(folder))


@pytest.mark.parametrize(
    "path", ["model-1000", "/models/117M/model-1000", r"C:\\models\\model-1000"]
)
def test_the_checkpoint_file_names_the_newest_checkpoint_of_its_folder(
    folder: Path, path: str
) -> None:
    rename(folder, "model-1000")
    (folder / "checkpoint").write_text(
        f'model_checkpoint_path: "{path}"\nall_model_checkpoint_paths: "model-10"\n'
    )
    assert_right(read_all(folder))


def test_without_a_checkpoint_file_the_usual_name_is_taken(folder: Path) -> None:
    (folder / "checkpoint").unlink()
    assert_right(read_all(folder))


@pytest.mark.parametrize("path", ["", "..", "a/..", "a/", ".hidden", "a\nb", "a\x1b[2J", "x" * 300])
def test_a_checkpoint_file_that_names_no_plain_file(folder: Path, path: str) -> None:
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "{path}"\n')
    refused(folder, "names no checkpoint")


def test_a_checkpoint_that_is_named_but_not_there(folder: Path) -> None:
    (folder / "checkpoint").write_text('model_checkpoint_path: "model-7"\n')
    refused(folder, r"has no model-7\.index")


def test_two_layouts_in_one_folder(folder: Path) -> None:
    write_config(folder, TENSORFLOW_SHAPE)
    refused(folder, r"has both config\.json and hparams\.json; remove one")


def change_hparams(folder: Path, **changes: object) -> None:
    fields = json.loads((folder / "hparams.json").read_text()) | changes
    kept = {name: value for name, value in fields.items() if value is not None}
    (folder / "hparams.json").write_text(json.dumps(kept))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_vocab": None}, r"hparams\.json: n_vocab is missing"),
        ({"n_ctx": "16"}, r"hparams\.json: n_ctx is '16', not a whole number"),
        ({"n_embd": 0}, r"hparams\.json: n_embd is 0, not between"),
        ({"n_head": 3}, r"hparams\.json: n_embd 16 cannot be shared by n_head 3"),
        ({"n_layer": 10**9}, r"hparams\.json: n_layer is 1000000000, not between"),
        ({"n_ctx": 2}, r"hparams\.json: a window of 2 tokens is too short"),
        ({"n_ctx": 32}, r"wpe\.weight has shape \[16, 16\], hparams\.json says \[32, 16\]"),
        ({"n_vocab": 9}, r"wte\.weight has shape \[297, 16\], hparams\.json says \[9, 16\]"),
        ({"n_layer": 3}, r"tensor h\.2\.ln_1\.weight is missing"),
        ({"n_layer": 1}, r"tensor model/h1/attn/c_attn/b is not part of a GPT-2"),
    ],
)
def test_hparams_that_are_wrong(folder: Path, changes: dict[str, object], words: str) -> None:
    change_hparams(folder, **changes)
    refused(folder, words)


@pytest.mark.parametrize("name", [INDEX, DATA])
def test_a_file_that_is_missing_or_a_folder(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(folder, f"has no {name}")
    (folder / name).mkdir()
    refused(folder, "is not a regular file")


def test_a_huge_index(folder: Path) -> None:
    with (folder / INDEX).open("r+b") as file:
        file.truncate(1 << 30)
    refused(folder, "is larger than 1048576 bytes")


def test_data_cut_off(folder: Path) -> None:
    raw = (folder / DATA).read_bytes()
    (folder / DATA).write_bytes(raw[:-1])
    refused(folder, "is cut off: it has 46399 bytes, its index says 46400")


def test_data_that_shrinks_after_it_was_opened(folder: Path) -> None:
    checkpoint = open_checkpoint(folder)
    (folder / DATA).write_bytes(b"")
    with pytest.raises(ModelError, match="was cut while it was read"):
        checkpoint.read("wte.weight")


@settings(deadline=None)
@given(place=st.integers(0, 46399), bit=st.integers(0, 7))
def test_any_bit_flipped_in_the_data_is_noticed(scratch: Path, place: int, bit: int) -> None:
    raw = bytearray((TENSORFLOW_FOLDER / DATA).read_bytes())
    raw[place] ^= 1 << bit
    restore(scratch)
    (scratch / DATA).write_bytes(raw)
    refused(scratch, "is damaged: tensor model/.* does not match its checksum")


@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
def test_any_byte_changed_in_the_index_is_noticed_or_without_effect(
    scratch: Path, bits: int
) -> None:
    """Without effect are the filler of the footer and what points to the unused meta index."""
    raw = (TENSORFLOW_FOLDER / INDEX).read_bytes()
    restore(scratch)
    right = find_tensors(scratch / INDEX)
    outcomes = []
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ bits]) + raw[place + 1 :]
        (scratch / INDEX).write_bytes(changed)
        outcomes.append(found_unless_refused(scratch / INDEX))
    accepted = [found for found in outcomes if found is not None]
    assert all(found == right for found in accepted)
    assert len(accepted) < 60


def found_unless_refused(index: Path) -> dict[str, BundleTensor] | None:
    try:
        return find_tensors(index)
    except ModelError:
        return None


def restore(scratch: Path) -> None:
    """Put back what TensorFlow wrote."""
    for name in (INDEX, DATA):
        shutil.copyfile(TENSORFLOW_FOLDER / name, scratch / name)


@settings(deadline=None)
@given(st.data())
def test_an_index_cut_and_put_together_anyhow(scratch: Path, data: st.DataObject) -> None:
    raw = (TENSORFLOW_FOLDER / INDEX).read_bytes()
    places = st.integers(0, len(raw))
    pieces = st.builds(lambda a, b: raw[a:b], places, places) | st.binary(max_size=60)
    ends = st.sampled_from([b"", raw[-8:], raw[-48:]])
    found = b"".join(data.draw(st.lists(pieces, max_size=4))) + data.draw(ends)
    restore(scratch)
    (scratch / INDEX).write_bytes(found)
    if found == raw:
        assert_right(read_all(scratch))
    else:
        refused(scratch, r"model\.ckpt\.index is damaged or no TensorFlow checkpoint")


NAME = "model/h0/ln_1/g"
VALUE = VARIABLES[NAME].tobytes()
OFFSET = 46400 - len(VALUE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"": b""}, "tensor model/h0/attn/c_attn/b lies in data file 0 of 0"),
        ({"": bundles.header(big_endian=True)}, "its numbers are big-endian"),
        ({"": b"\x0a\x00"}, "an entry is damaged"),
        ({NAME: b"\x07"}, "an entry is damaged"),
        ({NAME: b"\x12\x7f"}, "it ends too soon"),
        ({NAME: b"\x08" + b"\xff" * 200 + b"\x01"}, "a number is too long"),
        ({NAME: bundles.entry([16], VALUE, kind=9)}, f"{NAME} is not float32, but .* type 9"),
        ({NAME: bundles.entry([16], VALUE, shard=1)}, f"{NAME} lies in data file 1 of 1"),
        ({NAME: bundles.entry([16], VALUE, shard=1 << 60)}, "lies in data file"),
        ({NAME: bundles.entry([15], VALUE)}, r"has 64 bytes, its shape \[15\]"),
        ({NAME: bundles.entry([1 << 62] * 8, VALUE)}, r"has 64 bytes, its shape"),
        ({NAME: bundles.entry([1] * 9, VALUE)}, "a shape is too long"),
        ({NAME: bundles.entry([16], VALUE, offset=OFFSET + 1)}, "is cut off: it has 46400 bytes"),
        ({NAME: bundles.entry([16], VALUE, offset=1 << 63)}, "is cut off: it has 46400 bytes"),
        ({NAME: bundles.entry([1 << 40], b"", size=1 << 42)}, "is cut off: it has 46400 bytes"),
        ({NAME: bundles.entry([4, 4], VALUE)}, r"ln_1\.weight has shape \[4, 4\], hparams\.json"),
        ({NAME: bundles.entry([16], VALUE) + b"\x3a\x00"}, f"{NAME} is cut into slices"),
        ({NAME: bundles.entry([16], VALUE) + b"\x12\x02\x08\x10"}, "has 64 bytes, its shape"),
        ({"model/h0/x": bundles.entry([16], VALUE)}, "tensor model/h0/x is not part of a GPT-2"),
        ({"wte.weight": bundles.entry([16], VALUE)}, r"tensor wte\.weight is not part of"),
        ({"lm_head.weight": bundles.entry([16], VALUE)}, r"tensor lm_head\.weight is not part"),
        ({"\x1b[2J": bundles.entry([16], VALUE)}, "a name holds control characters"),
        ({"é": bundles.entry([16], VALUE)}, "'ascii' codec can't decode"),
        ({"x" * 201: bundles.entry([16], VALUE)}, "a key is damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "entry",
)
def test_entries_that_are_wrong_under_right_checksums(
    folder: Path, changes: dict[str, bytes], words: str
) -> None:
    write(folder, changes)
    refused(folder, words)


def test_a_name_that_leaves_the_folder_is_only_a_name(folder: Path) -> None:
    write(folder, {"../../secret": bundles.entry([16], VALUE)})
    refused(folder, r"tensor \.\./\.\./secret is not part of a GPT-2")


def test_values_that_are_no_numbers(folder: Path) -> None:
    spoiled = VARIABLES[NAME].copy()
    spoiled[3] = np.nan
    bundles.write_bundle(folder, {**VARIABLES, NAME: spoiled})
    refused(folder, r"tensor h\.0\.ln_1\.weight holds NaN or infinite")


def blocks_out_of_order() -> bytes:
    first = bundles.with_trailer(bundles.block(entries()))
    place = bundles.handle(0, len(first) - 5)
    return bundles.with_index(first, [(b"n", place), (b"o", place)])


def block_beyond_the_end() -> bytes:
    return bundles.with_index(b"", [(b"n", bundles.handle(1 << 40, 1 << 40))])


def growing_keys() -> bytes:
    """Few bytes of the file for each, but in memory each is longer than the one before."""
    return bundles.table([[(b"x" * length, b"") for length in range(1, 2000)]])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "it is not a table"),
        (bytes(1000), "it is not a table"),
        (bundles.table([]), "a block is empty"),
        (bundles.table([entries()[1:]]), "it has no header"),
        (bundles.table([entries()], compression=1), "a block is compressed"),
        (bundles.table([entries(), entries()]), "its keys are out of order"),
        (bundles.table([entries()[::-1]]), "its keys are out of order"),
        (bundles.table([[entries()[0]] * 2]), "its keys are out of order"),
        (bundles.raw_table([(b"n", bundles.block([]))]), "a block is empty"),
        (bundles.raw_table([(b"n", b"")]), "a block is empty"),
        (bundles.raw_table([(b"n", b"\xff\xff\xff\xff")]), "a block is empty"),
        (bundles.raw_table([(b"n", b"\x01\x01\x00x" + bytes(4))]), "a key is damaged"),
        (bundles.raw_table([(b"n", b"\x00\x01\x09x" + bytes(4))]), "it ends too soon"),
        (blocks_out_of_order(), "its blocks are out of order"),
        (block_beyond_the_end(), "a block lies beyond its end"),
        (growing_keys(), "a key is damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "raw",
)
def test_tables_that_are_wrong_under_right_checksums(folder: Path, raw: bytes, words: str) -> None:
    (folder / INDEX).write_bytes(raw)
    refused(folder, f"damaged or no TensorFlow checkpoint: .*{words}")


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_as_the_header(scratch: Path, header: bytes) -> None:
    restore(scratch)
    right = find_tensors(scratch / INDEX)
    write(scratch, {"": header})
    assert found_unless_refused(scratch / INDEX) in (None, right)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([NAME, "x"]), st.binary(max_size=40), min_size=1))
def test_any_bytes_as_an_entry(scratch: Path, changes: dict[str, bytes]) -> None:
    write(scratch, changes)
    refused(scratch, "model.ckpt")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_as_a_block(scratch: Path, contents: bytes) -> None:
    (scratch / INDEX).write_bytes(bundles.raw_table([(b"n", contents)]))
    refused(scratch, "damaged or no TensorFlow checkpoint")
