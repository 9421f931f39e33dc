"""What native libraries print does not reach the screen."""

import os

import pytest

from gpt2_tui.native_noise import silenced

Printed = pytest.CaptureFixture[str]


def test_what_is_printed_past_python_is_dropped_and_only_meanwhile(capfd: Printed) -> None:
    os.write(2, b"before ")
    with silenced():
        os.write(2, b"noise ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


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
