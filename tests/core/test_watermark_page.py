"""The page on the watermark: its picture and tables are those of the figures, and it names the
rule as it is."""

import json

from docs.draw_watermark import FIGURES, PAGE, PICTURE, page, picture
from gpt2_tui.engine.watermark_evidence import FOUND_BELOW, LEAST_TOKENS, UNDECIDED_BELOW
from gpt2_tui.engine.watermark_key import RULE, SUB_KEYS

TEXT = PAGE.read_text(encoding="utf-8")
MEASURED = json.loads(FIGURES.read_text(encoding="utf-8"))


def test_the_picture_and_the_tables_are_those_of_the_figures() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(MEASURED)
    assert page(TEXT, MEASURED) == TEXT


def test_the_page_names_the_rule_and_the_limits_of_the_program() -> None:
    assert f"`{RULE}`" in TEXT
    assert f"there are {SUB_KEYS} sub-keys" in TEXT
    assert f"it takes {LEAST_TOKENS} tokens" in TEXT
    assert f"| below {FOUND_BELOW:f} |" in TEXT
    assert f"| below {UNDECIDED_BELOW:g} |" in TEXT


def test_the_measured_false_positives_are_as_rare_as_the_p_value_says() -> None:
    for level in (0.05, 0.01, 0.001):
        rows = MEASURED["false_positives"]
        pieces = sum(row["pieces"] for row in rows)
        below = sum(dict(row["below"])[level] for row in rows)
        assert pieces > 10_000
        assert below < pieces * level + 5 * (pieces * level) ** 0.5
