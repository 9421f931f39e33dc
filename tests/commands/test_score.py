"""`gpt2-tui score`."""

import json
import math
from pathlib import Path

import pytest

from gpt2_tui.cli import main
from gpt2_tui.engine import scoring
from gpt2_tui.engine.scoring import TokenScore
from gpt2_tui.loading import LoadedModel

TEXT = "The keeper said nothing.\n\nNaïve <|endoftext|> 日本 \x1b[31m\n"


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT.encode())
    return path


def test_json_gives_a_line_a_token_and_last_the_summary(
    text_file: Path,
    model_folder: Path,
    loaded_model: LoadedModel,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["score", str(text_file), "--model", str(model_folder), "--json"]) == 0
    *tokens, summary = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["token"] for row in tokens] == loaded_model.tokenizer.encode(TEXT)
    assert all(row["log_probability"] < 0 and row["rank"] >= 1 for row in tokens)
    bits = -sum(row["log_probability"] for row in tokens) / math.log(2)
    assert summary.keys() == {"tokens", "bytes", "bits_per_byte", "perplexity"}
    assert summary["tokens"] == len(tokens)
    assert summary["bytes"] == len(TEXT.encode())
    assert summary["bits_per_byte"] == pytest.approx(bits / len(TEXT.encode()))


def test_the_table_shows_no_control_characters(
    text_file: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", str(text_file), "--model", str(model_folder)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "bits a byte" in out.splitlines()[-1]


def test_ends_of_lines_of_another_system_score_the_same(
    text_file: Path, tmp_path: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.txt"
    other.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    outputs = []
    for path in (text_file, other):
        assert main(["score", str(path), "--model", str(model_folder), "--json"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("data", "fault"), [(b"", "the text is empty"), (b"\xff", "is not UTF-8 text")]
)
def test_what_cannot_be_scored_is_refused(
    data: bytes, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(data)
    assert main(["score", str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("gpt2-tui: error: ")
    assert fault in told.err
    assert told.err.count("\n") == 1


def test_a_perplexity_beyond_all_numbers_is_null(
    text_file: Path,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A model can be as sure as that, and wrong.
    monkeypatch.setattr(scoring, "score", lambda _, ids: [TokenScore(i, -1e6, 9) for i in ids])
    assert main(["score", str(text_file), "--model", str(model_folder), "--json"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last, parse_constant=pytest.fail)["perplexity"] is None
