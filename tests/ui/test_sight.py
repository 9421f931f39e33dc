"""What the model sees of the draft, on the screen."""

from pathlib import Path

from textual.widgets import Static

from gpt2_tui.loading import LoadedModel
from gpt2_tui.sight import look
from gpt2_tui.ui.sight_screen import SightScreen
from tests.ui.desk_driver import DeskDriver, open_desk


def sight(desk: DeskDriver) -> SightScreen:
    assert isinstance(desk.screen, SightScreen)
    return desk.screen


async def open_sight(desk: DeskDriver) -> str:
    """Open the screen; its title once the tokens are counted."""
    await desk.press("f5")
    title = sight(desk).query_one("#title", Static)
    await desk.until(lambda: "counting" not in str(title.visual), "the tokens")
    return str(title.visual)


async def test_a_draft_that_fits_is_all_in_sight(model_folder: Path) -> None:
    async with open_desk(model_folder, "xyz") as desk:
        title = await open_sight(desk)
        assert title == "What the model sees · all 3 tokens of the draft; the window holds 64"
        assert not desk.shows("in sight:")
        await desk.press("b")
        await desk.until_shows("x│y│z│")
        await desk.press("b")
        await desk.until_shows("xyz")
        await desk.press("f5")
        assert desk.screen is desk.desk


async def test_a_long_draft_is_cut_where_the_window_cuts_it(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    draft = "0123456789" * 20
    expected = look(loaded_model, draft)
    async with open_desk(model_folder, draft) as desk:
        title = await open_sight(desk)
        assert "the last 32 of 200 tokens; 168 are cut" in title
        lines = [line.strip("│ ▁") for line in desk.lines()]
        divider = next(n for n, line in enumerate(lines) if "in sight: the last 32 tokens" in line)
        assert lines[divider + 1].startswith("".join(expected.pieces[expected.out_of_sight :]))
        assert "(104 tokens before these)" in "".join(lines)
        view = sight(desk).view
        assert view.cursor == expected.out_of_sight
        assert "token 169" in str(view.border_subtitle)
        await desk.press("home")
        assert "token 105" in str(view.border_subtitle)
        await desk.press("g")
        assert view.cursor == expected.out_of_sight
        names = [sight(desk)._classes_of(n)[0] for n in range(view.count)]
        assert names == ["token--beside"] * 64 + ["token--plain"] * 32


async def test_an_empty_draft_is_nothing_to_see(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        assert "nothing: it begins from <|endoftext|>" in await open_sight(desk)
        await desk.press("g", "b", "right", "enter", "escape")
        assert desk.screen is desk.desk
