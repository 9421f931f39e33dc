"""`model.json`: what is read, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt2_tui.errors import ModelError
from gpt2_tui.models.manifest import Manifest, format_manifest, parse_manifest, read_manifest
from tests.models.spoil import Json, copy_of, describe, description

GOOD: Json = {
    "format": 2,
    "name": "tiny",
    "architecture": {
        "type": "gpt2",
        "layers": 2,
        "heads": 4,
        "width": 64,
        "window": 64,
        "vocabulary": 297,
        "end_of_text": 296,
    },
    "graphs": [
        {
            "file": "model.onnx",
            "data": "model.onnx.data",
            "step": "model_step.onnx",
            "precision": "fp32",
            "cache": "float",
            "providers": ["CPUExecutionProvider"],
        }
    ],
    "files": {
        "model.onnx": {"sha256": "a" * 64, "bytes": 1},
        "model.onnx.data": {"sha256": "b" * 64, "bytes": 2},
        "model_step.onnx": {"sha256": "d" * 64, "bytes": 4},
        "tokenizer.json": {"sha256": "c" * 64, "bytes": 3},
    },
    "source": {"kind": "folder", "name": "here", "revision": None},
    "licence": "MIT",
    "exporter": "gpt2-tui 0.1.0",
}
PLACES = [
    (where, name)
    for where, fields in (
        ((), GOOD),
        (("architecture",), GOOD["architecture"]),
        (("graphs", 0), GOOD["graphs"][0]),
        (("files", "model.onnx"), GOOD["files"]["model.onnx"]),
        (("source",), GOOD["source"]),
    )
    for name in fields
]


def altered(where: tuple[Any, ...], name: str, value: object) -> Json:
    """GOOD with one field changed, or taken out if the value is `...`."""
    copy: Json = json.loads(json.dumps(GOOD))
    fields = copy
    for step in where:
        fields = fields[step]
    if value is ...:
        del fields[name]
    else:
        fields[name] = value
    return copy


def test_what_it_says_is_read() -> None:
    manifest = parse_manifest(GOOD)
    shape = manifest.architecture
    assert (shape.layers, shape.heads, shape.width, shape.head_size) == (2, 4, 64, 16)
    assert (shape.window, shape.vocabulary, shape.end_of_text) == (64, 297, 296)
    assert (manifest.name, manifest.licence) == ("tiny", "MIT")
    assert manifest.graphs[0].data == "model.onnx.data"
    assert manifest.files["tokenizer.json"].size == 3
    assert manifest.source.revision is None


def test_what_is_written_is_read_as_the_same(model_folder: Path) -> None:
    for manifest in (parse_manifest(GOOD), read_manifest(model_folder)):
        assert parse_manifest(json.loads(format_manifest(manifest))) == manifest


def test_the_exporters_description_names_all_files_of_its_folder(model_folder: Path) -> None:
    manifest = read_manifest(model_folder)
    there = {path.name for path in model_folder.iterdir()} - {"model.json"}
    assert set(manifest.files) == there


@pytest.mark.parametrize(("where", "name"), PLACES, ids=str)
def test_a_field_that_is_missing_or_of_another_kind_is_named(
    where: tuple[Any, ...], name: str
) -> None:
    wrong: list[object] = [..., [[]], {"x": 1}, True, 1.5, ""]
    for value in wrong:
        with pytest.raises(ValueError, match=r"."):
            parse_manifest(altered(where, name, value))


@pytest.mark.parametrize(
    ("where", "name", "value", "said"),
    [
        ((), "format", 1, "format is 1"),
        (("architecture",), "type", "llama", "'llama'"),
        (("architecture",), "heads", 5, "5 heads"),
        (("architecture",), "layers", 0, "layers"),
        (("architecture",), "layers", 1001, "'layers'.*between 1 and 1000"),
        (("architecture",), "heads", 10**18, "heads"),
        (("architecture",), "width", 10**18, "width"),
        (("architecture",), "window", 10**18, "window"),
        (("architecture",), "vocabulary", 10**9, "vocabulary"),
        (("architecture",), "vocabulary", 10**400, "vocabulary"),
        (("architecture",), "window", -1, "window"),
        (("architecture",), "window", 3, "too short"),
        (("architecture",), "end_of_text", 297, "end_of_text"),
        (("architecture",), "end_of_text", -1, "end_of_text"),
        ((), "graphs", [], "graph"),
        (("files", "model.onnx"), "sha256", "A" * 64, "sha256"),
        (("files", "model.onnx"), "sha256", "a" * 63, "sha256"),
        (("files", "model.onnx"), "sha256", "a" * 64 + "\n", "sha256"),
        (("files", "model.onnx"), "bytes", 0, "bytes"),
        (("files", "model.onnx"), "bytes", 2**53, "bytes"),
        (("files", "model.onnx"), "bytes", 10**400, "bytes"),
        (("graphs", 0), "file", "other.onnx", "other.onnx"),
        (("graphs", 0), "data", "other.data", "other.data"),
    ],
    ids=str,
)
def test_a_description_that_cannot_be_right_is_refused_with_its_reason(
    where: tuple[Any, ...], name: str, value: object, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        parse_manifest(altered(where, name, value))


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ((), "format", 10**4000),
        (("architecture",), "type", "x" * 900_000),
        (("architecture",), "end_of_text", 10**4000),
        (("graphs", 0), "file", "x" * 900_000),
        (("files",), "x" * 900_000, {"sha256": "a" * 64, "bytes": 1}),
        ((), "graphs", [GOOD["graphs"][0] | {"file": f"{n}.onnx"} for n in range(9000)]),
    ],
    ids=["format", "type", "end of text", "file", "files", "graphs"],
)
def test_a_value_without_end_is_not_told_in_full(
    where: tuple[Any, ...], name: str, value: object
) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_manifest(altered(where, name, value))
    assert len(str(caught.value)) < 200


def test_the_tokenizer_must_have_a_digest() -> None:
    with pytest.raises(ValueError, match=r"tokenizer\.json"):
        parse_manifest(altered(("files",), "tokenizer.json", ...))


UNSAFE_NAMES = [
    "../model.onnx",
    "..",
    ".",
    "",
    "/etc/passwd",
    "sub/model.onnx",
    "sub\\model.onnx",
    "C:model.onnx",
    "model.onnx\0.txt",
    "model\n.onnx",
    "model.onnx\n",
    ".hidden",
    "-rf",
    "mödel.onnx",
    "\u202exnno.ledom",
    "model.json",
    "a" * 101,
]


@pytest.mark.parametrize("name", UNSAFE_NAMES, ids=ascii)
def test_a_file_name_that_could_leave_the_folder_or_fool_a_reader_is_refused(name: str) -> None:
    digest = {"sha256": "d" * 64, "bytes": 4}
    for spoilt in (
        altered(("files",), name, digest),
        altered(("graphs", 0), "file", name),
        altered(("graphs", 0), "data", name),
    ):
        with pytest.raises(ValueError, match=r"."):
            parse_manifest(spoilt)


@pytest.mark.parametrize(
    "text",
    ["two\nlines", "\x1b]0;title\x07", "\u202eevil", "\x9b2J", "\ud800", "a\u2028b"],
    ids=ascii,
)
@pytest.mark.parametrize("field", ["name", "licence", "exporter"])
def test_a_text_that_would_act_on_a_terminal_is_refused(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=field):
        parse_manifest(altered((), field, text))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(place=st.sampled_from(PLACES), value=json_values)
def test_whatever_a_field_holds_it_is_read_or_refused_with_a_reason(
    place: tuple[tuple[Any, ...], str], value: object
) -> None:
    said = ""
    read: Manifest | None = None
    try:
        read = parse_manifest(altered(*place, value))
    except ValueError as refused:
        said = str(refused)
    if read is None:
        assert said
    else:
        assert parse_manifest(json.loads(format_manifest(read))) == read


@given(json_values)
def test_any_other_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_manifest(value)


BAD_FILES = {
    "empty": b"",
    "cut": json.dumps(GOOD).encode()[:200],
    "not UTF-8": b'{"name": "\xff"}',
    "not JSON": b"hello",
    "a list": b"[]",
    "nested without end": b"[" * 200_000,
    "a number of 5000 digits": b'{"format": ' + b"1" * 5000 + b"}",
    "two megabytes": b" " * (2 << 20),
}


@pytest.mark.parametrize("data", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_damaged_description_is_one_line_that_names_the_file(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_bytes(data)
    with pytest.raises(ModelError, match=r"model\.json") as caught:
        read_manifest(tmp_path)
    assert "\n" not in str(caught.value)


def spoilt(model_folder: Path, to: Path, change: Callable[[Json], object]) -> Path:
    return describe(copy_of(model_folder, to), change)


def test_the_reason_stands_in_the_error(model_folder: Path, tmp_path: Path) -> None:
    folder = spoilt(
        model_folder, tmp_path / "m", lambda value: value["architecture"].update(type="bert")
    )
    with pytest.raises(ModelError, match=r"'bert', not 'gpt2'.*export the model again"):
        read_manifest(folder)


def test_the_example_is_like_what_the_exporter_writes(model_folder: Path) -> None:
    real = description(model_folder)
    assert real.keys() == GOOD.keys()
    assert real["architecture"] == GOOD["architecture"]
    assert real["files"].keys() == GOOD["files"].keys()
    assert real["graphs"] == GOOD["graphs"]
