"""Taking text from panes by word, sentence and line, at the place that it was written for."""

from pathlib import Path

import pytest
from textual.widgets.text_area import Selection

from gpt2_tui.drafts.tree import Kind
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.labels.formats import Format, render
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record import label_draft
from gpt2_tui.labels.replay import Outcome, replay
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import LENGTH
from gpt2_tui.ui.compare_pane import ComparePane
from tests.ui.desk_driver import DeskDriver, open_desk, pane_text
from tests.ui.prepared_writing import write_instead

OPENING = "The keeper"
TEXT = " saw Mr. Hill. He bowed.\nThe sea\n\nwas calm"
OTHER = " slept. A gull cried."


@pytest.fixture
def _known_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    write_instead(monkeypatch, TEXT, OTHER)


known_texts = pytest.mark.usefixtures("_known_texts")


def origins(desk: DeskDriver) -> list[tuple[str, Origin]]:
    authored = desk.editor.authored
    assert authored.text == desk.editor.text
    return [(authored.text[span.start : span.end], span.origin) for span in authored.spans]


@known_texts
@pytest.mark.parametrize(
    ("key", "takes"),
    [
        ("w", [" saw", " Mr.", " Hill."]),
        ("e", [" saw Mr. Hill.", " He bowed.", "\nThe sea", "\n\nwas calm"]),
        ("l", [" saw Mr. Hill. He bowed.", "\nThe sea", "\n\nwas calm"]),
    ],
)
async def test_each_key_takes_the_next_unit_and_each_is_one_undo(
    model_folder: Path, key: str, takes: list[str]
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        pane = desk.panes[0]
        pane.focus()
        expected = ""
        for take in takes:
            await desk.press(key)
            expected += take
            assert origins(desk) == [(OPENING, Origin.HUMAN), (expected, Origin.MACHINE)]
            assert desk.screen.focused is pane
            rest = TEXT[len(expected) :]
            await desk.until(lambda rest=rest: pane_text(pane).endswith("▸" + rest), "the mark")  # type: ignore[misc]
            assert pane_text(pane) == f"{expected}▸{rest}"
        desk.editor.focus()
        for take in reversed(takes):
            await desk.press("ctrl+z")
            expected = expected[: len(expected) - len(take)]
            assert desk.editor.text == OPENING + expected
        await desk.until(lambda: pane_text(pane) == TEXT, "a pane of which nothing is taken")


@known_texts
async def test_keeping_takes_what_is_left_and_then_says_that_nothing_is(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        desk.panes[0].focus()
        await desk.press("w", "enter")
        assert origins(desk) == [(OPENING, Origin.HUMAN), (TEXT, Origin.MACHINE)]
        await desk.press("alt+1")
        await desk.until_said("all of pane 1 was taken already")
        assert desk.editor.text == OPENING + TEXT


@known_texts
async def test_what_was_deleted_by_hand_can_be_kept_again(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        desk.editor.selection = Selection((0, len(OPENING)), desk.editor.document.end)
        await desk.press("delete")
        assert desk.editor.text == OPENING
        await desk.press("alt+1")
        assert origins(desk) == [(OPENING, Origin.HUMAN), (TEXT, Origin.MACHINE)]
        await desk.press("backspace", "alt+1")
        await desk.until_said("all of pane 1 was taken already")
        assert desk.editor.text == (OPENING + TEXT)[:-1]


async def test_a_pane_without_text_says_so(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_instead(monkeypatch, "")
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        await desk.until_said("pane 1 has no text")
        assert desk.editor.text == OPENING


@known_texts
async def test_a_key_of_the_desk_takes_sentences_of_the_pane_that_was_used_last(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.press("ctrl+n")
        await desk.until_said("there is no pane to take from")
        await desk.generate()
        await desk.press("ctrl+n")
        assert desk.editor.text == OPENING + " saw Mr. Hill."
        desk.panes[1].focus()
        await desk.press("ctrl+n")
        desk.editor.focus()
        await desk.press("ctrl+n")
        assert desk.editor.text == OPENING + " saw Mr. Hill." + OTHER


@known_texts
async def test_a_generation_goes_on_from_the_cursor_and_goes_into_the_draft_there(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, "Begin. The end.") as desk:
        desk.editor.move_cursor((0, len("Begin.")))
        await desk.generate()
        made = desk.panes[0].continuation
        assert made is not None
        assert made.prompt == "Begin."
        # What is typed elsewhere meanwhile moves the place with its text.
        desk.editor.move_cursor((0, 0))
        await desk.type("So: ")
        desk.editor.move_cursor(desk.editor.document.end)
        await desk.type("..")
        await desk.press("ctrl+n", "ctrl+n")
        assert origins(desk) == [
            ("So: Begin.", Origin.HUMAN),
            (" saw Mr. Hill. He bowed.", Origin.MACHINE),
            (" The end...", Origin.HUMAN),
        ]
        kinds = [node.kind for node in desk.editor.draft.tree]
        assert kinds.count(Kind.GENERATION) == 1
        assert kinds.count(Kind.KEEP) == 2


async def test_what_was_taken_in_the_middle_is_replayed_from_the_drafts_label(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    async with open_desk(model_folder, "The cat and the end.") as desk:
        desk.editor.move_cursor((0, len("The cat and ")))
        await desk.generate(seed=7, length=40)
        made = desk.panes[1].continuation
        assert made is not None
        assert made.after_space
        desk.panes[1].focus()
        await desk.press("w", "w")
        authored = desk.editor.authored
        assert authored.text.startswith("The cat and ")
        assert authored.text.endswith("the end.")
        assert Origin.MACHINE in {span.origin for span in authored.spans} or not made.text.isascii()
    sample = label_draft(authored)
    (found,) = read_labels(render(sample, Format.MARKDOWN)).samples
    result = replay(found, lambda _: loaded_model)
    assert (result.outcome, result.detail) == (Outcome.MATCH, "")


async def test_the_window_and_what_is_in_sight_follow_the_cursor(model_folder: Path) -> None:
    async with open_desk(model_folder, "xyz") as desk:
        await desk.until_shows("window 3/64")
        desk.editor.move_cursor((0, 1))
        await desk.until_shows("window 1/64")
        await desk.press("f5")
        await desk.until_shows("all 1 tokens")


@known_texts
async def test_a_comparison_goes_on_from_the_cursor_too(model_folder: Path) -> None:
    async with open_desk(model_folder, "Begin. The end.") as desk:
        desk.control(LENGTH).set_value(5)
        desk.editor.move_cursor((0, len("Begin.")))
        await desk.press("ctrl+t", "enter")
        await desk.until(
            lambda: (
                bool(desk.screen.query(ComparePane))
                and all(pane.continuation for pane in desk.screen.query(ComparePane))
            ),
            "the rows",
        )
        await desk.press("k")
        await desk.until(lambda: len(desk.editor.text) > len("Begin. The end."), "the kept row")
        assert origins(desk)[0] == ("Begin.", Origin.HUMAN)
        assert origins(desk)[-1] == (" The end.", Origin.HUMAN)
