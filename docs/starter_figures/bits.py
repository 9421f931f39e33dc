"""Bits a byte on whole books, by the code of `gpt2-tui score`."""

from collections.abc import Callable

from gpt2_tui.engine.scoring import Summary, score, summarize
from gpt2_tui.loading import LoadedModel

_TOKENS_BETWEEN_REPORTS = 500


def score_text(model: LoadedModel, text: str, advance: Callable[[int], None]) -> Summary:
    """The summary that `gpt2-tui score --json` prints last; `advance` is told of more bytes."""
    ids = model.tokenizer.encode(text)
    size = len(text.encode())
    scores = []
    told = 0
    for each in score(model.session, ids):
        scores.append(each)
        if len(scores) % _TOKENS_BETWEEN_REPORTS == 0:
            now = size * len(scores) // len(ids)
            advance(now - told)
            told = now
    advance(size - told)
    return summarize(scores, size)
