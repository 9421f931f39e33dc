"""What native libraries print does not reach the screen."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gpt2_tui.native_noise import silenced

Printed = pytest.CaptureFixture[str]


def test_what_is_printed_past_python_is_dropped_and_only_meanwhile(capfd: Printed) -> None:
    os.write(2, b"before ")
    with silenced():
        os.write(2, b"noise ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_two_threads_that_overlap_leave_the_screen_as_it_was(capfd: Printed) -> None:
    second_is_in, first_is_out = threading.Event(), threading.Event()

    def second() -> None:
        with silenced():
            second_is_in.set()
            first_is_out.wait()
            os.write(2, b"noise of the second ")

    with silenced():
        beside = threading.Thread(target=second)
        beside.start()
        second_is_in.wait()
    os.write(2, b"noise while the second is in ")
    first_is_out.set()
    beside.join()
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_many_threads_leave_the_screen_as_it_was(capfd: Printed) -> None:
    def in_and_out(_: int) -> None:
        with silenced():
            os.write(2, b"noise ")

    with ThreadPoolExecutor(max_workers=8) as threads:
        list(threads.map(in_and_out, range(400)))
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_an_error_inside_passes_and_the_screen_is_back(capfd: Printed) -> None:
    with pytest.raises(KeyError), silenced():
        raise KeyError("inside")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_no_descriptor_is_left_open() -> None:
    def lowest_free() -> int:
        descriptor = os.open(os.devnull, os.O_RDONLY)
        os.close(descriptor)
        return descriptor

    before = lowest_free()
    for _ in range(5):
        with silenced():
            pass
    assert lowest_free() == before


def test_where_there_is_no_screen_nothing_fails() -> None:
    saved = os.dup(2)
    os.close(2)
    try:
        with silenced():
            entered = True
    finally:
        os.dup2(saved, 2)
        os.close(saved)
    assert entered
