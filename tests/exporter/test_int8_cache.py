"""The cache in whole numbers: what it costs in exactness, and what it must not cost."""

from pathlib import Path

import numpy as np
import pytest

from export.cache_scales import find_cache_scales
from export.exporter import export_checkpoint
from export.runs import CachedRun, open_session
from export.selfcheck import relative_error
from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import ModelError
from gpt2_tui.loading import load_model
from tests.engine.runs import lane, outcomes
from tests.exporter.checkpoints import SMALL, write_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoints") / "small", SMALL, seed=4)


@pytest.fixture(scope="module")
def model(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "small"
    export_checkpoint(checkpoint, out, int8_cache=True)
    return out


def test_the_description_says_so_and_nothing_else_is_left(checkpoint: Path, tmp_path: Path) -> None:
    (graph,) = export_checkpoint(checkpoint, tmp_path / "small", int8_cache=True).graphs
    assert (graph.precision, graph.cache, graph.step) == ("int8", "int8", None)
    files = {path.name for path in (tmp_path / "small").iterdir()}
    assert files == {"model.json", "tokenizer.json", "model_int8.onnx", "model_int8.onnx.data"}


def test_a_card_has_no_such_graph(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="for the processor"):
        export_checkpoint(checkpoint, tmp_path / "small", precision="fp16", int8_cache=True)
    assert not (tmp_path / "small").exists()


def test_a_graph_that_does_not_run_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"the exported graph does not run: .") as caught:
        find_cache_scales(tmp_path / "broken.onnx", SMALL.config, end_of_text=0)
    assert "\n" not in str(caught.value)


def test_the_cache_takes_a_quarter_and_logits_stay_near(
    checkpoint: Path, model: Path, tmp_path: Path
) -> None:
    export_checkpoint(checkpoint, tmp_path / "float")
    ids = np.random.default_rng(1).integers(0, SMALL.vocabulary, (1, SMALL.window))
    logits, sizes = [], []
    for folder in (tmp_path / "float", model):
        session = open_session(folder / "model_int8.onnx", threads=1)
        run = CachedRun(session, SMALL.config, batch=1, places=SMALL.window)
        logits.append(run.feed(ids, keep=SMALL.window)[0])
        sizes.append(sum(cache.nbytes for cache in run.caches))
    assert sizes[0] == 4 * sizes[1]
    error = relative_error(logits[1], logits[0])
    assert 0 < error < 0.05


def test_a_lane_is_the_same_alone_among_others_and_on_more_threads(model: Path) -> None:
    session = load_model(str(model), Device.CPU).session
    prompt = [(7 * n + 3) % SMALL.vocabulary for n in range(40)]
    asked = [lane(number, length=60 - 5 * number) for number in range(4)]
    together = outcomes(session, prompt, asked)
    for each in asked:
        assert outcomes(session, prompt, [each])[each.number] == together[each.number]
    one_thread = load_model(str(model), Device.CPU, 1).session
    assert outcomes(one_thread, prompt[:20], asked[:1])[0] != together[0]
    assert outcomes(one_thread, prompt, asked[:1])[0] == together[0]
