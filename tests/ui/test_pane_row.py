"""The panes side by side: how many, how wide, and what happens where they do not fit."""

import re
from pathlib import Path

import pytest
from textual.events import MouseScrollUp

from gpt2_tui.settings import LENGTH, PANES
from tests.ui.desk_driver import DeskDriver, open_desk, pane_label, pane_text

NARROWEST = 24


async def write_panes(desk: DeskDriver, count: int) -> None:
    desk.control(PANES).set_value(count)
    await desk.generate(length=6)
    assert len(desk.panes) == count
    assert [pane.lane for pane in desk.panes] == list(range(count))


@pytest.mark.parametrize("count", [1, 2, 12])
async def test_as_many_panes_as_asked_for(model_folder: Path, count: int) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await write_panes(desk, count)
        assert all(pane.continuation is not None for pane in desk.panes)
        assert all(f"lane {pane.lane}" in pane_label(pane) for pane in desk.panes)


async def test_panes_share_the_row_where_they_fit(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper", size=(80, 24)) as desk:
        await write_panes(desk, 3)
        widths = [pane.region.width for pane in desk.panes]
        assert sum(widths) == 80
        assert min(widths) >= NARROWEST
        assert desk.desk.pane_row.max_scroll_x == 0


async def test_many_panes_at_eighty_columns_stay_readable_and_the_row_scrolls(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, "The keeper", size=(80, 24)) as desk:
        await write_panes(desk, 8)
        row = desk.desk.pane_row
        assert min(pane.region.width for pane in desk.panes) >= NARROWEST
        assert [row.region.contains_region(pane.region) for pane in desk.panes[:4]] == [
            *(True, True, True),
            False,
        ]
        assert row.max_scroll_x > 0
        last = desk.panes[-1]
        assert not row.region.contains_region(last.region)
        last.focus()
        await desk.until(lambda: row.region.contains_region(last.region), "the last pane")


async def test_tab_walks_through_every_pane(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper", size=(80, 24)) as desk:
        await write_panes(desk, 5)
        desk.panes[0].focus()
        for pane in desk.panes:
            await desk.pilot.pause()
            assert desk.screen.focused is pane
            await desk.press("tab")


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)], ids=str)
async def test_a_pane_shows_label_text_and_state_at_every_size(
    model_folder: Path, size: tuple[int, int]
) -> None:
    async with open_desk(model_folder, "The keeper", size=size) as desk:
        await write_panes(desk, 1)
        pane = desk.panes[0]
        shown = "\n".join(desk.lines())
        assert "SYNTHETIC" in shown
        assert "seed 7 · lane 0" in shown
        assert re.search(r"(length|end of text) · \d+( tokens · \d+ tok)?/s", shown)
        first_line = next(line for line in pane_text(pane).split("\n") if line.strip())
        assert first_line.strip()[:10] in shown


async def test_long_text_scrolls_under_a_label_that_stays(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper", size=(80, 24)) as desk:
        await desk.generate(length=400)
        pane = desk.panes[0]
        pane.focus()
        await desk.pilot.pause()
        label = pane.query_one(".label").region
        text = pane._text
        await desk.until(lambda: text.is_vertical_scroll_end, "the end of the text")
        assert text.max_scroll_y > 0
        await desk.press("pageup", "up")
        assert text.scroll_y < text.max_scroll_y
        await desk.press(*["pageup"] * 30)
        assert text.scroll_y == 0
        assert pane.query_one(".label").region == label
        await desk.press("down")
        assert text.scroll_y == 1


async def test_who_scrolls_back_while_it_writes_is_left_there(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper", size=(80, 24)) as desk:
        await write_panes(desk, 1)
        pane = desk.panes[0]
        text = pane._text

        async def add_lines(count: int) -> None:
            before = text.max_scroll_y
            pane.add("a line\n" * count)
            text.settle()
            await desk.until(lambda: text.max_scroll_y > before, "more lines")

        await add_lines(40)
        await desk.until(lambda: text.scroll_y == text.max_scroll_y, "the end of the text")
        pane.focus()
        await desk.press("pageup")
        place = text.scroll_y
        await add_lines(5)
        assert text.scroll_y == place
        await desk.press(*["pagedown"] * 5)
        await add_lines(5)
        await desk.until(lambda: text.scroll_y == text.max_scroll_y, "following again")


@pytest.mark.parametrize("way", ["up", "pageup", "the wheel"])
async def test_who_scrolls_back_from_text_that_has_just_come_is_left_there(
    model_folder: Path, way: str
) -> None:
    async with open_desk(model_folder, "The keeper", size=(80, 24)) as desk:
        await write_panes(desk, 1)
        pane = desk.panes[0]
        text = pane._text
        pane.focus()
        pane.add("\n" * 99 + "the end")
        text.settle()
        await desk.until(lambda: text.show_vertical_scrollbar, "the scrollbar")
        pane.add("\n" * 20 + "the new end")
        await desk.until_shows("the new end")
        if way == "the wheel":
            await desk.pilot._post_mouse_events([MouseScrollUp], text)
        else:
            await desk.press(way)
        await desk.until(lambda: not desk.shows("the new end"), "earlier text")
        place = text.scroll_y
        assert place > 90
        pane.add("\n" * 20)
        text.settle()
        await desk.until(lambda: text.max_scroll_y > place + 20, "more lines")
        assert text.scroll_y == place


async def test_the_first_key_scrolls_back_too(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper", size=(80, 24)) as desk:
        await write_panes(desk, 1)
        desk.panes[0].focus()
        desk.panes[0].add("\n" * 99 + "the end")
        await desk.until_shows("the end")
        await desk.press("up")
        await desk.until(lambda: not desk.shows("the end"), "earlier text")
        assert desk.panes[0]._text.scroll_y > 80


async def test_the_scrollbar_of_a_long_text_covers_none_of_it(model_folder: Path) -> None:
    written = "".join(f"{number:03}" for number in range(200))
    async with open_desk(model_folder, "The keeper", size=(80, 24)) as desk:
        await write_panes(desk, 3)
        text = desk.panes[1]._text
        desk.panes[1].add(written)
        text.settle()
        await desk.until(lambda: text.show_vertical_scrollbar, "the scrollbar")
        region = text.scrollable_content_region
        rows = desk.lines()[region.y : region.bottom]
        shown = "".join(row[region.x : region.right].strip() for row in rows)
        assert len(shown) > region.width
        assert written.endswith(shown)


async def test_below_forty_by_twelve_a_line_says_so(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper", size=(39, 12)) as desk:
        await desk.until_shows("too small: the desk needs 40 columns")
        await desk.pilot.resize_terminal(80, 24)
        await desk.until(lambda: not desk.shows("too small"), "room")
        await desk.pilot.resize_terminal(80, 11)
        await desk.until_shows("too small")


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (500, 200)], ids=str)
async def test_any_size_is_survived(model_folder: Path, size: tuple[int, int]) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.pilot.resize_terminal(*size)
        desk.control(LENGTH).set_value(5)
        await desk.press("ctrl+g")
        await desk.until_written()
        await desk.pilot.resize_terminal(80, 24)
        await desk.until_shows("SYNTHETIC")
