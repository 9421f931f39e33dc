"""GPT-2 small is exported only if it is GPT-2 small: its figures, in every precision."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import save_file

from export import published
from export.checkpoint import open_checkpoint
from export.exporter import export_checkpoint
from export.published import check_published
from gpt2_tui.errors import ModelError
from gpt2_tui.models.manifest import Source
from tests.exporter.checkpoints import TINY, Shape, random_model, random_tensors, write_config

GPT2 = Source("hub", "openai-community/gpt2", "607a30d783dfa663caf39e06633721c8d4cfcd7e")
TOKENIZER = Path(__file__).parent / "gpt2-tokenizer"
NARROW = Shape(layers=1, heads=1, width=16, vocabulary=50257)  # GPT-2's tokens, little else


@pytest.fixture
def impostor(tmp_path: Path) -> Path:
    """A checkpoint with GPT-2's tokenizer and random weights."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    write_config(folder, NARROW)
    save_file(random_tensors(NARROW), folder / "model.safetensors")
    for name in ("encoder.json", "vocab.bpe"):
        shutil.copy(TOKENIZER / name, folder)
    return folder


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_other_weights_under_its_name_are_refused(
    precision: str, impostor: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="not GPT-2 as it was published"):
        export_checkpoint(impostor, tmp_path / "out", precision=precision, origin=GPT2)
    assert not (tmp_path / "out").exists()


def test_under_another_name_they_are_what_they_are(impostor: Path, tmp_path: Path) -> None:
    export_checkpoint(impostor, tmp_path / "out", origin=Source("hub", "someone/gpt2", "f" * 40))
    assert (tmp_path / "out").is_dir()


def test_a_graph_that_does_not_run_is_told_in_one_line(impostor: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"the exported graph does not run: .") as caught:
        check_published(tmp_path / "broken.onnx", open_checkpoint(impostor), "fp32")
    assert "\n" not in str(caught.value)


def test_graph_and_reference_answer_the_same_questions_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_model(tmp_path / "model", TINY, seed=2, precision="fp32")
    checkpoint = open_checkpoint(tmp_path / "model-checkpoint")
    answers: list[npt.NDArray[Any]] = []

    def ask(next_logits: Callable[[Sequence[int]], npt.NDArray[Any]], vocabulary: int) -> None:
        assert vocabulary == TINY.vocabulary
        answers.append(next_logits((5, 6, 7)))

    monkeypatch.setattr(published, "check_golden", ask)
    for precision in ("fp32", "int8"):
        check_published(model / "model.onnx", checkpoint, precision)
    by_graph, by_reference = answers
    assert by_graph.shape == (TINY.vocabulary,)
    np.testing.assert_allclose(by_graph, by_reference, atol=1e-3)
