"""A model folder is checked before anything in it is used."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gpt2_tui.errors import ModelError
from gpt2_tui.models import folder as folder_module
from gpt2_tui.models.folder import open_bundled, open_folder, sha256_of
from tests.models.spoil import GRAPH, STEP, WEIGHTS, copy_of, describe, flip_a_byte, put


@pytest.fixture
def model(model_folder: Path, tmp_path: Path) -> Path:
    """A model folder that may be spoilt."""
    return copy_of(model_folder, tmp_path / "model")


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are hashed from now on."""
    names: list[str] = []

    def counted(path: Path) -> str:
        names.append(path.name)
        return sha256_of(path)

    monkeypatch.setattr(folder_module, "sha256_of", counted)
    return names


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_link(path: Path) -> None:
    moved = path.rename(path.parent.parent / path.name)
    path.symlink_to(moved)


def make_hard_link(path: Path) -> None:
    os.link(path, path.parent.parent / path.name)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "is missing; export the model again"),
    "cut": (cut, "bytes, model.json says"),
    "grown": (grow, "bytes, model.json says"),
    "empty": (lambda path: path.write_bytes(b""), "has 0 bytes"),
    "first byte altered": (lambda path: flip_a_byte(path, 0), "sha256 differs"),
    "last byte altered": (flip_a_byte, "sha256 differs"),
    "a symbolic link": (make_link, "is a link or no plain file"),
    "a hard link": (make_hard_link, "is a link or no plain file"),
    "a folder": (make_folder, "is a link or no plain file"),
    "a pipe": (make_pipe, "is a link or no plain file"),
}


@pytest.mark.skipif(os.name == "nt", reason="links and pipes need rights on Windows")
@pytest.mark.parametrize("name", [GRAPH, WEIGHTS, STEP, "tokenizer.json"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_file_that_is_not_what_the_description_says_is_named(
    damage: str, name: str, model: Path, memory: Path
) -> None:
    spoil, said = DAMAGE[damage]
    spoil(model / name)
    with pytest.raises(ModelError) as caught:
        open_folder(model, memory)
    message = str(caught.value)
    assert str(model / name) in message
    assert said in message
    assert "\n" not in message


def test_damage_after_the_first_check_is_found_too(model: Path, memory: Path) -> None:
    open_folder(model, memory)
    weights = model / WEIGHTS
    times = weights.stat()
    flip_a_byte(weights)
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(ModelError, match="sha256 differs"):
        open_folder(model, memory)


def test_what_is_not_a_model_folder_is_told_apart(
    tmp_path: Path, memory: Path, model: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "config.json").write_bytes(b"{}")
    (model / "model.json").unlink()
    for name, said in {
        "nowhere": "there is no model folder",
        "empty": "is not a model folder: it has no model.json",
        "model": "is not a model folder: it has no model.json",
        "checkpoint": "is a checkpoint; make a model of it: gpt2-tui export",
        "file": "Not a directory",
    }.items():
        with pytest.raises(ModelError, match=said) as caught:
            open_folder(tmp_path / name, memory)
        assert "\n" not in str(caught.value)


def test_files_that_the_description_does_not_name_do_not_matter(model: Path, memory: Path) -> None:
    (model / "README.md").write_text("hello")
    assert set(open_folder(model, memory).digests) == {GRAPH, WEIGHTS, STEP, "tokenizer.json"}


def test_a_file_that_was_checked_is_not_hashed_again(
    model: Path, memory: Path, hashed: list[str]
) -> None:
    open_folder(model, memory)
    assert sorted(hashed) == [GRAPH, WEIGHTS, STEP, "tokenizer.json"]
    hashed.clear()
    open_folder(model, memory)
    assert hashed == []


def test_a_file_that_was_touched_is_hashed_again_and_alone(
    model: Path, memory: Path, hashed: list[str]
) -> None:
    open_folder(model, memory)
    hashed.clear()
    os.utime(model / WEIGHTS, ns=(1, 1))
    open_folder(model, memory)
    assert hashed == [WEIGHTS]


def test_a_file_put_in_the_place_of_another_is_hashed_again(
    model: Path, memory: Path, hashed: list[str]
) -> None:
    open_folder(model, memory)
    hashed.clear()
    state = (model / WEIGHTS).stat()
    other = model / "other"
    other.write_bytes((model / WEIGHTS).read_bytes())
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    other.replace(model / WEIGHTS)
    open_folder(model, memory)
    assert hashed == [WEIGHTS]


def test_another_digest_in_the_description_asks_for_another_check(
    model: Path, memory: Path
) -> None:
    open_folder(model, memory)
    describe(model, lambda value: value["files"][WEIGHTS].update(sha256="0" * 64))
    with pytest.raises(ModelError, match="sha256 differs"):
        open_folder(model, memory)


def test_a_failed_check_is_not_remembered_as_passed(model: Path, memory: Path) -> None:
    flip_a_byte(model / WEIGHTS)
    for _ in range(2):
        with pytest.raises(ModelError, match="sha256 differs"):
            open_folder(model, memory)


def test_two_models_are_remembered_beside_each_other(
    model: Path, memory: Path, tmp_path: Path, hashed: list[str]
) -> None:
    other = copy_of(model, tmp_path / "other")
    for folder in (model, other):
        open_folder(folder, memory)
    hashed.clear()
    for folder in (model, other):
        open_folder(folder, memory)
    assert hashed == []


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"a": 1}', b"\xff"], ids=repr)
def test_a_damaged_memory_only_costs_a_check(
    content: bytes, model: Path, memory: Path, hashed: list[str]
) -> None:
    open_folder(model, memory)
    for file in memory.iterdir():
        file.write_bytes(content)
    hashed.clear()
    open_folder(model, memory)
    assert len(hashed) == 4


def test_a_cache_that_cannot_be_written_only_costs_a_check(
    model: Path, tmp_path: Path, hashed: list[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    for _ in range(2):
        open_folder(model, tmp_path / "file" / "cache")
    assert len(hashed) == 8


def test_the_bundled_model_must_have_the_description_that_the_code_names(
    model: Path, hashed: list[str]
) -> None:
    digest = sha256_of(model / "model.json")
    hashed.clear()
    assert open_bundled(model, digest).path == model
    assert sorted(hashed) == [GRAPH, WEIGHTS, STEP, "tokenizer.json"]
    with pytest.raises(ModelError, match="altered; install gpt2-tui again"):
        open_bundled(model, "0" * 64)
    describe(model, lambda value: value.update(name="other"))
    with pytest.raises(ModelError, match="altered; install gpt2-tui again"):
        open_bundled(model, digest)


def test_the_bundled_models_files_are_checked_and_may_be_hard_links(
    model: Path, tmp_path: Path
) -> None:
    digest = sha256_of(model / "model.json")
    os.link(model / GRAPH, tmp_path / "as an installer does")
    open_bundled(model, digest)
    flip_a_byte(model / WEIGHTS)
    with pytest.raises(ModelError, match="sha256 differs"):
        open_bundled(model, digest)
    (model / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="is missing"):
        open_bundled(model, digest)
    (model / "model.json").unlink()
    with pytest.raises(ModelError, match="bundled model is missing"):
        open_bundled(model, digest)


def test_its_size_and_digests_are_those_of_its_files(model: Path, memory: Path) -> None:
    folder = open_folder(model, memory)
    files = [model / name for name in folder.digests]
    assert folder.size == sum(file.stat().st_size for file in files)
    assert folder.digests == {file.name: sha256_of(file) for file in files}
    put(model, "extra.txt", b"more")
    assert open_folder(model, memory).size == folder.size + 4
