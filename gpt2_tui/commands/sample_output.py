"""Where samples go: streamed as text, printed whole, or saved as files.

Lanes are written side by side but come out one after the other: the first streams, the others
wait for their turn.
"""

import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gpt2_tui.continuations import Finished, Piece, prompt_bytes
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.caption import caption
from gpt2_tui.labels.formats import Format, render, text_head, text_tail
from gpt2_tui.labels.record import Sample, make_sample
from gpt2_tui.labels.signing import SigningKey, sign
from gpt2_tui.saving import save
from gpt2_tui.settings import Settings
from gpt2_tui.text.visible import visible


class Output(Protocol):
    """Takes the events of a group of lanes."""

    def begin(self, lanes: Sequence[int]) -> None: ...
    def piece(self, piece: Piece) -> None: ...
    def finished(self, finished: Finished) -> None: ...


@dataclass(frozen=True)
class Labeler:
    """Makes labeled samples of what `model` writes behind `prompt`, signed if there is a key."""

    prompt: str
    model: str
    key: SigningKey | None

    def sample(self, finished: Finished) -> Sample:
        sample = make_sample(AuthoredText.human(self.prompt), finished.continuation)
        return sample if self.key is None else sign(sample, self.key)


class TextStreamOutput:
    """The text format on standard output, as it is written."""

    def __init__(self, labeler: Labeler, settings: Settings) -> None:
        self._labeler = labeler
        self._prompt = prompt_bytes(labeler.prompt).decode()
        self._settings = settings
        self._waiting: deque[int] = deque()
        self._text: dict[int, str] = {}
        self._done: dict[int, Finished] = {}
        self._samples = 0

    def begin(self, lanes: Sequence[int]) -> None:
        self._waiting = deque(lanes)
        self._text = dict.fromkeys(lanes, "")
        self._head()

    def piece(self, piece: Piece) -> None:
        self._add(piece.lane, piece.text)

    def finished(self, finished: Finished) -> None:
        self._add(finished.lane, finished.rest)
        self._done[finished.lane] = finished
        while self._waiting and self._waiting[0] in self._done:
            done = self._done.pop(self._waiting.popleft())
            # The record is for programs; a person at a terminal has the caption above.
            _print("\n" if sys.stdout.isatty() else text_tail(self._labeler.sample(done)))
            if self._waiting:
                self._head()
                _print(visible(self._text[self._waiting[0]]))

    def _head(self) -> None:
        between = "\n" if self._samples else ""
        self._samples += 1
        head = text_head(caption(self._labeler.model, self._settings, self._waiting[0]))
        _print(between + head + visible(self._prompt))

    def _add(self, lane: int, text: str) -> None:
        if lane == self._waiting[0]:
            _print(visible(text))
        else:
            self._text[lane] += text


class WholeSampleOutput:
    """Each sample whole, in the order of the lanes: on standard output, or as a file in `folder`
    whose path is printed."""

    def __init__(self, labeler: Labeler, file_format: Format, folder: Path | None) -> None:
        self._labeler = labeler
        self._format = file_format
        self._folder = folder
        self._waiting: deque[int] = deque()
        self._done: dict[int, Sample] = {}

    def begin(self, lanes: Sequence[int]) -> None:
        self._waiting = deque(lanes)

    def piece(self, piece: Piece) -> None:
        """Nothing is shown before a sample is whole."""

    def finished(self, finished: Finished) -> None:
        self._done[finished.lane] = self._labeler.sample(finished)
        while self._waiting and self._waiting[0] in self._done:
            self._give_out(self._done.pop(self._waiting.popleft()))

    def _give_out(self, sample: Sample) -> None:
        if self._folder is None:
            sys.stdout.buffer.write(render(sample, self._format))
        else:
            (path,) = save([sample], self._folder, self._format)
            sys.stdout.buffer.write(f"{path}\n".encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


def _print(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
