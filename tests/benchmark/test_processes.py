"""Processes that measure: they answer, they say why they ended, and stalls show."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from gpt2_tui.benchmark.ceilings import measure_ceilings
from gpt2_tui.benchmark.child import Child, python_module
from gpt2_tui.benchmark.fresh_process import measure_start
from gpt2_tui.benchmark.process_memory import held
from gpt2_tui.engine.runtime import Device
from gpt2_tui.errors import BenchmarkError


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_a_process_answers_with_the_variables_it_was_given() -> None:
    program = "import os, sys\nfor line in sys.stdin: print(os.environ['ANSWER'], flush=True)"
    with Child(python(program), {"ANSWER": '{"x": 1}'}) as child:
        assert child.ask({}) == {"x": 1}
        assert child.ask({}) == {"x": 1}


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        ("import sys; sys.exit('not today')", "ended with 1 (not today)"),
        ("import os; os.abort()", "the memory may be too small"),
        ('print(\'{"error": "no such model"}\')', "no such model"),
    ],
)
def test_a_process_that_cannot_answer_says_why(program: str, fault: str) -> None:
    with Child(python(program)) as child, pytest.raises(BenchmarkError) as caught:
        child.ask({})
    assert fault in str(caught.value)


def test_a_process_is_over_after_its_block() -> None:
    program = "import os, time; print('{\"id\": %d}' % os.getpid(), flush=True); time.sleep(60)"
    with Child(python(program)) as child:
        number = child.receive()["id"]
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_ceilings_of_two_threads() -> None:
    found = measure_ceilings(threads=2, seconds=0.05)
    assert found.read_bytes_per_second > 0
    assert 0 <= found.lost_share <= 1


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_the_time_in_which_a_thread_was_stopped_is_lost() -> None:
    command = python_module("gpt2_tui.benchmark.ceilings", "0.8", "4096")
    with Child(command) as child:
        number = child.receive()["process"]
        child.send({})
        time.sleep(0.2)
        os.kill(number, signal.SIGSTOP)
        time.sleep(0.4)
        os.kill(number, signal.SIGCONT)
        lost_share = child.receive()["lost_share"]
    assert lost_share > 0.3


def test_a_start_tells_its_time_and_its_memory(model_folder: Path) -> None:
    found = measure_start(str(model_folder), Device.CPU, threads=1, lanes=2)
    assert found.ready_seconds > 0
    if Path("/proc/self/status").exists():
        assert found.after_load_bytes is not None
        assert found.peak_bytes is not None
        assert 0 < found.after_load_bytes <= found.peak_bytes


def test_a_start_of_a_model_that_is_not_there_says_so() -> None:
    with pytest.raises(BenchmarkError, match="there is no model 'gpt9'"):
        measure_start("gpt9", Device.CPU, threads=1, lanes=1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell")
def test_memory_that_was_given_back_still_counts_at_its_most() -> None:
    size = 64 << 20
    # The system counts roughly, so only half of the block is asked for.
    before = held()
    block = bytearray(size)
    during = held()
    del block
    after = held()
    assert before.now is not None
    assert during.now is not None
    assert after.now is not None
    assert after.most is not None
    assert during.now >= before.now + size // 2
    assert after.now <= during.now - size // 2
    assert after.most >= before.now + size // 2
