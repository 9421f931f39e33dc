"""The likeliest next tokens of the real GPT-2 small, to prove an export of it by.

The figures are five prompts with the twenty likeliest tokens of each, taken from
transformer-explainer (MIT licence). Its own precision is not stated, so ranks are compared and not
digits.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gpt2_tui import locations
from gpt2_tui.errors import ModelError
from gpt2_tui.hub.names import hub_model
from gpt2_tui.models.manifest import Source

FP32 = "fp32"
"""The precision that the figures hold for."""

_FILE = "golden/gpt2-small.json"
_VOCABULARY = 50257
_LEAST_SHARED = 16
_FIRST_AMONG = 3

NextLogits = Callable[[Sequence[int]], npt.NDArray[Any]]
"""float [vocabulary] logits of what follows some token ids."""


@dataclass(frozen=True)
class _Figures:
    prompt: str
    ids: tuple[int, ...]
    likeliest: tuple[int, ...]


def has_golden_figures(source: Source | None) -> bool:
    """Whether a model of this source is the one that the figures are of."""
    small = hub_model("gpt2")
    return source == Source("hub", small.repository, small.revision)


def check_golden(next_logits: NextLogits, vocabulary: int) -> None:
    """Raise ModelError unless the likeliest tokens of a model of `vocabulary` tokens are GPT-2's.

    In fp32, at least 16 of its 20 are among our 20, and its first is among our first 3.
    """
    if vocabulary != _VOCABULARY:
        raise ModelError(
            f"this is not GPT-2 as it was published: it has {vocabulary} tokens, not {_VOCABULARY}"
        )
    for figures in _read():
        order = np.argsort(-next_logits(figures.ids), kind="stable").tolist()
        ours = order[: len(figures.likeliest)]
        shared = len(set(ours) & set(figures.likeliest))
        if shared < _LEAST_SHARED or figures.likeliest[0] not in ours[:_FIRST_AMONG]:
            raise ModelError(
                f"this is not GPT-2 as it was published: after {figures.prompt!r} only {shared} of"
                f" its {len(figures.likeliest)} likeliest tokens are among ours, or its first is"
                " not"
            )


def _read() -> list[_Figures]:
    path = locations.assets_folder() / _FILE
    try:
        rows = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is missing or damaged; install gpt2-tui again") from error
    return [
        _Figures(
            row["prompt"],
            tuple(row["token_ids"]),
            tuple(token for token, _ in row["top20"]),
        )
        for row in rows
    ]
