"""Measure the watermark's false positives and its power: `make watermark TEXTS="FILE…"`.

The files hold human texts, long ones (`.xz` and `.jsonl` too). The figures go to watermark.json,
from which draw_watermark.py makes the picture; docs/watermark.md explains them.
"""

import json
import lzma
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from export.tokenizer import read_tokenizer
from gpt2_tui.continuations import Continuation, Finished, Request, write
from gpt2_tui.engine.runtime import Device
from gpt2_tui.engine.sampling import candidates
from gpt2_tui.engine.watermark_evidence import FOUND_BELOW, UNDECIDED_BELOW, weigh
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.settings import Sampling, Settings
from gpt2_tui.text import plain
from gpt2_tui.text.tokenizer import Tokenizer

DOCS = Path(__file__).parent
FIGURES = DOCS / "watermark.json"
_GPT2_TOKENIZER = DOCS.parent / "tests" / "exporter" / "gpt2-tokenizer"
_GPT2_VOCABULARY = 50257

_MOST_PIECES = 10_000
_PIECE_CHARACTERS = 2_400
_NOMINAL = (0.05, 0.01, 0.001)

_TEMPERATURES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
_PROMPTS = (
    "The lighthouse keeper",
    "It was late in the evening when",
    '"I do not believe it," said',
    "In the middle of the forest",
    "The history of the town",
    "My dear friend,",
    "On the first day of the voyage",
    "There are many kinds of",
    "The king was very",
    "When she opened the door",
    "A good garden",
    "We had been walking for",
)
_LANES = 8
_LENGTHS = (55, 75, 100, 150, 200, 300, 400)
_ENTROPY_EDGES = (0, 0.25, 0.5, 1, 1.5, 2, 3, 99)
_USUAL_TEMPERATURE = 0.8
_SPOILED_LENGTH = 200
_EDITED = (0, 0.05, 0.1, 0.2, 0.3, 0.5)
_WHOLE_LENGTHS = (200, 400, 800, 1600, 3200)


@dataclass(frozen=True)
class Marked:
    """Marked tokens, and the entropy in nats of the distribution that each was drawn from."""

    ids: tuple[int, ...]
    entropies: tuple[float, ...]
    temperature: float


def main(paths: Sequence[Path]) -> None:
    model = load_model(None, Device.CPU)
    data, end_of_text = read_tokenizer(_GPT2_TOKENIZER, _GPT2_VOCABULARY)
    gpt2 = Tokenizer(data, str(_GPT2_TOKENIZER), _GPT2_VOCABULARY, end_of_text)
    texts = {path.name.split(".")[0]: _read(path) for path in paths}
    marked = list(_marked(model))
    figures = {
        "model": {"name": model.name, "files": model.folder.digests},
        "false_positives": [
            _false_positives(name, text, tokenizer_name, tokenizer)
            for name, text in texts.items()
            for tokenizer_name, tokenizer in (("GPT-2", gpt2), (model.name, model.tokenizer))
        ],
        "power": list(_power(marked, model.tokenizer)),
        "edited": list(_edited(marked, model.tokenizer)),
        "mixed": list(_mixed(marked, model.tokenizer.encode(" ".join(texts.values())[:4_000_000]))),
    }
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _read(path: Path) -> str:
    data = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    text = plain.decode(data, str(path))
    if path.suffix == ".jsonl":
        rows = map(json.loads, text.splitlines())
        text = "\n".join(" ".join(v for v in row.values() if isinstance(v, str)) for row in rows)
    return text


def _pieces(text: str, tokenizer: Tokenizer) -> Iterator[list[int]]:
    """Pieces of 100 to 400 tokens, spread over the whole text, none overlapping another."""
    count = min(_MOST_PIECES, len(text) // _PIECE_CHARACTERS)
    for number in range(count):
        start = number * len(text) // count
        length = 100 + number * 37 % 301
        ids = tokenizer.encode(text[start : start + _PIECE_CHARACTERS].partition(" ")[2])[:length]
        if len(ids) == length:
            yield ids


def _false_positives(
    name: str, text: str, tokenizer_name: str, tokenizer: Tokenizer
) -> dict[str, Any]:
    _say(f"human text {name}, tokenizer of {tokenizer_name}")
    p_values = np.array([weigh(ids).p_value for ids in _pieces(text, tokenizer)])
    return {
        "text": name,
        "tokenizer": tokenizer_name,
        "pieces": len(p_values),
        "smallest": float(p_values.min()),
        "below": [[level, int((p_values < level).sum())] for level in _NOMINAL],
    }


def _marked(model: LoadedModel) -> Iterator[Marked]:
    for temperature in _TEMPERATURES:
        _say(f"marked texts at temperature {temperature}")
        sampling = Sampling(temperature, watermark=True)
        for seed, prompt in enumerate(_PROMPTS):
            settings = Settings(sampling, length=max(_LENGTHS), seed=seed, keep_going=True)
            for event in write(model, Request(prompt, settings, tuple(range(_LANES)))):
                if isinstance(event, Finished):
                    made = event.continuation
                    yield Marked(made.ids, tuple(_entropies(model, made)), temperature)


def _entropies(model: LoadedModel, made: Continuation) -> Iterator[float]:
    logits = np.concatenate(list(model.session.predict([*made.prompt_ids, *made.ids][:-1])))
    for row in logits[len(made.prompt_ids) - 1 :]:
        p = candidates(row, made.settings.sampling).probabilities
        p = p[p > 0]
        yield float(-(p * np.log(p)).sum())


def _power(marked: Sequence[Marked], tokenizer: Tokenizer) -> Iterator[dict[str, Any]]:
    """How many are found, by length and by mean entropy of the tokens up to there."""
    _say("power")
    counts: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * 4)
    for each in marked:
        for length in _LENGTHS:
            entropy = float(np.mean(each.entropies[:length]))
            group = int(np.searchsorted(_ENTROPY_EDGES, entropy, side="right")) - 1
            p_value = weigh(each.ids[:length]).p_value
            written = tokenizer.decode(each.ids[:length]).decode("utf-8", "replace")
            by_text = weigh(tokenizer.encode(written)).p_value
            found = (1, p_value < FOUND_BELOW, p_value < UNDECIDED_BELOW, by_text < FOUND_BELOW)
            row = counts[group, length]
            row[:] = (total + more for total, more in zip(row, found, strict=True))
    for (group, length), (texts, found_, undecided, by_text_) in sorted(counts.items()):
        yield {
            "entropy": list(_ENTROPY_EDGES[group : group + 2]),
            "length": length,
            "texts": texts,
            f"p<{FOUND_BELOW:g}": found_,
            f"p<{UNDECIDED_BELOW:g}": undecided,
            f"by_text_p<{FOUND_BELOW:g}": by_text_,
        }


def _usual(marked: Sequence[Marked]) -> list[list[int]]:
    return [
        list(each.ids[:_SPOILED_LENGTH])
        for each in marked
        if each.temperature == _USUAL_TEMPERATURE
    ]


def _edited(marked: Sequence[Marked], tokenizer: Tokenizer) -> Iterator[dict[str, Any]]:
    """How many are found after some of the words were replaced by words from elsewhere."""
    _say("edits")
    random = np.random.default_rng(1)
    texts = [tokenizer.decode(ids).decode("utf-8", "replace").split(" ") for ids in _usual(marked)]
    pool = [word for words in texts for word in words]
    for share in _EDITED:
        found = 0
        for words in texts:
            replaced = random.random(len(words)) < share
            others = random.integers(len(pool), size=len(words))
            changed = (
                pool[other] if new else word
                for word, new, other in zip(words, replaced, others, strict=True)
            )
            found += weigh(tokenizer.encode(" ".join(changed))).p_value < FOUND_BELOW
        yield {"replaced": share, "texts": len(texts), "found": found}


def _mixed(marked: Sequence[Marked], human: Sequence[int]) -> Iterator[dict[str, Any]]:
    """How many are found in the middle of a human text."""
    _say("mixed texts")
    texts = _usual(marked)
    for whole in _WHOLE_LENGTHS:
        beside = (whole - _SPOILED_LENGTH) // 2
        found = 0
        for number, ids in enumerate(texts):
            start = number * (len(human) // len(texts))
            before, after = (
                human[start : start + beside],
                human[start + beside : start + 2 * beside],
            )
            found += weigh([*before, *ids, *after]).p_value < FOUND_BELOW
        yield {"tokens": whole, "texts": len(texts), "found": found}


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit('name long human texts: make watermark TEXTS="FILE…"')
    main([Path(word) for word in sys.argv[1:]])
