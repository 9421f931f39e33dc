"""The pages on the starter: their figures are those that were measured, on the model that ships."""

import json

from docs.marked_page import renewed
from docs.starter_figures import pages
from docs.starter_figures.openings import LANES
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.verdict import Verdict, judge_file
from gpt2_tui.models import registry
from gpt2_tui.openings import openings

FIGURES = json.loads(pages.FIGURES.read_text(encoding="utf-8"))
SAMPLES = pages.SAMPLES.read_bytes()


def test_the_pages_say_what_was_measured() -> None:
    for path, parts in (
        (pages.CARD, pages.card_parts(FIGURES)),
        (pages.PAGE, pages.page_parts(FIGURES)),
        (pages.SAMPLES_PAGE, pages.samples_parts(SAMPLES)),
    ):
        text = path.read_text(encoding="utf-8")
        assert renewed(text, parts) == text, f"{path.name}: run `make pages`"


def test_the_model_that_was_measured_is_the_one_that_ships() -> None:
    shipped = registry.open_model(None).digests
    assert FIGURES["model"]["files"] == shipped, "run `make figures`"
    for found in read_labels(SAMPLES).samples:
        assert found.record is not None
        assert found.record.maker.files == shipped


def test_the_samples_are_whole_labeled_and_of_the_openings_that_ship() -> None:
    verdicts = [judgment.verdict for judgment in judge_file(SAMPLES)]
    assert verdicts == [Verdict.INTACT] * LANES * len(openings())
    given = [
        found.body[: found.record.spans[0].end].decode()
        for found in read_labels(SAMPLES).samples
        if found.record is not None
    ]
    assert given == [opening for opening in openings() for _ in range(LANES)]


def test_the_page_shows_what_markdown_would_hide() -> None:
    samples = SAMPLES.decode().splitlines()
    page = pages.SAMPLES_PAGE.read_text(encoding="utf-8")
    for sample in samples:
        words = json.loads(sample)["text"].split()
        shown = page.replace("\\", "")
        assert all(word in shown for word in words)
