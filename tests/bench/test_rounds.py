"""The comparison itself, on a tiny model with a long window; how fast it is does not matter."""

import json

import pytest

from gpt2_tui.benchmark.ceilings import Ceilings
from tests.bench.cells import CELLS, Cell
from tests.bench.contestants import our_contestants
from tests.bench.results import as_json, as_text, ratio
from tests.bench.rounds import Comparison, Effort, Samples, compare
from tests.exporter.checkpoints import Shape, write_checkpoint

SHAPE = Shape(layers=1, heads=2, width=32, window=1024)
CEILINGS = [Ceilings(read_bytes_per_second=1e10, lost_share=0.01)]

pytestmark = pytest.mark.xdist_group("bench-peers")  # one comparison for all


@pytest.fixture(scope="module")
def comparison(_home_of_the_session: None, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("comparison")
    contestants = our_contestants(write_checkpoint(folder / "checkpoint", SHAPE), folder)
    stages: list[str] = []
    effort = Effort(starts=1, rounds=1, steps=3, rest_seconds=0)
    return compare(contestants, 1, SHAPE.vocabulary, SHAPE.window, effort, stages.append)


def test_every_cell_of_every_contestant_is_measured(comparison: Comparison) -> None:
    assert {name.split()[0] for name in comparison.samples} == {"gpt2-tui"}
    assert len(comparison.samples) == 2
    for each in comparison.samples.values():
        for cell in CELLS:
            assert len(each.seconds[cell]) == (1 if cell.is_prefill else 3)
            assert min(each.seconds[cell]) > 0
        assert len(each.ready_seconds) == 1
        assert "onnxruntime" in each.versions


def test_the_tables_and_the_json_hold_every_cell(comparison: Comparison) -> None:
    text = as_text(comparison)
    value = json.loads(json.dumps(as_json([comparison])))
    [written] = value["comparisons"]
    for cell in CELLS:
        assert text.count(cell.name) == 2
        for name, each in comparison.samples.items():
            assert written["contestants"][name]["seconds"][cell.name] == each.seconds[cell]
    assert len(written["ratios"]) == len(CELLS)


def test_ratios_are_those_of_times_for_prompts_and_of_speeds_for_steps() -> None:
    ours, peer = Samples(), Samples()
    for cell in CELLS:
        ours.seconds[cell] = [1.0, 2.0, 9.0]
        peer.seconds[cell] = [4.0]
    assert ratio(Cell(64), ours, peer) == 0.5
    assert ratio(Cell(64, 1), ours, peer) == 2.0


def test_marks_stand_beside_the_ratios_of_one_thread_and_misses_are_told() -> None:
    ours, peer = Samples(), Samples()
    for cell in CELLS:
        ours.seconds[cell] = [1.0]
        peer.seconds[cell] = [1.0]
    ours.ready_seconds, peer.ready_seconds = [0.4], [2.0]
    samples = {"gpt2-tui int8": ours, "CTranslate2 int8": peer}
    [one, two] = (Comparison(threads, samples, CEILINGS) for threads in (1, 2))
    assert "1.00 (at most 1.15)" in as_text(one)
    assert "1.00 (at least 3.00: MISSED)" in as_text(one)
    assert "ready in 0.40 s (at most 0.5)" in as_text(one)
    assert "at most" not in as_text(two)
