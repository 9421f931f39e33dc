"""`gpt2-tui detect`."""

import json
import math
from pathlib import Path

import pytest

from gpt2_tui.cli import main
from gpt2_tui.commands.detect_output import json_line, text_line
from gpt2_tui.commands.input_files import Place
from gpt2_tui.detection import FileText, Result, Source
from gpt2_tui.engine.watermark_evidence import Evidence, weigh
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import make_sample
from gpt2_tui.labels.verdict import Judgment, Verdict
from tests.commands.program import run
from tests.labels.marked import PROMPT, starter, written


def labeled(*, watermark: bool, length: int = 120) -> bytes:
    made = written(watermark=watermark, length=length)
    return render(make_sample(AuthoredText.human(PROMPT), made), Format.TEXT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "marked.txt").write_bytes(labeled(watermark=True))
    (tmp_path / "plain.txt").write_bytes(labeled(watermark=False))
    (tmp_path / "short.txt").write_bytes(labeled(watermark=True, length=20))
    return tmp_path


@pytest.mark.parametrize("file_format", ["text", "md", "jsonl"])
def test_what_sample_marks_detect_finds(
    file_format: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    asked = ["sample", "--seed=3", "--length=90", "--keep-going", "--format", file_format]
    for flags, code in ((["--watermark"], 0), ([], 1)):
        assert main([*asked, *flags]) == 0
        (tmp_path / "sample").write_bytes(capfdbinary.readouterr().out)
        assert main(["detect", str(tmp_path / "sample")]) == code
        capfdbinary.readouterr()


def test_0_if_it_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "marked.txt"
    assert main(["detect", str(path)]) == 0
    by_label, by_text = capsys.readouterr().out.splitlines()
    assert by_label.startswith(f"{path} (generation 1): watermark found (p = ")
    assert by_label.endswith(" tokens, by the label)")
    assert by_text.startswith(f"{path}: watermark found (p = ")
    assert by_text.endswith(" tokens, by the text)")


def test_1_if_it_is_not_and_no_word_on_who_wrote_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "plain.txt"
    assert main(["detect", str(folder / "marked.txt"), str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    for line in lines[2:]:
        assert "no watermark found; this says nothing about who wrote the text (p = " in line


def test_2_if_something_cannot_be_judged_and_the_rest_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "unlabeled").write_text("Some words. " * 40)
    assert main(["detect", str(folder), str(folder / "nowhere")]) == 2
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 4
    short, unlabeled, nowhere = told.err.splitlines()
    assert short.startswith(f"gpt2-tui: error: {folder}/short.txt: ")
    assert "too few to judge by; it takes 50" in short
    assert unlabeled.startswith(f"gpt2-tui: error: {folder}/unlabeled: it has no label")
    assert "--model" in unlabeled
    assert nowhere == f"gpt2-tui: error: there is no file {folder}/nowhere"


def test_a_text_without_a_label_needs_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "text"
    path.write_bytes(written(watermark=True).written)
    assert main(["detect", str(path)]) == 2
    assert "name the model" in capsys.readouterr().err
    assert main(["detect", str(path), "--model", "starter"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{path}: watermark found (p = ")
    assert main(["detect", str(path), "--model", "nobody's"]) == 2
    assert "there is no model" in capsys.readouterr().err


def test_an_undecided_text_is_called_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "text"
    path.write_text(undecided())
    assert main(["detect", str(path), "--model", "starter"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{path}: undecided: without the watermark 1 text in ")


def undecided() -> str:
    """A text without the watermark behind so many marked words that one can wonder."""
    marked, plain = written(watermark=True).text, written(watermark=False).text
    texts = (f"{marked[:length]} {plain}" for length in range(len(marked)))
    encode = starter().tokenizer.encode
    return next(text for text in texts if 1e-5 < weigh(encode(text)).p_value < 1e-3)


def test_json_gives_an_object_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = folder / "both"
    both.write_bytes(labeled(watermark=True) + b"\n" + labeled(watermark=False))
    assert main(["detect", "--json", str(both)]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["sample"], row["source"], row["finding"]) for row in rows] == [
        (1, "label", "found"),
        (1, "text", "found"),
        (2, "label", "not_found"),
        (2, "text", "not_found"),
    ]
    assert [row["generation"] for row in rows] == [1, None, 1, None]
    assert {row["label"] for row in rows} == {"INTACT"}
    assert [row["label_names_watermark"] for row in rows] == [True, True, False, False]
    for row in rows:
        assert 50 <= row["tokens"] <= 130
        assert row["p_value"] == pytest.approx(10 ** row["log10_p_value"])
        assert row["statistic"] > 0
        assert 0 <= row["sub_key"] < 64


def test_a_p_value_too_small_for_a_number_is_not_called_0() -> None:
    text = FileText(b"", Judgment(Verdict.UNLABELED))
    result = Result(Source.TEXT, None, Evidence(900, 3, 2500.0, -1000.0))
    line = text_line(Place("a.txt", None), text, result)
    assert line == "a.txt: watermark found (p = under 1e-300, 900 tokens, by the text)"
    row = json.loads(json_line(Place("a.txt", None), text, result))
    assert row["p_value"] == 0
    assert row["log10_p_value"] == pytest.approx(-1000 / math.log(10))


def test_with_too_few_tokens_there_is_no_p_value() -> None:
    text = FileText(b"", Judgment(Verdict.INTACT))
    result = Result(Source.LABEL, 2, Evidence(49, 3, 2500.0, -1000.0))
    line = text_line(Place("a.txt", 4), text, result)
    assert line == (
        "a.txt (sample 4, generation 2): not judged: it takes 50 tokens (49 tokens, by the label)"
    )
    row = json.loads(json_line(Place("a.txt", 4), text, result))
    assert (row["finding"], row["tokens"]) == ("not_judged", 49)
    assert {row[name] for name in ("p_value", "log10_p_value", "statistic", "sub_key")} == {None}


def test_standard_input() -> None:
    done = run("detect", "-", stdin=labeled(watermark=True))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(b"- (generation 1): watermark found")


def test_what_is_printed_acts_on_no_terminal_and_calls_nobody_a_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "\x1b[2J\n.txt"
    data = labeled(watermark=False)
    for content in (data, data.replace(b'"schema":"', b'"schema":"\\u001b\\n'), b"x\xff"):
        path.write_bytes(content)
        main(["detect", str(path)])
        main(["detect", "--json", str(path)])
    told = capsys.readouterr()
    for text in (told.out, told.err):
        assert text
        assert "\x1b" not in text
        assert "human" not in text
    assert "\x1b" not in told.out + told.err
