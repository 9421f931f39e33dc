"""`gpt2-tui sample`: labeled samples of the same engine, without a screen."""

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpt2_tui.cli import main
from gpt2_tui.continuations import Finished, Request, write
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import Sampling, Settings
from gpt2_tui.text.visible import visible
from tests.labels.parsers import Parsed, parse_json_line, parse_markdown, parse_page, parse_text

Sample = Callable[..., bytes]


@pytest.fixture
def sample(model_folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Sample:
    """Runs `sample` with the tiny model; gives what it prints on standard output."""

    def run(*words: str) -> bytes:
        assert main(["sample", "--model", str(model_folder), *words]) == 0
        printed = capfdbinary.readouterr()
        assert printed.err == b""
        return printed.out

    return run


def rows(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def texts(data: bytes) -> list[str]:
    return [row["text"] for row in rows(data)]


def text_samples(data: bytes) -> list[Parsed]:
    """The samples of the text format, which stand one after the other."""
    ends = [match.end() for match in re.finditer(rb"\n\[gpt2-tui label: .*\]\n", data)]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [parse_text(data[start:end]) for start, end in zip(starts, ends, strict=True)]


def desk_texts(model: LoadedModel, prompt: str, settings: Settings, count: int) -> list[bytes]:
    """What the desk reads of the same engine for the same settings."""
    request = Request(prompt, settings, tuple(range(count)))
    made = [e.continuation for e in write(model, request) if isinstance(e, Finished)]
    return [prompt.encode() + each.written for each in sorted(made, key=lambda each: each.lane)]


ASKED = ["--prompt", "The cat", "--seed", "5", "--length", "30", "-n", "3"]


def test_text_is_one_sample_after_the_other_each_under_its_label(
    sample: Sample, loaded_model: LoadedModel
) -> None:
    out = sample(*ASKED)
    printed = text_samples(out)
    assert [each.body for each in printed] == desk_texts(
        loaded_model, "The cat", Settings(length=30, seed=5), 3
    )
    for each in printed:
        shown = visible(each.body.decode("utf-8", "replace"))
        assert f"[{each.caption}]\n\n{shown}\n\n[gpt2-tui " in out.decode()
    assert [each.caption for each in printed] == [
        f"SYNTHETIC · tiny · temperature 0.80 · top-k 40 · top-p off · seed 5 · lane {lane}"
        for lane in range(3)
    ]


def test_every_format_holds_the_same_texts_and_records(sample: Sample, tmp_path: Path) -> None:
    streamed = text_samples(sample(*ASKED))
    lines = sample(*ASKED, "--format", "jsonl").splitlines(keepends=True)
    pages = re.split(rb"(?m)^(?=---\ngpt2-tui: )", sample(*ASKED, "--format", "md"))[1:]
    web = re.split(rb"(?m)^(?=<!DOCTYPE html>)", sample(*ASKED, "--format", "html"))[1:]
    sample(*ASKED, "--out", str(tmp_path))
    files = sorted(tmp_path.iterdir(), key=lambda path: path.name.rsplit("lane")[-1])
    for found in (
        [parse_json_line(line) for line in lines],
        [parse_markdown(page) for page in pages],
        [parse_page(page) for page in web],
        [parse_markdown(path.read_bytes()) for path in files],
    ):
        assert [each.body for each in found] == [each.body for each in streamed]
        assert [each.record["gens"] for each in found] == [each.record["gens"] for each in streamed]


def test_json_is_the_format_json_lines(sample: Sample) -> None:
    found = rows(sample(*ASKED, "--json"))
    assert [row["id"] for row in found] == [0, 1, 2]
    assert all(row["length"] == 30 for row in found if not row["ended"])


def test_the_same_seed_gives_the_same_text_and_another_seed_another(sample: Sample) -> None:
    asked = ["--prompt", "The cat", "--length", "20", "--json"]
    first = texts(sample(*asked, "--seed", "5"))
    assert texts(sample(*asked, "--seed", "5")) == first
    assert texts(sample(*asked, "--seed", "6")) != first


def test_a_seed_that_was_drawn_stands_in_the_label_and_repeats_the_text(sample: Sample) -> None:
    asked = ["--prompt", "The cat", "--length", "20", "--json"]
    drawn = sample(*asked)
    seed = rows(drawn)[0]["gpt2_tui"]["gens"][0]["seed"]
    assert texts(sample(*asked, "--seed", str(seed))) == texts(drawn)


def test_lanes_beyond_those_written_together_are_the_same_as_alone(sample: Sample) -> None:
    asked = ["--temperature", "10", "--top-k", "0", "--length", "8", "--seed", "5", "--json"]
    many = rows(sample(*asked, "-n", "19"))
    assert [row["id"] for row in many] == list(range(19))
    assert len({row["text"] for row in many}) == 19
    assert texts(sample(*asked, "-n", "2")) == [row["text"] for row in many[:2]]


def test_every_setting_reaches_the_record(sample: Sample) -> None:
    (row,) = rows(
        sample(
            *("--temperature", "0.7", "--top-k", "9", "--top-p", "0.9", "--top-p-rule", "original"),
            *("--seed", "3", "--length", "4", "--stop", "zq", "--stop", "qz", "--keep-going"),
            *("--count", "1", "--device", "cpu", "--json"),
        )
    )
    generation = row["gpt2_tui"]["gens"][0]
    sampler = generation["sampler"]
    assert (generation["seed"], sampler["length"]) == (3, 4)
    assert (sampler["temperature"], sampler["top_k"], sampler["top_p"]) == ("0.7", 9, "0.9")
    assert (sampler["top_p_rule"], sampler["keep_going"]) == ("original", True)
    assert sampler["stop"] == ["zq", "qz"]


def test_a_loop_and_the_end_of_a_sentence_end_a_sample_if_that_is_asked_for(
    sample: Sample,
) -> None:
    greedy = ("--json", "--prompt", "The sea", "--temperature", "0", "--length", "400")
    (free,) = rows(sample(*greedy))
    (loop,) = rows(sample(*greedy, "--loop-alarm"))
    generation = loop["gpt2_tui"]["gens"][0]
    assert generation["stop_reason"] == "loop"
    assert generation["sampler"]["loop_alarm"] == "cycle-3/1"
    free_ids = free["gpt2_tui"]["gens"][0]["ids"]
    assert generation["ids"] == free_ids[: len(generation["ids"])]
    assert "loop_alarm" not in free["gpt2_tui"]["gens"][0]["sampler"]
    hot = ("--json", "--prompt", "The sea", "--temperature", "10", "--top-k", "0", "--keep-going")
    (ended,) = rows(sample(*hot, "--length", "5", "--seed", "2", "--finish-sentence", "900"))
    generation = ended["gpt2_tui"]["gens"][0]
    assert generation["stop_reason"] == "sentence"
    assert generation["sampler"]["length"] == 5
    assert generation["sampler"]["finish_sentence"] == 900


def test_without_a_prompt_it_writes_from_end_of_text(
    sample: Sample, loaded_model: LoadedModel
) -> None:
    end_of_text = loaded_model.tokenizer.end_of_text
    asked = ["--seed", "5", "--length", "6", "--json"]
    for words in (asked, [*asked, "--prompt", ""]):
        (row,) = rows(sample(*words))
        assert row["gpt2_tui"]["gens"][0]["prompt_ids"] == [end_of_text]
        assert [span["origin"] for span in row["gpt2_tui"]["spans"]] == ["machine"]


def test_a_typed_end_of_text_is_text_unless_special_is_given(
    sample: Sample, loaded_model: LoadedModel
) -> None:
    asked = ["--prompt", "a<|endoftext|>b", "--length", "2", "--json"]
    plain, special = (
        rows(sample(*asked, *more))[0]["gpt2_tui"]["gens"][0]["prompt_ids"]
        for more in ([], ["--special"])
    )
    assert loaded_model.tokenizer.end_of_text not in plain
    assert len(special) == 3
    assert special[1] == loaded_model.tokenizer.end_of_text


def test_a_prompt_can_come_from_a_file_or_from_standard_input(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["--seed", "5", "--length", "6", "--json"]
    prompt = "Two paragraphs.\n\nThe é is one character."
    wanted = texts(sample(*asked, "--prompt", prompt))
    file = tmp_path / "prompt.txt"
    windows = prompt.replace("\n", "\r\n")
    for data in (prompt.encode(), prompt.encode("utf-8-sig"), windows.encode()):
        file.write_bytes(data)
        assert texts(sample(*asked, "--prompt-file", str(file))) == wanted
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert texts(sample(*asked, "--prompt-file", "-")) == wanted


def test_out_makes_private_files_and_prints_their_paths(sample: Sample, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "samples"
    for file_format, suffix in (("text", ".txt"), ("jsonl", ".jsonl"), ("md", ".md")):
        printed = sample(*ASKED, "--out", str(folder), "--format", file_format)
        paths = [Path(line) for line in printed.decode().splitlines()]
        assert len(paths) == 3
        assert all(path.parent == folder and path.suffix == suffix for path in paths)
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in paths)
    before = {path.name for path in folder.iterdir()}
    sample(*ASKED, "--out", str(folder))
    assert len({path.name for path in folder.iterdir()}) == len(before) + 3


def test_a_model_that_writes_controls_harms_no_terminal(sample: Sample) -> None:
    hot = ["--temperature", "10", "--top-k", "0", "--keep-going", "--length", "200", "-n", "2"]
    attack = "\x1b[2J\u202e[@click=app.quit][/]\r"
    printed = sample(*hot, "--seed", "5", "--prompt", attack)
    shown = printed.decode()
    assert not {c for c in shown if (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f"}
    for each in text_samples(printed):
        assert each.body.startswith(attack.encode())


def test_a_prompt_that_is_no_utf8_is_shown_as_it_is_recorded(sample: Sample) -> None:
    printed = sample("--prompt", "a\udcffb", "--seed", "5", "--length", "3", "--temperature", "0")
    (each,) = text_samples(printed)
    assert each.body.startswith(b"a?b")
    assert b"\n\na?b" in printed


def test_a_prompt_of_a_megabyte_is_continued(sample: Sample, tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_bytes(b"the cat sat on \x1b[31mthe mat\n" * 40_000)
    (row,) = rows(sample("--prompt-file", str(file), "--length", "3", "--seed", "1", "--json"))
    assert row["text"].startswith("the cat sat")
    assert len(row["text"]) > 1_000_000
    assert row["length"] == 3


def test_greedy_gives_every_lane_the_same_text(sample: Sample, loaded_model: LoadedModel) -> None:
    greedy = desk_texts(loaded_model, "The cat", Settings(Sampling(0), length=9, seed=1), 1)
    found = text_samples(
        sample("--prompt", "The cat", "--temperature", "0", "--length", "9", "-n", "2")
    )
    assert [each.body for each in found] == greedy * 2
