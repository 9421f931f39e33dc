"""What commands say of a card: on standard error, once, and only where it matters."""

import json
import sys
from pathlib import Path

import pytest

from gpt2_tui.cli import main
from gpt2_tui.engine.cuda import Cuda
from tests import pretend_card

Printed = pytest.CaptureFixture[str]
SHORT = ["--length", "3", "--seed", "1", "--json"]
BROKEN = Cuda("Card \x1b[2J", "missing libraries: libcurand.so.10", "pip install it")


def test_a_sample_says_once_why_the_card_was_not_used(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    pretend_card.found(monkeypatch, BROKEN)
    assert main(["sample", "--model", str(model_folder), "-n", "9", *SHORT]) == 0
    printed = capfd.readouterr()
    assert printed.err == (
        "gpt2-tui: the card is not used: missing libraries: libcurand.so.10; pip install it; until"
        " then the processor does the work\n"
    )
    assert len(printed.out.splitlines()) == 9


def test_with_the_processor_asked_for_nothing_is_said(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    pretend_card.found(monkeypatch, BROKEN)
    assert main(["sample", "--model", str(model_folder), "--device", "cpu", *SHORT]) == 0
    assert capfd.readouterr().err == ""


def test_a_card_that_is_demanded_and_cannot_be_used_is_refused(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    pretend_card.found(monkeypatch, BROKEN)
    assert main(["sample", "--model", str(model_folder), "--device", "cuda", *SHORT]) == 2
    assert capfd.readouterr() == (
        "",
        "gpt2-tui: error: CUDA cannot be used: missing libraries: libcurand.so.10; pip install it;"
        " --device cpu runs on the processor\n",
    )


@pytest.mark.usefixtures("card")
def test_the_label_names_the_provider_and_the_files_that_were_used(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["sample", "--model", str(model_folder), *SHORT]) == 0
    printed = capfd.readouterr()
    label = json.loads(printed.out)["gpt2_tui"]
    assert label["engine"]["provider"] == "CUDAExecutionProvider"
    assert label["engine"]["precision"] == "fp16"
    assert label["model"]["files"].keys() == {
        "model_fp16.onnx",
        "model_fp16.onnx.data",
        "tokenizer.json",
    }
    # The progress was one line, and is gone.
    assert "making the graph for the card, once: writing weights 100%" in printed.err
    assert "\n" not in printed.err
    assert printed.err.endswith("\r\x1b[K")


@pytest.mark.usefixtures("card")
def test_scores_come_from_the_card_too(model_folder: Path, tmp_path: Path, capfd: Printed) -> None:
    text = tmp_path / "text.txt"
    text.write_text("The keeper of the light had not spoken to anyone for three weeks. " * 3)
    totals = []
    for device in ("cuda", "cpu"):
        words = ["score", str(text), "--model", str(model_folder), "--device", device, "--json"]
        assert main(words) == 0
        printed = capfd.readouterr()
        assert printed.err == ""
        totals.append(json.loads(printed.out.splitlines()[-1])["bits_per_byte"])
    assert totals[0] != totals[1]
    assert totals[0] == pytest.approx(totals[1], rel=0.01)


def findings(capfd: Printed, code: int) -> dict[str, dict[str, str | None]]:
    assert main(["doctor", "--json"]) == code
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    return {line["topic"]: line for line in lines}


def test_doctor_says_what_the_card_lacks_and_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    pretend_card.found(monkeypatch, BROKEN)
    found = findings(capfd, 1)
    assert "libcurand.so.10" in (found["CUDA"]["state"] or "")
    assert found["CUDA"]["mend"] == "pip install it"
    assert "runs on CPU" in (found["bundled model"]["state"] or "")
    assert main(["doctor"]) == 1
    assert "\x1b" not in capfd.readouterr().out


@pytest.mark.usefixtures("card")
def test_doctor_names_a_card_that_works_and_runs_the_model_on_it(capfd: Printed) -> None:
    found = findings(capfd, 0)
    assert found["CUDA"]["state"] == f"{pretend_card.NAME} can be used"
    assert "runs on CUDA, fp16" in (found["bundled model"]["state"] or "")


def test_a_machine_without_a_card_has_no_fault(
    monkeypatch: pytest.MonkeyPatch, capfd: Printed
) -> None:
    pretend_card.found(monkeypatch, Cuda(fault="no NVIDIA driver was found"))
    assert findings(capfd, 0)["CUDA"] == {
        "topic": "CUDA",
        "state": "not used: no NVIDIA driver was found",
        "mend": None,
    }
