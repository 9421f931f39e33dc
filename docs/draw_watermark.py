"""Draw watermark.svg and renew the tables of watermark.md from the figures in watermark.json."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from docs.marked_page import renewed, table

DOCS = Path(__file__).parent
FIGURES, PICTURE, PAGE = (
    DOCS / name for name in ("watermark.json", "watermark.svg", "watermark.md")
)

_LEAST_TEXTS = 8
_COLOURS = ("#a50026", "#d73027", "#f46d43", "#c49a00", "#66a61e", "#1b7837", "#00441b")
_PANEL = (300, 240)
_Point = tuple[float, float]


def picture(figures: dict[str, Any]) -> str:
    """Power by length and entropy, and false positives beside their nominal rate, as SVG."""
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 330" font-family="sans-serif" '
        'font-size="12" fill="#222">',
        '<rect width="880" height="330" fill="#fff"/>',
        *_power_panel(figures["power"]),
        *_false_positive_panel(figures["false_positives"]),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def tables(figures: dict[str, Any]) -> dict[str, str]:
    """The tables of the page, by the names of their places."""
    lengths = sorted({row["length"] for row in figures["power"]})
    return {
        "false positives": table(
            ["human text", "tokenizer", "pieces", "at 0.05", "at 0.01", "at 0.001", "smallest p"],
            (
                [
                    row["text"],
                    row["tokenizer"],
                    str(row["pieces"]),
                    *(f"{count / row['pieces']:.4f} ({count})" for _, count in row["below"]),
                    f"{row['smallest']:.1g}",
                ]
                for row in [*figures["false_positives"], _all(figures["false_positives"])]
            ),
        ),
        "power": _power_table(figures["power"], lengths, "p<1e-06"),
        "power at 0.01": _power_table(figures["power"], lengths, "p<0.01"),
        "power by text": _power_table(figures["power"], lengths, "by_text_p<1e-06"),
        "edited": table(
            ["words replaced", "found"],
            ([f"{row['replaced']:.0%}", _share(row)] for row in figures["edited"]),
        ),
        "mixed": table(
            ["tokens in all", "found"],
            ([str(row["tokens"]), _share(row)] for row in figures["mixed"]),
        ),
    }


def page(text: str, figures: dict[str, Any]) -> str:
    """The page with its tables renewed."""
    return renewed(text, tables(figures))


def _power_table(rows: Sequence[dict[str, Any]], lengths: Sequence[int], what: str) -> str:
    groups = {group: dict(points) for group, points in _groups(rows, what)}
    return table(
        ["nats a token", *map(str, lengths)],
        (
            [_range(group), *(f"{points[n]:.0%}" if n in points else "" for n in lengths)]
            for group, points in groups.items()
        ),
    )


def _groups(
    rows: Iterable[dict[str, Any]], what: str
) -> Iterator[tuple[tuple[float, float], list[_Point]]]:
    """Share found by length, for each range of entropy; where there are too few texts, none."""
    groups: dict[tuple[float, float], list[_Point]] = defaultdict(list)
    for row in rows:
        if row["texts"] >= _LEAST_TEXTS:
            low, high = row["entropy"]
            groups[low, high].append((row["length"], row[what] / row["texts"]))
    yield from sorted(groups.items())


def _all(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    rows = list(rows)
    levels = [level for level, _ in rows[0]["below"]]
    counts = [sum(row["below"][n][1] for row in rows) for n in range(len(levels))]
    return {
        "text": "all",
        "tokenizer": "both",
        "pieces": sum(row["pieces"] for row in rows),
        "smallest": min(row["smallest"] for row in rows),
        "below": list(zip(levels, counts, strict=True)),
    }


def _share(row: dict[str, Any]) -> str:
    return f"{row['found'] / row['texts']:.0%}"


def _range(group: tuple[float, float]) -> str:
    low, high = group
    return f"{low:g} to {high:g}" if high < 99 else f"{low:g} and more"


def _power_panel(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    left, top = 60, 40
    width, height = _PANEL

    def place(point: _Point) -> _Point:
        return left + width * (point[0] - 50) / 350, top + height * (1 - point[1])

    yield _text(left, 24, "Found at p &lt; 10⁻⁶, by tokens and entropy", weight="bold")
    yield from _frame(
        left,
        top,
        [(place((n, 0))[0], str(n)) for n in (50, 100, 200, 300, 400)],
        [(place((0, n / 4))[1], f"{n * 25} %") for n in range(5)],
    )
    yield _text(left + width / 2, top + height + 36, "tokens written", anchor="middle")
    groups = list(_groups(rows, "p<1e-06"))
    for number, (group, points) in enumerate(groups):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(place, points))
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in map(place, points):
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'
        y = top + 30 + 18 * number
        yield f'<rect x="{left + width + 14}" y="{y - 9}" width="12" height="10" fill="{colour}"/>'
        yield _text(left + width + 32, y, _range(group))
    yield _text(left + width + 14, top + 8, "nats a token")


def _false_positive_panel(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    left, top = 550, 40
    width, height = _PANEL
    decades = (1e-4, 1e-3, 1e-2, 1e-1)

    def place(point: _Point) -> _Point:
        x, y = (math.log10(value / decades[0]) / 3 for value in point)
        return left + width * x, top + height * (1 - y)

    yield _text(left, 24, "False positives on human texts, measured rate", weight="bold")
    yield from _frame(
        left,
        top,
        [(place((each, 1))[0], f"{each:g}") for each in decades],
        [(place((1, each))[1], f"{each:g}") for each in decades],
    )
    yield _text(left + width / 2, top + height + 36, "nominal rate", anchor="middle")
    (x1, y1), (x2, y2) = place((1e-4, 1e-4)), place((1e-1, 1e-1))
    yield f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#999" stroke-dasharray="4 3"/>'
    for row in rows:
        for level, count in row["below"]:
            if count:
                x, y = place((level, max(count / row["pieces"], decades[0])))
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#4575b4" opacity="0.5"/>'
    for level, count in _all(rows)["below"]:
        if count:
            x, y = place((level, count / _all(rows)["pieces"]))
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="none" stroke="#222"/>'
    yield _text(left + 12, top + 20, "dots: one text and tokenizer each")
    yield _text(left + 12, top + 36, "rings: all of them together")


def _frame(
    left: float,
    top: float,
    across: Iterable[tuple[float, str]],
    upwards: Iterable[tuple[float, str]],
) -> Iterator[str]:
    width, height = _PANEL
    for x, name in across:
        yield f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + height}" stroke="#ddd"/>'
        yield _text(x, top + height + 17, name, anchor="middle")
    for y, name in upwards:
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}" stroke="#ddd"/>'
        yield _text(left - 6, y + 4, name, anchor="end")


def _text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {place}>{words}</text>"


def main() -> None:
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    PICTURE.write_text(picture(figures), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")


if __name__ == "__main__":
    main()
