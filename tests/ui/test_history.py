"""The history screen: every state of the draft, to go to, mark, prune and compare."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from gpt2_tui import continuations
from gpt2_tui.ui.parting_screen import PartingScreen
from gpt2_tui.ui.tree_screen import TreeScreen
from tests.ui.desk_driver import PATIENCE, DeskDriver, open_desk
from tests.ui.prepared_writing import write_instead

OPENING = "The keeper"
TEXTS = (" put down his lamp.", " heard [/] a \x1b]0;gull\x07", " slept")


@pytest.fixture(autouse=True)
def _known_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    write_instead(monkeypatch, *TEXTS)


async def branch(desk: DeskDriver) -> None:
    """Three continuations; the first is kept and taken out again, then the third is kept."""
    await desk.generate()
    await desk.press("alt+1", "ctrl+z", "alt+3")
    assert desk.editor.text == OPENING + TEXTS[2]


def rows(desk: DeskDriver) -> list[str]:
    tree = desk.screen.query_one(OptionList)
    return [str(tree.get_option_at_index(n).prompt)[2:] for n in range(tree.option_count)]


async def highlight(desk: DeskDriver, text: str) -> None:
    """Go to the row that holds `text`."""
    places = [place for place, row in enumerate(rows(desk)) if text in row]
    assert len(places) == 1, rows(desk)
    desk.screen.query_one(OptionList).highlighted = places[0]
    await desk.pilot.pause()


async def test_it_lists_every_generation_and_every_kept_text(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await branch(desk)
        await desk.press("f6")
        assert isinstance(desk.screen, TreeScreen)
        start, generation, first, third = rows(desk)
        assert start.endswith(f" start  {OPENING}")
        assert generation.endswith(" generation  3 continuations, seed 7")
        assert first.startswith("├─")
        assert first.endswith(f" kept, synthetic  {TEXTS[0]}")
        assert third.endswith(f" kept, synthetic  {TEXTS[2]}")
        await desk.until_shows(f"▶ {third[:8]}")
        await desk.until_shows(" History: 4 states")


async def test_a_generation_that_goes_on_is_called_so(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, go_on = continuations.write, threading.Event()

    def write_later(*wanted: Any) -> Iterator[continuations.Event]:
        go_on.wait(PATIENCE)
        yield from write(*wanted)

    monkeypatch.setattr(continuations, "write", write_later)
    async with open_desk(model_folder, OPENING) as desk:
        await desk.press("ctrl+g", "f6")
        assert rows(desk)[-1].endswith(" generation  being written")
        await desk.press("escape")
        go_on.set()
        await desk.until_written()
        await desk.press("f6")
        assert rows(desk)[-1].endswith(" generation  3 continuations, seed 100")


async def test_enter_goes_sideways_and_the_draft_is_that(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await branch(desk)
        await desk.press("f6")
        await highlight(desk, TEXTS[0])
        await desk.press("enter")
        assert desk.screen is desk.desk
        assert desk.editor.text == OPENING + TEXTS[0]
        await desk.until_shows("% synthetic")
        await desk.until_saved()
        await desk.press("ctrl+z", "ctrl+y")
        assert desk.editor.text == OPENING + TEXTS[0]


@pytest.mark.parametrize("key", ["escape", "f6", "q"])
async def test_escape_returns_to_the_draft_as_it_was(model_folder: Path, key: str) -> None:
    async with open_desk(model_folder, OPENING, until_loaded=False) as desk:
        await desk.press("home", "f6", key)
        assert not desk.desk._document._autosave.has_begun
        await desk.press("x")
        assert desk.screen is desk.desk
        assert desk.editor.text == f"x{OPENING}"


async def test_a_click_goes_to_a_row(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING, until_loaded=False) as desk:
        await desk.type("!")
        await desk.press("f6")
        await desk.pilot.click(OptionList, offset=(5, 0))
        await desk.pilot.pause()
        assert desk.screen is desk.desk
        assert desk.editor.text == OPENING


async def test_what_a_generation_wrote_is_shown_as_synthetic_and_harmless(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await branch(desk)
        await desk.press("f6")
        await highlight(desk, "generation")
        await desk.until_shows("SYNTHETIC, lane 0")
        await desk.until_shows(" heard [/] a ␛]0;gull␇")


async def test_a_bookmark_is_set_and_taken_away(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING, until_loaded=False) as desk:
        await desk.press("f6", "b")
        assert rows(desk)[0].startswith("★ ")
        await desk.press("b")
        assert "★" not in rows(desk)[0]


async def test_pruning_is_undone_from_the_bin(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await branch(desk)
        await desk.press("f6")
        await highlight(desk, TEXTS[0])
        await desk.press("p")
        await desk.until_said("It is in the bin, with all below it")
        assert len(rows(desk)) == 3
        await desk.until_shows("1 in the bin")
        await desk.press("x")
        await highlight(desk, f"in the bin · {rows(desk)[2].partition('· ')[2]}")
        await desk.press("p", "x")
        assert len(rows(desk)) == 4
        assert desk.lines()[0].strip() == "History: 4 states"
        await desk.press("home", "p")
        await desk.until_said("The beginning cannot be pruned")


async def test_the_bin_is_emptied_only_on_a_yes(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await branch(desk)
        await desk.press("f6")
        await desk.press("X")
        await desk.until_said("The bin is empty; P puts what is highlighted in it")
        await highlight(desk, TEXTS[0])
        await desk.press("p")
        for no in ("escape", "n", "enter"):
            await desk.open("X")
            await desk.until_shows("It holds 1 state of this draft")
            await desk.press(no)
            await desk.until(lambda: isinstance(desk.screen, TreeScreen), "the tree")
            await desk.until_shows("1 in the bin")
        await desk.open("X")
        await desk.press("y")
        await desk.until_said("The bin is empty")
        assert "bin" not in desk.lines()[0]
        await desk.press("x")
        assert len(rows(desk)) == 3
        await desk.press("escape")
        assert desk.editor.text == OPENING + TEXTS[2]


async def test_pruning_where_the_draft_is_goes_to_the_state_above(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await branch(desk)
        await desk.press("f6", "p", "escape")
        assert desk.editor.text == OPENING
        await desk.press("f6", "x")
        await highlight(desk, TEXTS[2])
        await desk.press("enter")
        assert desk.editor.text == OPENING + TEXTS[2]
        assert not any(node.pruned for node in desk.editor.draft.tree)


async def test_two_branches_side_by_side_show_where_they_part(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING) as desk:
        await branch(desk)
        await desk.press("f6", "c")
        await desk.until_said("This is where the draft is")
        await highlight(desk, TEXTS[0])
        await desk.press("c")
        assert isinstance(desk.screen, PartingScreen)
        lines = desk.lines()
        common = len(OPENING) + 1
        assert f"The first {common} characters are the same" in lines[0]
        assert lines[1].strip() == OPENING
        assert "here they part" in lines[2]
        assert any("slept" in line and "put down his lamp." in line for line in lines)
        await desk.press("escape")
        assert isinstance(desk.screen, TreeScreen)


async def test_edits_that_follow_each_other_are_one_row_until_each_is_asked_for(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, OPENING, until_loaded=False) as desk:
        for word in ("one ", "two ", "three "):
            desk.editor.insert(word)
        await desk.press("f6")
        assert [row.partition(" ")[2].partition("  ")[0] for row in rows(desk)] == [
            "start",
            "3 edits",
        ]
        await desk.press("e")
        assert len(rows(desk)) == 4


async def test_a_long_history_opens(model_folder: Path) -> None:
    async with open_desk(model_folder, OPENING, until_loaded=False) as desk:
        for number in range(2000):
            desk.editor.draft.replace(0, 0, type(desk.editor.authored).human(f"{number} word "))
        desk.editor.show_draft()
        await desk.press("f6", "e")
        assert len(rows(desk)) == 2001
        await desk.press("home", "enter")
        assert desk.editor.text == OPENING
