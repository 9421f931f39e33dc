"""Every number of the training run in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HEAD_SIZE = 64
LAYER_NORM_EPSILON = 1e-5
END_OF_TEXT = "<|endoftext|>"


@dataclass(frozen=True)
class Source:
    """One file of the corpus, its share of every batch, and how many works it holds back."""

    name: str
    share: float
    held_out_works: int


@dataclass(frozen=True)
class Recipe:
    """What is trained, on what, and how.

    The mixture favours the children's books: they are simple, clear narrative. A short run
    gains more from a step with short rows than from long context, so most steps use
    ``short_window``; every ``full_window_every``-th step and the last ``full_window_share`` of
    the tokens use the full window, so that no learned position stays untrained.
    """

    layers: int = 6
    width: int = 320
    vocabulary: int = 4096
    window: int = 512
    short_window: int = 256
    full_window_share: float = 0.2
    full_window_every: int = 8

    sources: tuple[Source, ...] = (
        Source("childrens", 0.50, 5),
        Source("fiction", 0.42, 5),
        Source("nonfiction", 0.08, 2),
    )
    vocabulary_sample_bytes: int = 24_000_000

    tokens: int = 16_000_000
    blocks_per_step: int = 12
    warm_up_tokens: int = 300_000
    decay_share: float = 0.5

    matrix_rate: float = 0.02
    matrix_momentum: float = 0.95
    matrix_weight_decay: float = 0.1
    rate: float = 3e-3
    betas: tuple[float, float] = (0.9, 0.95)
    gradient_norm: float = 1.0

    seed: int = 1729

    def __post_init__(self) -> None:
        """Refuse shapes that GPT-2's exporter and engine do not know."""
        if self.width % HEAD_SIZE:
            raise ValueError(f"width {self.width} is no multiple of the head size {HEAD_SIZE}")
        if self.window % self.short_window:
            raise ValueError(f"window {self.window} is no multiple of {self.short_window}")
        if self.vocabulary > 1 << 16:
            raise ValueError("token caches hold 16-bit ids: at most 65,536 tokens")

    @property
    def tokens_per_step(self) -> int:
        """Tokens predicted in one step."""
        return self.blocks_per_step * self.window

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Recipe:
        """A recipe from what ``dataclasses.asdict`` made of it, directly or through JSON."""
        sources = tuple(Source(**source) for source in raw["sources"])
        return cls(**{**raw, "sources": sources, "betas": tuple(raw["betas"])})
