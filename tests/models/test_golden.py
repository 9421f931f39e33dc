"""The figures of the real GPT-2 small, and what they let pass."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from gpt2_tui import locations
from gpt2_tui.errors import ModelError
from gpt2_tui.models.golden import check_golden, has_golden_figures
from gpt2_tui.models.manifest import Source

Array = npt.NDArray[Any]
Order = Callable[[list[int]], list[int]]
VOCABULARY = 50257
FILE = locations.assets_folder() / "golden" / "gpt2-small.json"
ROWS = json.loads(FILE.read_bytes())
GPT2 = Source("hub", "openai-community/gpt2", "607a30d783dfa663caf39e06633721c8d4cfcd7e")


def model_that_finds(order: Order) -> Callable[[Sequence[int]], Array]:
    """A model whose likeliest tokens are GPT-2's as `order` changes them."""
    likeliest = {tuple(row["token_ids"]): [token for token, _ in row["top20"]] for row in ROWS}

    def next_logits(ids: Sequence[int]) -> Array:
        logits = np.full(VOCABULARY, -100.0, np.float32)
        for rank, token in enumerate(order(likeliest[tuple(ids)])):
            logits[token] = -rank
        return logits

    return next_logits


def others(count: int) -> list[int]:
    """Tokens that are in none of the figures."""
    named = {token for row in ROWS for token, _ in row["top20"]}
    return [token for token in range(VOCABULARY) if token not in named][:count]


def test_the_figures_are_five_prompts_with_twenty_tokens_each() -> None:
    assert [len(row["top20"]) for row in ROWS] == [20] * 5
    for row in ROWS:
        logits = [logit for _, logit in row["top20"]]
        assert logits == sorted(logits, reverse=True)


@pytest.mark.parametrize(
    "order",
    [
        lambda likeliest: likeliest,
        lambda likeliest: [*likeliest[:16], *others(4)],
        lambda likeliest: [*likeliest[1:3], likeliest[0], *likeliest[3:]],
    ],
    ids=["as published", "four of twenty are others", "its first is our third"],
)
def test_what_counts_as_gpt2(order: Order) -> None:
    check_golden(model_that_finds(order), VOCABULARY)


@pytest.mark.parametrize(
    "order",
    [
        lambda likeliest: [*likeliest[:15], *others(5)],
        lambda likeliest: [*likeliest[1:4], likeliest[0], *likeliest[4:]],
        lambda likeliest: [*others(20), *likeliest],
        lambda _: [],
    ],
    ids=["five of twenty are others", "its first is our fourth", "none", "a flat model"],
)
def test_what_does_not(order: Order) -> None:
    with pytest.raises(ModelError, match="not GPT-2 as it was published"):
        check_golden(model_that_finds(order), VOCABULARY)


def test_one_prompt_that_differs_is_enough() -> None:
    right, wrong = model_that_finds(lambda likeliest: likeliest), model_that_finds(lambda _: [])
    last = ROWS[-1]["token_ids"]
    with pytest.raises(ModelError):
        check_golden(lambda ids: (wrong if list(ids) == last else right)(ids), VOCABULARY)


def test_a_model_of_another_vocabulary_is_not_even_run() -> None:
    with pytest.raises(ModelError, match="it has 297 tokens, not 50257"):
        check_golden(model_that_finds(lambda likeliest: likeliest), 297)


def test_only_the_published_model_has_figures() -> None:
    assert has_golden_figures(GPT2)
    assert not has_golden_figures(None)
    assert not has_golden_figures(Source("folder", GPT2.name, GPT2.revision))
    assert not has_golden_figures(Source("hub", GPT2.name, "0" * 40))
    assert not has_golden_figures(Source("hub", "someone/gpt2", GPT2.revision))
