"""What the library knows of a text without reading its file again."""

import os
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gpt2_tui.labels.verdict import Verdict
from gpt2_tui.settings import SEED, TEMPERATURE, TOP_K, TOP_P
from gpt2_tui.text.visible import one_line


class Kind(StrEnum):
    """What a file was saved as."""

    SAMPLE = "sample"
    DRAFT = "draft"


@dataclass(frozen=True)
class Facts:
    """What the label of a text says of it; all None without one. The settings are those of its
    last generation. `time` is when it was labeled, in seconds since 1970."""

    time: float | None = None
    model: str | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    seed: int | None = None
    lane: int | None = None


@dataclass(frozen=True)
class Entry:
    """One text: sample number `sample`, from 1, of the `samples` in the file `path`.

    `name` is the path inside its folder. `verdict` is None if the file was not read, and `detail`
    says why; else it is the remark or the reason of the verdict. `time` is when it was labeled,
    or when the file was last changed. `beginning` is its first words.
    """

    path: Path
    kind: Kind
    in_bin: bool
    name: str
    sample: int
    samples: int
    time: float
    verdict: Verdict | None
    detail: str
    facts: Facts
    beginning: str

    @property
    def title(self) -> str:
        """The name in one line, with the number of the sample if its file holds several."""
        number = f" (sample {self.sample})" if self.samples > 1 else ""
        return one_line(f"{self.name}{number}")

    @property
    def day(self) -> str:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.time))

    @property
    def settings(self) -> list[str]:
        """The settings that made it, each with its name."""
        facts = self.facts
        fields = (
            (TEMPERATURE, facts.temperature),
            (TOP_K, facts.top_k),
            (TOP_P, facts.top_p),
            (SEED, facts.seed),
        )
        parts = [
            f"{field.label} {field.format(value)}" for field, value in fields if value is not None
        ]
        return parts if facts.lane is None else [*parts, f"lane {facts.lane}"]


def name_in(folder: Path, path: Path) -> str:
    """The path inside `folder` as text, also where it is not UTF-8."""
    return os.fsencode(path.relative_to(folder)).decode("utf-8", "replace")
