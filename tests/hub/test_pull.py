"""A pull that ends well: what is asked of the hub, what is told meanwhile, what is there then."""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants

from gpt2_tui import locations
from gpt2_tui.cli import main
from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import ModelError
from gpt2_tui.hub.names import hub_model
from gpt2_tui.hub.progress import FileProgress, Progress, StageProgress
from gpt2_tui.loading import load_folder
from gpt2_tui.models.registry import list_models, open_model
from gpt2_tui.pulling import Pulled, pull, pull_folder
from tests.exporter.checkpoints import (
    TINY,
    Shape,
    random_model,
    random_tensors,
    save_shards,
    write_checkpoint,
    write_tokenizer_pair,
)
from tests.hub.conftest import Serve
from tests.hub.hub_cache import in_the_cache
from tests.hub.stand_in import COMMIT, StandIn

WEIGHTS = "model.safetensors"
LARGE = Shape(layers=2, heads=4, width=256)  # weights of several blocks


def pull_it(reference: str = "someone/tiny", **options: str) -> Pulled:
    return pull(hub_model(reference), lambda _: None, **options)


def folders_in_downloads() -> list[str]:
    return [path.name for path in locations.downloads_folder().iterdir() if path.is_dir()]


def logits_of(folder: Path) -> np.ndarray:
    model = load_folder(open_model(str(folder)), Device.CPU)
    return np.concatenate(list(model.session.predict([1, 2, 3, 4])))


def test_a_pulled_model_is_registered_and_is_the_one_of_the_hub(
    serve: Serve, tmp_path: Path
) -> None:
    serve(seed=3)
    pulled = pull_it(precision="fp32")
    assert not pulled.was_there
    manifest = pulled.folder.manifest
    assert (manifest.name, pulled.folder.path) == ("tiny", locations.models_folder() / "tiny")
    source = manifest.source
    assert (source.kind, source.name, source.revision) == ("hub", "someone/tiny", COMMIT)
    assert manifest.licence == "apache-2.0"
    same = random_model(tmp_path / "same", seed=3)
    np.testing.assert_array_equal(logits_of(pulled.folder.path), logits_of(same))


def test_nothing_but_the_model_stays(serve: Serve, home: Path) -> None:
    serve()
    pull_it()
    assert folders_in_downloads() == []
    assert [path.name for path in locations.models_folder().iterdir()] == ["tiny"]
    assert not (home / "xdg_cache_home" / "huggingface").exists()


def test_only_what_is_needed_is_asked_for(serve: Serve, hub: StandIn) -> None:
    folder = serve()
    for name in ("pytorch_model.bin", "tf_model.h5", "vocab.json", "merges.txt", "64.tflite"):
        (folder / name).write_bytes(b"no GPT-2 needs this")
    pull_it()
    asked = {each.path.rpartition("/")[2] for each in hub.asked if "/resolve/" in each.path}
    assert asked == {"config.json", "README.md", "tokenizer.json", WEIGHTS}


def test_a_tokenizer_of_two_files(serve: Serve) -> None:
    folder = serve()
    (folder / "tokenizer.json").unlink()
    write_tokenizer_pair(folder, "vocab.json", "merges.txt")
    model = load_folder(pull_it().folder, Device.CPU)
    assert model.tokenizer.encode("the thing") != []


def test_weights_in_several_files(serve: Serve, tmp_path: Path) -> None:
    folder = serve()
    (folder / WEIGHTS).unlink()
    shards = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    save_shards(folder, random_tensors(TINY, seed=4), shards)
    pulled = pull_it(precision="fp32")
    same = random_model(tmp_path / "same", seed=4)
    np.testing.assert_array_equal(logits_of(pulled.folder.path), logits_of(same))


def test_what_is_there_is_not_fetched_again(serve: Serve, hub: StandIn) -> None:
    serve()
    pull_it()
    asked = len(hub.asked)
    assert pull_it().was_there
    assert len(hub.asked) == asked


def test_another_model_of_that_name_is_not_replaced(serve: Serve) -> None:
    serve("someone/tiny")
    serve("other/tiny", seed=9)
    before = pull_it("someone/tiny").folder.digests
    with pytest.raises(ModelError, match=r"another model tiny already.*--name"):
        pull_it("other/tiny")
    assert open_model("tiny").digests == before
    pull_it("other/tiny", name="tiny-2")
    assert {each.name for each in list_models()} == {"starter", "tiny", "tiny-2"}


@pytest.mark.parametrize("name", ["starter", "../x", ".x", "a/b", "", "x" * 100, "a\nb", "CON"])
def test_a_name_that_no_model_may_have(name: str, serve: Serve, hub: StandIn) -> None:
    serve()
    with pytest.raises(ModelError, match="name"):
        pull_it(name=name)
    assert hub.asked == []


def test_a_known_name_is_not_lent_to_another_repository(serve: Serve, hub: StandIn) -> None:
    serve("someone/gpt2")
    with pytest.raises(ModelError, match="the name of another model"):
        pull_it("someone/gpt2")
    assert hub.asked == []
    pull_it("someone/gpt2", name="their-gpt2")


def test_a_precision_that_there_is_not_is_refused_at_once(serve: Serve, hub: StandIn) -> None:
    serve()
    with pytest.raises(ModelError, match="precision 'int3'"):
        pull_it(precision="int3")
    assert hub.asked == []


def test_a_precision_is_passed_on(serve: Serve) -> None:
    serve()
    pulled = pull_it(precision="int8")
    assert [graph.precision for graph in pulled.folder.manifest.graphs] == ["int8"]
    with pytest.raises(ModelError, match="another model tiny"):
        pull_it(precision="fp32")


def test_a_checkpoint_on_this_machine_is_registered_without_the_hub(
    hub: StandIn, tmp_path: Path
) -> None:
    checkpoint = write_checkpoint(tmp_path / "gpt2", seed=6)
    pulled = pull_folder(checkpoint, lambda _: None)
    assert pulled.folder.path == locations.models_folder() / "gpt2"
    assert pulled.folder.manifest.source.kind == "folder"
    with pytest.raises(ModelError, match="another model gpt2 already"):
        pull_folder(checkpoint, lambda _: None)
    assert hub.asked == []
    assert main(["models", "pull", str(checkpoint), "--name", "mine"]) == 0
    assert open_model("mine").manifest.name == "mine"


def test_the_old_name_of_a_known_model_is_not_lent_to_a_folder(tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path / "124M")
    for name in (None, "355M"):
        with pytest.raises(ModelError, match=r"means the model gpt2.*--name"):
            pull_folder(checkpoint, lambda _: None, name=name)
    assert [each.name for each in list_models()] == ["starter"]


def test_a_short_name_is_the_hubs_also_beside_a_folder_of_that_name(
    hub: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_checkpoint(tmp_path / "gpt2")
    monkeypatch.chdir(tmp_path)
    assert main(["models", "pull", "gpt2"]) == 2
    assert hub.asked[0].path.startswith("/api/models/openai-community/gpt2/")
    assert main(["models", "pull", "./gpt2"]) == 0


def test_a_revision_is_asked_for_by_its_name(serve: Serve, hub: StandIn) -> None:
    serve()
    pull(hub_model("someone/tiny", COMMIT), lambda _: None)
    assert hub.asked[0].path.endswith(f"/revision/{COMMIT}")


def test_a_branch_that_was_pulled_is_not_fetched_again_while_it_stands_still(
    serve: Serve, hub: StandIn
) -> None:
    serve()
    main_branch = hub_model("someone/tiny", "main")
    assert not pull(main_branch, lambda _: None).was_there
    hub.asked.clear()
    assert pull(main_branch, lambda _: None).was_there
    assert [each.path for each in hub.asked] == ["/api/models/someone/tiny/revision/main"]
    hub.repositories["someone/tiny"] = replace(hub.repositories["someone/tiny"], commit="d" * 40)
    with pytest.raises(ModelError, match="another model tiny already"):
        pull(main_branch, lambda _: None)


def test_another_commit_is_another_model_without_asking(serve: Serve, hub: StandIn) -> None:
    serve()
    pull_it()
    hub.asked.clear()
    with pytest.raises(ModelError, match="another model tiny already"):
        pull(hub_model("someone/tiny", "d" * 40), lambda _: None)
    assert hub.asked == []


def test_progress_goes_up_to_the_whole_of_each_file_and_of_all(serve: Serve) -> None:
    folder = serve(shape=LARGE)
    told: list[Progress] = []
    pull(hub_model("someone/tiny"), told.append)
    files = [each for each in told if isinstance(each, FileProgress)]
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert {each.file: each.size for each in files} == sizes
    assert {each.size_in_all for each in files} == {sum(sizes.values())}
    in_all = [each.done_in_all for each in files]
    assert in_all == sorted(in_all)
    assert in_all[-1] == sum(sizes.values())
    weights = [each.done for each in files if each.file == WEIGHTS]
    assert weights[0] == 0
    assert weights[-1] == sizes[WEIGHTS]
    assert len(weights) > 5
    stages = [each for each in told if isinstance(each, StageProgress)]
    assert told.index(stages[0]) > told.index(files[-1])
    assert {"writing weights", "checking the graph"} <= {each.stage for each in stages}


class Enough(Exception):  # noqa: N818 (no error: the user pressed a key)
    pass


def test_whoever_hears_of_the_progress_can_end_the_pull(serve: Serve, hub: StandIn) -> None:
    size = (serve(shape=LARGE) / WEIGHTS).stat().st_size

    def stop_half_way(progress: Progress) -> None:
        fetched = progress.done if isinstance(progress, FileProgress) else 0
        if fetched > size / 2:
            raise Enough

    with pytest.raises(Enough):
        pull(hub_model("someone/tiny"), stop_half_way)
    assert [each.name for each in list_models()] == ["starter"]
    pull_it()
    first, second = hub.asked_for(WEIGHTS)
    assert first.range is None
    assert second.range is not None
    assert int(second.range.removeprefix("bytes=").removesuffix("-")) > size / 2


def test_a_pull_that_is_ended_while_it_exports_leaves_nothing(serve: Serve) -> None:
    serve()

    def stop_at_the_check(progress: Progress) -> None:
        if isinstance(progress, StageProgress) and progress.stage == "checking the graph":
            raise Enough

    with pytest.raises(Enough):
        pull(hub_model("someone/tiny"), stop_at_the_check)
    assert list(locations.models_folder().iterdir()) == []


@pytest.mark.parametrize("ranges", [True, False])
def test_answers_that_break_off_are_put_together(
    ranges: bool, serve: Serve, hub: StandIn, tmp_path: Path
) -> None:
    folder = serve(shape=LARGE)
    size = (folder / WEIGHTS).stat().st_size
    hub.ranges = ranges
    hub.cuts[WEIGHTS] = [size // 3, size // 2]
    pulled = pull_it(precision="fp32")
    same = random_model(tmp_path / "same", LARGE, seed=3)
    np.testing.assert_array_equal(logits_of(pulled.folder.path), logits_of(same))
    assert hub.cuts[WEIGHTS] == []
    if ranges:
        # What had arrived was not sent again, but for less than a block at each cut.
        assert hub.sent[WEIGHTS] < size + 2 * (1 << 18)


def test_what_was_left_long_ago_is_removed_by_the_next_pull(serve: Serve) -> None:
    serve()
    folders = [locations.downloads_folder() / name for name in ("long-ago", "of-late")]
    for folder, days in zip(folders, (15, 13), strict=True):
        folder.mkdir(parents=True)
        (folder / "model.safetensors.part").write_bytes(b"the beginning")
        moment = time.time() - days * 24 * 3600
        for path in (folder / "model.safetensors.part", folder):
            os.utime(path, (moment, moment))
    (folders[1] / "a link to nothing").symlink_to("gone")
    pull_it()
    assert folders_in_downloads() == ["of-late"]


def test_the_storage_does_not_see_the_token(
    serve: Serve, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    serve()
    pull_it()
    assert {each.authorization for each in hub.asked if each.by_storage} == {None}
    assert {each.authorization for each in hub.asked if not each.by_storage} == {"Bearer hf_secret"}


def test_offline_the_cache_of_the_hub_is_enough(
    serve: Serve, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_cache(serve(), "someone/tiny")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    pulled = pull_it()
    assert pulled.folder.manifest.source.revision == COMMIT
    assert pulled.folder.manifest.licence == "apache-2.0"
    assert hub.asked == []


def test_without_a_network_the_cache_of_the_hub_is_enough(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_cache(serve(), "someone/tiny")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert pull_it().folder.manifest.source.revision == COMMIT


def test_what_the_cache_of_the_hub_has_is_not_sent_again(serve: Serve, hub: StandIn) -> None:
    folder = serve()
    snapshot = in_the_cache(folder, "someone/tiny")
    (snapshot / "README.md").unlink()
    before = sorted(path.name for path in snapshot.parent.parent.rglob("*"))
    pull_it()
    assert hub.sent.keys() == {"README.md"}
    assert sorted(path.name for path in snapshot.parent.parent.rglob("*")) == before


def test_a_damaged_file_in_the_cache_of_the_hub_is_fetched_instead(
    serve: Serve, hub: StandIn
) -> None:
    weights = in_the_cache(serve(), "someone/tiny") / WEIGHTS
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.resolve().write_bytes(data)
    pull_it()
    assert hub.sent.keys() == {WEIGHTS}


def test_a_damaged_beginning_is_fetched_again_at_once(serve: Serve, hub: StandIn) -> None:
    serve(shape=LARGE)
    hub.cuts[WEIGHTS] = [1 << 20]

    def stop_at_the_cut(progress: Progress) -> None:
        if isinstance(progress, FileProgress) and progress.done > (1 << 19):
            raise Enough

    with pytest.raises(Enough):
        pull(hub_model("someone/tiny"), stop_at_the_cut)
    part = next(locations.downloads_folder().rglob(f"{WEIGHTS}.part"))
    part.write_bytes(bytes(part.stat().st_size))
    pull_it()
    assert hub.asked_for(WEIGHTS)[-1].range is None
