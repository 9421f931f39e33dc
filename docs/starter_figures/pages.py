"""Draw the pages from the figures: starter.md, samples.md, and the figures of model_card.md.

`make pages` runs this alone, after a change of a page's words.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from docs.marked_page import renewed, table
from gpt2_tui.labels.record import NOTICE

from .openings import sample_sections
from .texts import command

DOCS = Path(__file__).parents[1]
FIGURES, PAGE = DOCS / "starter.json", DOCS / "starter.md"
SAMPLES, SAMPLES_PAGE = DOCS / "samples.jsonl", DOCS / "samples.md"
CARD = DOCS.parent / "model_card.md"

_PARTS = {"childrens": "children's stories", "fiction": "fiction", "nonfiction": "non-fiction"}
_TOGETHER = "together"
_ROWS_ON_THE_WAY = 6
_Figures = dict[str, Any]


def draw() -> None:
    """Renew all pages."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    samples = SAMPLES.read_bytes()
    for path, parts in (
        (PAGE, page_parts(figures)),
        (CARD, card_parts(figures)),
        (SAMPLES_PAGE, samples_parts(samples)),
    ):
        path.write_text(renewed(path.read_text(encoding="utf-8"), parts), encoding="utf-8")


def page_parts(figures: _Figures) -> dict[str, str]:
    """The tables of starter.md, by the names of their places."""
    return {
        "model": _model(figures),
        "bits by book": _bits_by_book(figures["bits_per_byte"]),
        "samples": f"```\n{command()}\n```",
        "variety": _variety(figures["variety"]),
        "verbatim": _verbatim(figures["verbatim"]),
        "longest": _longest(figures["verbatim"]),
        "on the way": _on_the_way(figures["measured_on_the_way"]),
    }


def card_parts(figures: _Figures) -> dict[str, str]:
    """The figures of model_card.md."""
    training = figures["training"]
    return {
        "size": _size(figures),
        "data": _data(training),
        "run": _run(training),
        "on the way": _on_the_way(figures["measured_on_the_way"]),
        "held out": _held_out(figures["bits_per_byte"]),
        "bits by part": _bits_by_part(figures["bits_per_byte"]),
        "variety": _variety(figures["variety"]),
        "verbatim": _verbatim(figures["verbatim"]),
        "longest": _longest(figures["verbatim"]),
    }


def samples_parts(samples: bytes) -> dict[str, str]:
    """The samples of samples.md, and the notice that every label of the program holds."""
    return {"notice": f"> {NOTICE}", "samples": sample_sections(samples)}


def _model(figures: _Figures) -> str:
    model = figures["model"]
    files = [*model["files"].items(), ("model.safetensors (the checkpoint)", figures["checkpoint"])]
    return table(["file", "sha256"], ([name, f"`{digest}`"] for name, digest in files))


def _size(figures: _Figures) -> str:
    model, training = figures["model"], figures["training"]
    recipe = training["recipe"]
    rows = [
        ("layers, heads, width", f"{recipe['layers']}, {model['heads']}, {recipe['width']}"),
        ("parameters", f"{training['parameters']:,}"),
        ("window", f"{recipe['window']} tokens, every position trained"),
        (
            "vocabulary",
            f"{recipe['vocabulary']:,}: byte-level BPE with GPT-2's pre-tokenizer, trained on the "
            "same text",
        ),
        ("precision as shipped", model["precision"]),
        ("size as shipped", f"{model['bytes'] / 1e6:.1f} MB"),
    ]
    return table(["", ""], rows)


def _data(training: _Figures) -> str:
    corpus, recipe = training["corpus"], training["recipe"]
    size = sum(each["training_bytes"] for each in corpus.values())
    tokens = sum(each["training_tokens"] for each in corpus.values())
    works = sum(each["training_works"] for each in corpus.values())
    steps = training["tokens"] / recipe["blocks_per_step"] / recipe["window"]
    rows = []
    for name, each in corpus.items():
        seen = steps * training["blocks_per_step"][name] * recipe["window"]
        share = training["blocks_per_step"][name] / recipe["blocks_per_step"]
        rows.append(
            [
                _PARTS[name],
                str(each["training_works"]),
                f"{each['training_bytes']:,}",
                f"{share:.0%}",
                f"{seen / each['training_tokens']:.2f} times",
            ]
        )
    sentence = (
        f"Public-domain English prose: {works} works, {size / 1e6:.0f} MB of text, "
        f"{tokens / 1e6:.1f} million tokens. The run saw {training['tokens'] / 1e6:.1f} million, "
        "drawn as in the table."
    )
    head = ["part", "works", "bytes", "share of the run", "seen"]
    return f"{sentence}\n\n{table(head, rows)}"


def _run(training: _Figures) -> str:
    recipe, schedule = training["recipe"], training["schedule"]
    hours = training["seconds"] / 3600
    rows = [
        (
            "steps",
            f"{training['steps']:,} of {recipe['blocks_per_step'] * recipe['window']:,} tokens",
        ),
        ("clock", f"{hours:.1f} hours on {training['device'].upper()}, bf16 autocast"),
        (
            "matrices",
            f"Muon, rate {recipe['matrix_rate']:g}, momentum {recipe['matrix_momentum']:g}, weight "
            f"decay {recipe['matrix_weight_decay']:g}",
        ),
        (
            "all else",
            f"AdamW, rate {recipe['rate']:g}, betas {recipe['betas'][0]:g} and "
            f"{recipe['betas'][1]:g}",
        ),
        ("gradient", f"clipped at {recipe['gradient_norm']:g}; no dropout"),
        (
            "rate",
            f"warm-up over {schedule['warm_up'] / 1e6:g} million tokens, then constant; from "
            f"{schedule['decay_from'] / 1e6:.1f} million on in a line to zero" + _turn(schedule),
        ),
        (
            "rows",
            f"{recipe['short_window']} tokens; {recipe['window']} at every "
            f"{recipe['full_window_every']}th step, and from "
            f"{schedule['full_window_from'] / 1e6:.1f} million tokens on",
        ),
        ("seed", str(recipe["seed"])),
    ]
    return table(["", ""], rows)


def _turn(schedule: _Figures) -> str:
    """Where the total was changed during the decay, in words."""
    if schedule.get("turn") is None:
        return ""
    return (
        f"; at {schedule['turn'] / 1e6:.1f} million, at {schedule['rate_at_turn']:.2f} of it, the "
        "end was moved"
    )


def _on_the_way(measured: Sequence[tuple[int, float]]) -> str:
    last = len(measured) - 1
    count = min(_ROWS_ON_THE_WAY, len(measured))
    chosen = sorted({last * n // max(count - 1, 1) for n in range(count)})
    return table(
        ["tokens seen", "bits a byte"],
        ([f"{measured[n][0] / 1e6:.1f} million", f"{measured[n][1]:.3f}"] for n in chosen),
    )


def _held_out(rows: Sequence[_Figures]) -> str:
    lines = []
    for part, own in _by_part(rows):
        titles = ", ".join(f"*{row['title']}*" for row in own)
        lines.append(f"- {_PARTS[part]}: {titles}")
    return "\n".join(lines)


def _bits_by_book(rows: Sequence[_Figures]) -> str:
    lines = [[f"*{row['title']}*", *_bits([row])] for row in rows]
    lines += [[_PARTS[part], *_bits(own)] for part, own in _by_part(rows)]
    lines.append([f"**{_TOGETHER}**", *_bits(rows)])
    return table(["book", "bytes", "tokens", "checkpoint", "shipped"], lines)


def _bits_by_part(rows: Sequence[_Figures]) -> str:
    parts = [(_PARTS[part], own) for part, own in _by_part(rows)]
    lines = [[name, *_bits(own)] for name, own in [*parts, (f"**{_TOGETHER}**", rows)]]
    return table(["books", "bytes", "tokens", "checkpoint", "shipped"], lines)


def _by_part(rows: Sequence[_Figures]) -> Iterator[tuple[str, list[_Figures]]]:
    for part in _PARTS:
        yield part, [row for row in rows if row["part"] == part]


def _bits(rows: Sequence[_Figures]) -> list[str]:
    """Bytes and tokens of some books, and the bits a byte of checkpoint and shipped model."""
    size = sum(row["bytes"] for row in rows)
    bits = (
        sum(row[model] * row["bytes"] for row in rows) / size for model in ("checkpoint", "shipped")
    )
    return [f"{size:,}", f"{sum(row['tokens'] for row in rows):,}", *(f"{b:.4f}" for b in bits)]


def _variety(figures: _Figures) -> str:
    rows = [
        [
            name,
            str(each["texts"]),
            f"{each['words']:,}",
            *(f"{value:.3f}" for value in each["distinct"]),
            f"{each['rep_4']:.2%}",
            f"{each['loops']}",
        ]
        for name, each in _beside(figures)
    ]
    head = ["", "texts", "words", "distinct-1", "distinct-2", "distinct-3", "rep-4", "loops"]
    return table(head, rows)


def _verbatim(figures: _Figures) -> str:
    rows = []
    for name, each in _beside(figures):
        for unit in ("characters", "words"):
            values = each[unit]
            rows.append([name, unit, *(str(values[key]) for key in ("median", "95th", "largest"))])
    return table(["longest verbatim match", "in", "median", "95th percentile", "largest"], rows)


def _longest(figures: _Figures) -> str:
    # As JSON, so that newlines and spaces at the edges can be seen.
    return f"The longest match of a sample: `{json.dumps(figures['longest'])}`"


def _beside(figures: _Figures) -> list[tuple[str, _Figures]]:
    return [("samples", figures["samples"]), ("human text", figures["human"])]


if __name__ == "__main__":
    draw()
