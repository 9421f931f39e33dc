"""Commands begin with the stored defaults, and flags count before them."""

import json
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui import locations
from gpt2_tui.cli import main
from gpt2_tui.engine.runtime import Device
from gpt2_tui.preferences.options import DEVICE


def store(text: str) -> Path:
    path = locations.settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def sampled(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[dict[str, Any], str]:
    """The settings in the label of one sample, and what was said beside it."""
    assert main(["sample", "--prompt", "The keeper", "--seed", "1", "--json", *words]) == 0
    captured = capsys.readouterr()
    label = json.loads(captured.out)["gpt2_tui"]
    return label, captured.err


def test_sample_takes_stored_defaults_and_flags_count_before_them(
    model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(
        f"model = '{model_folder}'\ndevice = 'cpu'\ntemperature = 0.5\nlength = 3\n"
        "top-p = 0.9\ntop-p-rule = 'original'\n"
    )
    label, said = sampled(capsys, "--length", "2")
    assert said == ""
    generation = label["gens"][0]
    assert len(generation["ids"]) == 2
    sampler = generation["sampler"]
    assert (sampler["temperature"], sampler["top_p"]) == ("0.5", "0.9")
    assert sampler["top_p_rule"] == "original"


def test_switches_that_are_stored_count_unless_a_flag_says_no(
    model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(f"model = '{model_folder}'\ndevice = 'cpu'\nlength = 3\nwatermark = true\nsign = true\n")
    label, said = sampled(capsys)
    assert "watermark" in label["gens"][0]
    assert "signature" in label
    assert said.startswith("made a signing key, ")
    label, said = sampled(capsys, "--no-watermark", "--no-sign")
    assert "watermark" not in label["gens"][0]
    assert "signature" not in label
    assert said == ""


def test_a_switch_that_is_no_truth_value_is_told(
    model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = store(f"model = '{model_folder}'\ndevice = 'cpu'\nlength = 3\nsign = 'on'\n")
    label, said = sampled(capsys)
    assert "signature" not in label
    assert said == (
        f"gpt2-tui: {path}: sign labels must be true or false, not 'on'; the default is used\n"
    )


def test_a_wrong_field_is_one_line_beside_the_result(
    model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = store("temperature = 'warm'\nlength = 3\n")
    label, said = sampled(capsys, "--model", str(model_folder), "--device", "cpu")
    assert said == (
        f"gpt2-tui: {path}: temperature must be a number, not 'warm'; the default is used\n"
    )
    assert len(label["gens"][0]["ids"]) == 3


def test_the_devices_that_can_be_stored_are_those_that_there_are() -> None:
    assert list(DEVICE.choices) == [device.value for device in Device]
