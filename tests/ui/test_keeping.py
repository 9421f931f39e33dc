"""Keeping a pane: its text goes to the end of the draft, which remembers who wrote what."""

from pathlib import Path

import pytest
from textual.widgets.text_area import Selection

from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import Origin
from tests.ui.desk_driver import DeskDriver, open_desk
from tests.ui.prepared_writing import write_instead

OPENING = "The keeper"
TEXTS = (" put down his lamp.", " heard a gull", " slept")


@pytest.fixture(autouse=True)
def _known_texts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "unhurried" not in request.fixturenames:
        write_instead(monkeypatch, *TEXTS)


def origins(desk: DeskDriver) -> list[tuple[str, Origin]]:
    """The draft's spans: their text and who wrote it."""
    authored = desk.editor.authored
    assert authored.text == desk.editor.text
    return [(authored.text[span.start : span.end], span.origin) for span in authored.spans]


async def test_alt_and_a_digit_keeps_that_pane_as_machine_text(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        kept = TEXTS[1]
        await desk.press("alt+2")
        assert desk.editor.text == OPENING + kept
        assert origins(desk) == [(OPENING, Origin.HUMAN), (kept, Origin.MACHINE)]
        assert desk.editor.authored.spans[1].continuation is desk.panes[1].continuation
        await desk.until_said("Pane 2 is in the draft")
        share = round(100 * len(kept) / len(OPENING + kept))
        await desk.until_shows(f"{share} % synthetic")


@pytest.mark.parametrize("key", ["enter", "k"])
async def test_a_key_in_a_pane_keeps_it(model_folder: Path, key: str) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        desk.panes[0].focus()
        await desk.press(key)
        await desk.until(lambda: desk.editor.text == OPENING + TEXTS[0], "the kept text")
        assert desk.screen.focused is desk.editor


async def test_kept_text_goes_to_the_end_wherever_the_cursor_is(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        desk.editor.move_cursor((0, 0))
        await desk.press("alt+1", "alt+3")
        assert desk.editor.text == OPENING + TEXTS[0] + TEXTS[2]
        assert desk.editor.cursor_location == desk.editor.document.end


async def test_undo_takes_a_kept_pane_out_and_redo_brings_it_back_as_machine_text(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder) as desk:
        await desk.type("Rain")
        await desk.generate()
        await desk.press("alt+1")
        with_kept = origins(desk)
        assert with_kept == [("Rain", Origin.HUMAN), (TEXTS[0], Origin.MACHINE)]
        await desk.press("ctrl+z")
        assert origins(desk) == [("Rain", Origin.HUMAN)]
        assert not desk.shows("% synthetic")
        await desk.press("ctrl+y")
        assert origins(desk) == with_kept


async def test_typing_inside_kept_text_makes_it_edited(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        kept = TEXTS[0]
        desk.editor.move_cursor((0, len(OPENING) + 1))
        await desk.press("X")
        assert origins(desk) == [
            (OPENING, Origin.HUMAN),
            (f"{kept[0]}X{kept[1:]}", Origin.EDITED),
        ]
        await desk.press("ctrl+z")
        assert origins(desk) == [(OPENING, Origin.HUMAN), (kept, Origin.MACHINE)]


async def test_typing_behind_kept_text_stays_human(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        await desk.press("!", "?")
        assert origins(desk) == [
            (OPENING, Origin.HUMAN),
            (TEXTS[0], Origin.MACHINE),
            ("!?", Origin.HUMAN),
        ]


async def test_deleting_all_leaves_no_authors(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        desk.editor.select_all()
        await desk.press("delete")
        assert origins(desk) == []
        await desk.type("new")
        assert origins(desk) == [("new", Origin.HUMAN)]


async def test_cut_text_that_is_pasted_back_is_still_the_models(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        before = origins(desk)
        desk.editor.select_all()
        await desk.press("ctrl+x")
        assert desk.editor.text == ""
        await desk.press("ctrl+v")
        assert origins(desk) == before


async def test_text_that_is_pasted_elsewhere_in_the_draft_is_still_the_models(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        kept = TEXTS[0]
        end = desk.editor.document.end
        desk.editor.selection = Selection((0, len(OPENING)), end)
        await desk.press("ctrl+x")
        assert origins(desk) == [(OPENING, Origin.HUMAN)]
        desk.editor.move_cursor((0, 3))
        await desk.press("ctrl+v")
        assert origins(desk) == [
            ("The", Origin.HUMAN),
            (kept, Origin.MACHINE),
            (" keeper", Origin.HUMAN),
        ]


async def test_a_part_of_the_models_text_counts_as_edited_where_it_is_pasted(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        kept = TEXTS[0]
        first = (0, len(OPENING))
        desk.editor.selection = Selection(first, (0, len(OPENING) + 2))
        await desk.press("ctrl+c")
        desk.editor.move_cursor((0, 0))
        await desk.press("ctrl+v")
        assert origins(desk)[0] == (kept[:2], Origin.EDITED)
        assert origins(desk)[-1] == (kept, Origin.MACHINE)


async def test_kept_text_is_drawn_differently_from_human_text(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        line = desk.editor.get_line(0)
        (span,) = line.spans
        assert (span.start, span.end) == (len(OPENING), len(OPENING) + len(TEXTS[0]))
        assert "italic" in str(span.style)
        assert "underline" in str(span.style)


@pytest.mark.usefixtures("unhurried")
async def test_a_pane_that_is_being_written_is_not_kept(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.begin_endless()
        await desk.press("alt+1")
        await desk.until_said("pane 1 is still being written; Esc stops it")
        assert desk.editor.text == OPENING
        await desk.press("escape")
        await desk.until_written()
        await desk.press("alt+1")
        continuation = desk.panes[0].continuation
        assert continuation is not None
        assert continuation.stop_reason is StopReason.STOPPED
        assert desk.editor.text != OPENING


async def test_a_pane_that_is_not_there_is_not_kept(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.press("alt+9")
        await desk.until_said("there is no pane 9")
        assert desk.editor.text == OPENING


async def test_a_kept_draft_is_the_next_prompt(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        prompt = desk.editor.text
        await desk.generate(seed=9)
        continuation = desk.panes[0].continuation
        assert continuation is not None
        assert continuation.prompt == prompt


@pytest.mark.parametrize(
    ("key", "said", "labeled"),
    [("c", "Copied with its label", True), ("t", "Copied without its label", False)],
)
async def test_copying_says_whether_the_label_came_along(
    model_folder: Path, key: str, said: str, labeled: bool
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        desk.panes[0].focus()
        await desk.press(key)
        await desk.until_said(said)
        assert desk.app.clipboard.endswith(TEXTS[0])
        assert desk.app.clipboard.startswith("[SYNTHETIC · tiny") == labeled


@pytest.mark.parametrize("key", ["c", "t"])
async def test_text_that_is_copied_from_a_pane_and_pasted_is_the_models(
    model_folder: Path, key: str
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        desk.panes[0].focus()
        await desk.press(key)
        desk.editor.focus()
        await desk.press("ctrl+v")
        assert origins(desk)[-1] == (TEXTS[0], Origin.MACHINE)
        assert origins(desk)[0][1] is Origin.HUMAN


async def test_a_letter_typed_at_the_edge_of_kept_text_stays_outside(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await desk.generate()
        await desk.press("alt+1")
        desk.editor.move_cursor((0, len(OPENING)))
        # The same letter as the kept text begins with: comparing texts could not tell where.
        await desk.press("space")
        assert origins(desk) == [
            (OPENING + " ", Origin.HUMAN),
            (TEXTS[0], Origin.MACHINE),
        ]
