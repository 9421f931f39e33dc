"""Legible without colour, in a linear order, and with characters of every width."""

from itertools import pairwise
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.ui.desk_driver import DeskDriver, open_desk
from tests.ui.prepared_writing import write_instead

SCREENS = ["", "f1", "f8", "f9", "ctrl+t", "f4", "f5", "f6"]
WIDE = "漢字かな 가나다 ｆｕｌｌ 👩‍👩‍👧 ❤️ 🇩🇪 é ñ̈ ก็ क्षि ␛ « ﷽ » e\u0301\u0302 ½ Ⅷ \u3000."


async def write(desk: DeskDriver) -> None:
    desk.desk.settings_bar.use(desk.desk.settings_bar.presets[0])
    await desk.press("ctrl+g")
    await desk.until_written()


@pytest.mark.parametrize("key", SCREENS)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_tab_goes_from_the_top_left_to_the_bottom_right_and_reaches_everything(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], key: str
) -> None:
    write_instead(monkeypatch, "one", "two", "three")
    async with open_desk(model_folder, "The keeper", size=size) as desk:
        await write(desk)
        if key:
            await desk.press(key)
        chain = desk.screen.focus_chain
        assert chain == [
            each
            for each in desk.screen.query("*").results()
            if each.focusable and all(node.display for node in each.ancestors_with_self)
        ]
        shown = desk.screen._compositor.visible_widgets
        regions = [shown[each][0].intersection(shown[each][1]) for each in chain if each in shown]
        for before, after in pairwise(regions):
            # Down, or to the right beside it.
            assert after.y >= before.bottom or after.x >= before.right, regions
        if len(chain) > 1:
            reached = []
            for _ in chain:
                await desk.press("tab")
                reached.append(desk.screen.focused)
            assert set(reached) == set(chain)


@pytest.mark.parametrize("key", [key for key in SCREENS if key not in ("f1", "f9")])
async def test_characters_of_every_width_leave_the_frames_where_they_are(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    plain: list[str] = []
    wide: list[str] = []
    for lines, text in ((plain, "x" * 20), (wide, WIDE)):
        write_instead(monkeypatch, f" {text}\n{text}", text, text)
        async with open_desk(model_folder, f"{text}\n\n{text}", size=(80, 24)) as desk:
            await write(desk)
            await desk.press("alt+1", *([key] if key else []))
            await desk.pilot.pause()
            strips = desk.screen._compositor.render_strips()
            assert {strip.cell_length for strip in strips} == {80}
            lines.extend(strip.text for strip in strips)
    assert [ascii(line) for line in wide if cell_len(line) != 80] == []
    for before, after in zip(plain[1:], wide[1:], strict=True):
        assert frame(after) == frame(before) or not (frame(after) and frame(before))


def frame(line: str) -> list[int]:
    """The columns in which a line of the screen has the sides of a frame."""
    return [cell_len(line[:place]) for place, character in enumerate(line) if character == "│"]


async def test_synthetic_text_is_marked_without_colour(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    write_instead(monkeypatch, " kept words")
    async with open_desk(model_folder, "My own", size=(80, 24)) as desk:
        await write(desk)
        await desk.press("alt+1")
        await desk.pilot.pause()
        segments = [
            segment
            for strip in desk.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None
        ]
        for segment in segments:
            style = segment.style
            assert style is not None
            for colour in (style.color, style.bgcolor):
                assert colour is None or colour.is_default, segment
        marked = "".join(each.text for each in segments if each.style and each.style.underline)
        assert "kept words" in marked
        assert "My own" not in marked
        await desk.press("f2")
        await desk.pilot.pause()
        reversed_text = "".join(
            segment.text
            for strip in desk.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.reverse
        )
        assert "temp ‹0.80›" in reversed_text
