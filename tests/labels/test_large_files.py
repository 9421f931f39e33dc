"""Large and hostile files: the work grows with the bytes of a file, not with their square."""

import tracemalloc
from collections.abc import Callable
from typing import SupportsIndex

import pytest

from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.record import Sample, make_sample
from gpt2_tui.labels.schema import identity, sha256
from gpt2_tui.labels.verdict import Verdict, judge_file
from gpt2_tui.labels.web_page import LABEL_START
from tests.labels.samples import continuation, sample
from tests.labels.test_formats import formats

MEGABYTE = 1 << 20
PLAIN = sample("It was a small\ngreen boat.\n" * 3, "A prompt: ")


class Watched(bytes):
    """Bytes that count how many of them are copied or searched, in all slices of them too."""

    work = 0

    def __getitem__(self, key: SupportsIndex | slice) -> "Watched":  # type: ignore[override]
        assert isinstance(key, slice)
        part = Watched(super().__getitem__(key))
        Watched.work += len(part)
        return part

    def find(self, what: bytes, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        stop = len(self) if end is None else end
        place = super().find(what, start, stop)
        Watched.work += (stop if place < 0 else place) - start
        return place

    def rfind(self, what: bytes, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        stop = len(self) if end is None else end
        place = super().rfind(what, start, stop)
        Watched.work += stop - (start if place < 0 else place)
        return place

    def count(self, what: bytes) -> int:  # type: ignore[override]
        Watched.work += len(self)
        return super().count(what)

    def removesuffix(self, suffix: bytes) -> "Watched":  # type: ignore[override]
        return Watched(super().removesuffix(suffix))


def claiming(length: int) -> bytes:
    """A text sample whose record says that its text has so many bytes."""
    record = {**PLAIN.record, "body": {**PLAIN.record["body"], "bytes": length}}
    record["spans"] = [{**PLAIN.record["spans"][0], "end": length}]
    return render(Sample(PLAIN.body, {**record, "id": identity(record)}, PLAIN.continuation), TEXT)


TEXT, PAGE, ROW, MARKDOWN = Format.TEXT, Format.HTML, Format.JSON_LINES, Format.MARKDOWN
SHAPES: dict[str, Callable[[int], bytes]] = {
    "text samples": lambda n: (render(PLAIN, TEXT) + b"\n") * n,
    "Markdown samples": lambda n: render(PLAIN, MARKDOWN) * n,
    "rows": lambda n: render(PLAIN, ROW) * n,
    "pages": lambda n: render(PLAIN, PAGE) * n,
    "changed text samples": lambda n: (render(PLAIN, TEXT).replace(b"boat", b"ship") + b"\n") * n,
    "changed Markdown samples": lambda n: render(PLAIN, MARKDOWN).replace(b"boat", b"ship") * n,
    "changed pages": lambda n: render(PLAIN, PAGE).replace(b"boat", b"ship") * n,
    "labels that claim all bytes before them": lambda n: b"".join(
        claiming(number * 1000) for number in range(n)
    ),
    "starts of labels": lambda n: b"[gpt2-tui label: " * n,
    "label lines": lambda n: b"[gpt2-tui label: \n[gpt2-tui body: ]\n" * n,
    "front matter without an end": lambda n: b"---\ngpt2-tui: {}\n" * n,
    "captions": lambda n: b"[SYNTHETIC]\n\n" * n + b"[gpt2-tui label: {}]\n",
    "keys of rows": lambda n: b'{"gpt2_tui"\n' * n,
    "keys of rows in one line": lambda n: b'{"gpt2_tui"' * n,
    "starts of pages": lambda n: b"<!DOCTYPE html>\n" * n + LABEL_START,
    "labels of pages": lambda n: b"<!DOCTYPE html>\n" + LABEL_START * n,
    "tags": lambda n: render(PLAIN, PAGE).replace(b"boat", b"<" * 100 * n),
    "newlines": lambda n: b"\n" * n + render(PLAIN, TEXT),
    "notices": lambda n: render(PLAIN, MARKDOWN).replace(b"\n\n>", b"\n" + b"\n>" * 100 * n),
}


def work(data: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many bytes are copied, searched or hashed to judge a file."""
    hashed = 0

    def counted(part: bytes) -> str:
        nonlocal hashed
        hashed += len(part)
        return sha256(part)

    with monkeypatch.context() as patch:
        patch.setattr("gpt2_tui.labels.verdict.sha256", counted)
        patch.setattr("gpt2_tui.labels.reading.sha256", counted)
        Watched.work = 0
        judge_file(Watched(data))
    return Watched.work + hashed


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_file_is_twice_the_work(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = SHAPES[shape](60), SHAPES[shape](240)
    growth = len(large) / len(small)
    more = work(large, monkeypatch) / work(small, monkeypatch)
    assert more < 1.25 * growth


@formats
def test_a_large_body_is_judged_in_memory_of_a_few_times_its_size(file_format: Format) -> None:
    prompt = "A line of a long text, & no more.\n" * (8 * MEGABYTE // 34)
    made = make_sample(AuthoredText.human(prompt), continuation("The end."))
    data = render(made, file_format)
    tracemalloc.start()
    try:
        (judgment,) = judge_file(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert judgment.verdict is Verdict.INTACT
    assert most < 8 * len(data)
