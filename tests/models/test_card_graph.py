"""The graph for cards that is made when it is first asked for, and what is said of a card."""

import importlib
import multiprocessing
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from gpt2_tui import locations
from gpt2_tui.continuations import Finished, Request, write
from gpt2_tui.engine import cuda, runtime
from gpt2_tui.engine.cuda import Cuda
from gpt2_tui.engine.runtime import CUDA_PROVIDER, Device
from gpt2_tui.errors import DeviceError, ModelError, StorageError
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.models.card_graph import with_card_graph
from gpt2_tui.models.folder import open_folder, sha256_of
from gpt2_tui.settings import Sampling, Settings
from tests import pretend_card
from tests.models.spoil import copy_of, describe, flip_a_byte

BROKEN = Cuda(card="Card", fault="missing libraries: libcurand.so.10", mend="install them")
REQUEST = Request("The keeper", Settings(Sampling(), length=40, seed=3), (0, 1))


def silent(_: str) -> None:
    pass


def texts(model: LoadedModel) -> list[str]:
    ended = [event for event in write(model, REQUEST) if isinstance(event, Finished)]
    return [event.continuation.text for event in ended]


def made_folders() -> list[Path]:
    return [path for path in (locations.cache_folder() / "card-graphs").iterdir() if path.is_dir()]


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize("device", [Device.CUDA, Device.AUTO])
def test_a_model_without_a_graph_for_cards_gets_one_made_of_its_own_weights(
    device: Device, model_folder: Path
) -> None:
    said: list[str] = []
    model = load_model(str(model_folder), device, report=said.append)
    assert (model.session.provider, model.session.precision) == (CUDA_PROVIDER, "fp16")
    assert model.notice is None
    assert said[0].startswith("making the graph for the card, once: ")
    assert said[-1].endswith(" 100%")
    assert len(set(said)) == len(said)
    (made,) = made_folders()
    assert made.name == f"{sha256_of(model_folder / 'model.json')}-fp16"
    # The name stays, and the label has the files that are really used.
    assert model.name == "tiny"
    assert model.folder.path == made
    assert model.maker.files == {
        path.name: sha256_of(path) for path in made.iterdir() if path.name != "model.json"
    }
    assert "model_fp16.onnx" in model.maker.files


@pytest.mark.usefixtures("card")
def test_it_is_made_once_and_writes_the_same_each_time(model_folder: Path) -> None:
    first = texts(load_model(str(model_folder), Device.CUDA))
    said: list[str] = []
    assert texts(load_model(str(model_folder), Device.CUDA, report=said.append)) == first
    assert said == []
    shutil.rmtree(locations.cache_folder())
    assert texts(load_model(str(model_folder), Device.CUDA)) == first


@pytest.mark.usefixtures("card")
def test_a_graph_for_cards_that_is_there_is_taken(model_folder: Path) -> None:
    made = load_model(str(model_folder), Device.CUDA).folder.path
    home = locations.cache_folder() / "card-graphs"
    own = copy_of(made, home.parent / "own")
    shutil.rmtree(home)
    assert load_model(str(own), Device.AUTO).folder.path == own
    assert not home.exists()


@pytest.mark.usefixtures("card")
def test_another_model_of_the_same_name_gets_a_graph_of_its_own(
    model_folder: Path, tmp_path: Path
) -> None:
    other = describe(copy_of(model_folder, tmp_path / "tiny"), lambda v: v.update(licence="x"))
    load_model(str(model_folder), Device.CUDA)
    load_model(str(other), Device.CUDA)
    assert len(made_folders()) == 2


def damage(made: Path) -> None:
    flip_a_byte(made / "model_fp16.onnx.data")


def of_another_version(made: Path) -> None:
    describe(made, lambda value: value.update(exporter="gpt2-tui 0.0.1"))


def cut_short(made: Path) -> None:
    (made / "model.json").unlink()
    (made.parent / ".gpt2-tui-0123").mkdir()


@pytest.mark.parametrize("change", [damage, of_another_version, cut_short])
def test_what_is_damaged_old_or_cut_short_is_made_anew(
    change: Callable[[Path], None], model_folder: Path
) -> None:
    folder = open_folder(model_folder, locations.cache_folder())
    made = with_card_graph(folder, silent)
    wanted = made.manifest
    change(made.path)
    assert with_card_graph(folder, silent).manifest == wanted
    assert sorted(made.path.parent.iterdir()) == [made.path.parent / ".lock", made.path]


def make_in_a_process(folder: Path, said: Any) -> None:
    words: list[str] = []
    with_card_graph(open_folder(folder, locations.cache_folder()), words.append)
    said.put(words)


def test_two_processes_do_not_make_it_at_once(model_folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    said: Any = context.Queue()
    home = locations.cache_folder() / "card-graphs"
    home.mkdir(parents=True)
    processes = [
        context.Process(target=make_in_a_process, args=(model_folder, said)) for _ in range(2)
    ]
    with FileLock(home / ".lock"):
        for process in processes:
            process.start()
        processes[0].join(1)
        assert all(process.is_alive() for process in processes)
        assert made_folders() == []
    words = [said.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert sum(any("making the graph" in word for word in each) for each in words) == 1
    assert len(made_folders()) == 1


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = importlib.import_module("gpt2_tui.export.exporter")

    def failing(*_: Any, **__: Any) -> Any:
        raise StorageError("cannot write the graph: No space left on device")

    monkeypatch.setattr(exporter, "export_checkpoint", failing)


@pytest.mark.usefixtures("card", "full_disk")
def test_a_graph_that_cannot_be_kept_is_an_error_or_a_notice(model_folder: Path) -> None:
    with pytest.raises(StorageError, match="No space left"):
        load_model(str(model_folder), Device.CUDA)
    model = load_model(str(model_folder), Device.AUTO)
    assert model.session.provider == "CPUExecutionProvider"
    assert "No space left" in (model.notice or "")


@pytest.mark.usefixtures("card")
def test_a_cache_that_cannot_be_written_is_an_error_or_a_notice(model_folder: Path) -> None:
    locations.cache_folder().mkdir(parents=True)
    (locations.cache_folder() / "card-graphs").write_bytes(b"a file in the way")
    with pytest.raises(StorageError, match="card-graphs"):
        load_model(str(model_folder), Device.CUDA)
    assert "card-graphs" in (load_model(str(model_folder), Device.AUTO).notice or "")


@pytest.mark.usefixtures("card")
def test_a_card_that_fails_while_the_model_is_loaded_is_a_notice(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_graph = runtime.open_graph

    def failing(path: Path, provider: str, threads: int, *, packed: bool) -> Any:
        if provider == CUDA_PROVIDER:
            raise ModelError("onnxruntime cannot load it: out of memory")
        return open_graph(path, provider, threads, packed=packed)

    monkeypatch.setattr(runtime, "open_graph", failing)
    assert "out of memory" in (load_model(str(model_folder), Device.AUTO).notice or "")
    with pytest.raises(ModelError, match="out of memory"):
        load_model(str(model_folder), Device.CUDA)


def test_a_card_that_cannot_be_used_is_an_error_or_a_notice_with_its_mend(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_card.found(monkeypatch, BROKEN)
    with pytest.raises(DeviceError, match=r"libcurand.so.10; install them; --device cpu"):
        load_model(str(model_folder), Device.CUDA)
    notice = load_model(str(model_folder), Device.AUTO).notice or ""
    assert "libcurand.so.10; install them" in notice
    assert "\n" not in notice
    assert load_model(str(model_folder), Device.CPU).notice is None
    # Nothing was made for a card that cannot be used.
    assert not (locations.cache_folder() / "card-graphs").exists()


def test_a_machine_without_a_card_needs_no_notice(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_card.found(monkeypatch, Cuda(fault="no NVIDIA driver was found"))
    assert load_model(str(model_folder), Device.AUTO).notice is None


def test_the_processor_is_used_without_looking_for_a_card(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> Any:
        raise AssertionError

    monkeypatch.setattr(cuda, "_try_it", never)
    load_model(str(model_folder), Device.CPU)
