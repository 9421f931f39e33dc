"""What is measured of every backend, and where we want to stand against others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """One measurement: the first token of a prompt (no lanes), or steps of `lanes` lanes behind a
    context. `tokens` is the length of the prompt."""

    tokens: int
    lanes: int = 0

    @property
    def is_prefill(self) -> bool:
        return self.lanes == 0

    @property
    def name(self) -> str:
        kind = "first token" if self.is_prefill else f"N={self.lanes}"
        return f"{kind} at {self.tokens}"


PREFILLS = (Cell(64), Cell(512), Cell(960))
DECODES = (Cell(64, 1), Cell(64, 4), Cell(64, 8), Cell(880, 1), Cell(880, 8))
CELLS = (*PREFILLS, *DECODES)


@dataclass(frozen=True)
class Mark:
    """What the ratio of our figure to that of `peer` must be, on one thread: at least this for
    tokens/s, at most this for the time of a first token."""

    cell: Cell
    peer: str
    limit: float


_AGAINST_CTRANSLATE2 = (1.15, 1.6, 1.25, 0.85, 1.0, 1.0, 0.95, 3.0)
_AGAINST_TRANSFORMERS = (0.5, 0.5, 0.65, 3.3, 5.0, 6.0, 2.8, 5.0)

MARKS = (
    *(
        Mark(cell, "CTranslate2 int8", limit)
        for cell, limit in zip(CELLS, _AGAINST_CTRANSLATE2, strict=True)
    ),
    *(
        Mark(cell, "transformers fp32", limit)
        for cell, limit in zip(CELLS, _AGAINST_TRANSFORMERS, strict=True)
    ),
)

MOST_PEAK_BYTES = 950e6
MOST_READY_SECONDS = 0.5
"""Ours alone, on one thread: memory with eight lanes and a full window, and the time of a start."""
