"""`gpt2-tui bench`."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui.benchmark import runs
from gpt2_tui.benchmark.bench import LANES, QUICK, Progress, measure, plan_for
from gpt2_tui.benchmark.figures import bytes_read_for_a_step
from gpt2_tui.cli import main
from gpt2_tui.engine.runtime import Device
from gpt2_tui.loading import LoadedModel
from tests.commands.program import command, run

WINDOW = 64  # of the random model
PLAN = plan_for(WINDOW, QUICK)


pytestmark = pytest.mark.xdist_group("bench")  # one report for all


@pytest.fixture(scope="module")
def report(model_folder: Path) -> Any:
    """The JSON of one benchmark, made in a process of its own."""
    done = run("bench", "--model", str(model_folder), "--quick", "--threads", "1", "--json")
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def figures_in(value: Any) -> list[dict[str, float]]:
    """Every median with its quartiles."""
    if isinstance(value, dict):
        own = [value] if "median" in value else []
        return own + [each for part in value.values() for each in figures_in(part)]
    return [each for part in value for each in figures_in(part)] if isinstance(value, list) else []


def test_json_has_the_members_that_its_page_names(report: Any) -> None:
    assert set(report) == {
        *("program", "onnxruntime", "model", "precision", "window", "provider", "threads"),
        *("ready_seconds", "memory", "prefill", "decode", "whole", "machine"),
    }
    page = (Path(__file__).parents[2] / "docs" / "bench.md").read_text(encoding="utf-8")
    parts = [report, report["memory"], report["machine"], report["whole"]]
    parts += [report["prefill"][0], report["decode"][0], report["ready_seconds"]]
    for name in {name for part in parts for name in part}:
        assert f"`{name}`" in page


def test_it_says_what_ran(report: Any, loaded_model: LoadedModel) -> None:
    assert report["model"] == loaded_model.name
    assert report["precision"] == loaded_model.session.precision
    assert report["window"] == WINDOW
    assert (report["provider"], report["threads"]) == ("CPU", 1)


def test_every_figure_is_positive_and_lies_between_its_quartiles(report: Any) -> None:
    figures = figures_in(report)
    assert len(figures) == 3 + 1 + 1 + 2 * len(LANES)
    for each in figures:
        assert 0 <= each["low"] <= each["median"] <= each["high"]
        assert each["samples"] >= 1
        assert each["median"] > 0 or each is report["machine"]["lost_share"]
    assert 0 <= report["machine"]["lost_share"]["high"] <= 1


def test_every_measurement_is_there_once(report: Any) -> None:
    assert [each["tokens"] for each in report["prefill"]] == list(PLAN.prompts)
    cells = [(each["context"], each["lanes"]) for each in report["decode"]]
    assert cells == [(context, lanes) for context in PLAN.contexts for lanes in LANES]
    for each in report["decode"]:
        assert each["tokens_per_second"]["samples"] == QUICK.rounds * PLAN.steps
    assert report["whole"]["tokens_per_second"]["samples"] == QUICK.rounds


def test_memory_grows_from_loading_to_a_full_window(report: Any) -> None:
    memory = report["memory"]
    assert memory["peak_lanes"] == max(LANES)
    if Path("/proc/self/status").exists():
        assert 0 < memory["after_load_bytes"] <= memory["peak_bytes"]


def test_the_ceiling_of_a_step_is_bandwidth_over_bytes(
    report: Any, loaded_model: LoadedModel
) -> None:
    shape = loaded_model.folder.manifest.architecture
    bandwidth = report["machine"]["read_bytes_per_second"]["median"]
    for each in report["decode"]:
        size = bytes_read_for_a_step(shape, "fp32", 1, each["context"])
        assert size is not None
        assert each["ceiling_tokens_per_second"] == pytest.approx(
            each["lanes"] * bandwidth / size, rel=1e-9
        )


def test_the_table_shows_every_measurement(
    model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--model", str(model_folder), "--quick", "--threads", "1"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""  # not a terminal
    cells = {tuple(line.split()[:2]) for line in printed.out.splitlines()}
    assert cells >= {(str(lanes), str(context)) for context in PLAN.contexts for lanes in LANES}
    assert {row[0] for row in cells if row} >= {str(tokens) for tokens in PLAN.prompts}
    for word in ("model", "ready", "memory", "machine", "FIRST TOKEN", "MEMORY ALLOWS"):
        assert word in printed.out


def test_progress_grows_and_names_what_is_measured(model_folder: Path) -> None:
    seen: list[Progress] = []
    measure(str(model_folder), Device.CPU, 1, QUICK, seen.append)
    done = [each.done for each in seen]
    assert done == sorted(done)
    assert 0 == done[0] < done[-1] < 1
    stages = " ".join(each.stage for each in seen)
    for tokens in (*PLAN.prompts, *PLAN.contexts):
        assert f"{tokens} tokens" in stages


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--threads", "0"], "threads must be from 1 to 1024, not 0"),
        (["--threads", "two"], "threads must be a whole number, not 'two'"),
        (["--model", "gpt9"], "no model 'gpt9'"),
        (["--model", "/no such folder"], "no model folder"),
        (["text.txt"], "text.txt"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    words: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("gpt2-tui: error: ")
    assert fault in printed.err
    assert printed.err.count("\n") == 1


def test_too_little_memory_is_one_line(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: Any) -> list[float]:
        raise MemoryError

    monkeypatch.setattr(runs, "step_seconds", fail)
    assert main(["bench", "--model", str(model_folder), "--quick"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "do not fit into the memory" in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_an_interrupt_ends_it_and_the_processes_that_it_started(model_folder: Path) -> None:
    with subprocess.Popen(
        command("bench", "--model", str(model_folder)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        _wait_for_a_child(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def _wait_for_a_child(parent: int) -> None:
    """Wait until a process has started another one, which is in its group."""
    listing = ["ps", "-A", "-o", "pgid="]
    while True:
        groups = subprocess.run(listing, capture_output=True, check=True, text=True).stdout.split()
        if groups.count(str(parent)) > 1:
            return
