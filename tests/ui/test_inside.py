"""Inside a text: its tokens, their rivals, and what other settings make of them."""

from functools import partial
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.widgets import OptionList

from gpt2_tui.inspection import (
    CLASSES,
    continuation_subject,
    draft_subject,
)
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import TEMPERATURE
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.token_panel import percent
from tests.ui.desk_driver import open_desk
from tests.ui.looking_inside import (
    DRAFT,
    continuation_of,
    cursor,
    inside,
    inspected,
    shown,
    shows_outlook,
    until_inside,
)
from tests.ui.test_untrusted_text import HOSTILE, assert_harmless, click_all_over


async def test_every_token_of_the_draft_has_its_probability_rank_and_rivals(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    expected = inspected(loaded_model, draft_subject(loaded_model, DRAFT))
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.press("f4")
        await until_inside(desk)
        await desk.until_shows("Inside the draft")
        assert "The keeper saw the boat" in "".join(line.strip("│ ") for line in desk.lines())
        assert f"{len(expected)} tokens" in str(inside(desk).view.border_subtitle)
        for number, token in enumerate(expected[:12]):
            assert cursor(desk) == number
            score = token.analysis.score
            facts = shown(desk, "facts")
            assert facts.startswith(f"{number + 1} ‹{one_line(token.text)}›")
            assert f"{percent(score.probability)} · rank {score.rank} · " in facts
            assert f"entropy {token.analysis.entropy:.1f} bits" in facts
            options = inside(desk).query_one(OptionList)
            assert [option.id for option in options.options] == [
                str(each.token_id) for each in token.analysis.alternatives
            ]
            await desk.press("right")


async def test_a_pane_is_looked_into_under_its_label(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        desk.control(TEMPERATURE).set_value(1.3)
        await desk.generate(seed=7, length=90)  # past the window
        desk.panes[1].focus()
        await desk.press("i")
        await until_inside(desk)
        assert "Inside pane 2 · SYNTHETIC · tiny · temperature 1.30" in shown(desk, "title")
        subject = continuation_subject(loaded_model, continuation_of(desk, 1))
        texts = [token.text for token in inspected(loaded_model, subject)]
        assert [token.text for token in inside(desk)._tokens] == texts
        assert shown(desk, "outlook").startswith(f"0 of {len(texts)} impossible")
        await desk.until_shows("keeper saw the boat")  # the prompt before it
        await desk.press("escape")
        assert desk.screen is desk.desk


async def test_f4_looks_into_the_pane_with_the_focus(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.generate()
        desk.panes[2].focus()
        await desk.press("f4")
        await until_inside(desk)
        assert "Inside pane 3" in shown(desk, "title")


async def test_the_heat_map_is_by_rank_or_by_probability_and_differs_in_more_than_colour(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    expected = inspected(loaded_model, draft_subject(loaded_model, DRAFT))
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.press("f4")
        await until_inside(desk)
        screen = inside(desk)
        for name in ("rank", "probability"):
            assert f"Heat map by {name}" in str(screen.view.border_title)
            classes = [getattr(token, f"{name}_class") for token in expected]
            assert [screen._classes_of(n)[0] for n in range(len(expected))] == [
                f"token--class-{each}" for each in classes
            ]
            counts = [int(line[9:13]) for line in shown(desk, "classes").splitlines()[1:]]
            assert counts == [classes.count(each) for each in range(5)]
            await desk.press("h")
        view = screen.view
        attributes = set()
        for each in range(5):
            style = view.get_component_rich_style(f"token--class-{each}")
            attributes.add((style.bold, style.italic, style.underline))
        assert len(attributes) == 5


async def test_the_bars_of_the_classes_are_as_long_as_the_panel_is_wide(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT, size=(60, 40)) as desk:
        await desk.press("f4")
        await until_inside(desk)
        for width in (60, 40, 63):
            await desk.pilot.resize_terminal(width, 40)
            room = inside(desk).panel.size.width - 16
            count = inside(desk).view.count
            bars = shown(desk, "classes").splitlines()[1:]
            assert len(bars) == CLASSES
            for bar in bars:
                assert bar.count("▪") == round(room * int(bar[9:13]) / count)


@pytest.mark.parametrize(
    ("key", "back", "kind"),
    [("f", "F", "is_fork"), ("s", "S", "is_surprising"), ("c", "C", "is_cliche")],
)
async def test_a_key_jumps_to_the_next_fork_surprise_or_cliche(
    model_folder: Path, loaded_model: LoadedModel, key: str, back: str, kind: str
) -> None:
    tokens = inspected(loaded_model, draft_subject(loaded_model, DRAFT))
    places = [number for number, token in enumerate(tokens) if getattr(token, kind)]
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.press("f4")
        await until_inside(desk)
        if not places:
            await desk.press(key)
            await desk.until_said("there is no ")
            return
        ahead = [place for place in places if place > 0] + [place for place in places if place == 0]
        for place in ahead[:3]:
            await desk.press(key)
            assert cursor(desk) == place
        while len(ahead) > 1 and cursor(desk) != ahead[0]:
            await desk.press(back)
        await desk.press(back)
        assert cursor(desk) == ahead[-1]


async def test_other_settings_show_at_once_which_tokens_they_rule_out(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    tokens = inspected(loaded_model, draft_subject(loaded_model, DRAFT))
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.press("f4")
        await until_inside(desk)
        screen = inside(desk)
        out: list[int] = []
        for top_k in (1, 3, 20):
            screen.query_one("#setting-top_k").focus()
            await desk.press(*str(top_k), "enter")
            out = [n for n, each in enumerate(tokens) if each.analysis.score.rank > top_k]
            await desk.until(
                partial(shows_outlook, desk, f"{len(out)} of {len(tokens)} impossible"),
                "the other settings",
            )
            struck = [n for n in range(len(tokens)) if "token--impossible" in screen._classes_of(n)]
            assert struck == out
        assert screen.view.get_component_rich_style("token--impossible", partial=True).strike
        await desk.press("escape", "home", "x")
        assert cursor(desk) == next((n for n in out if n > 0), out[0])
        assert "impossible" in shown(desk, "facts")
        await desk.press("X")
        assert cursor(desk) == out[-1 if out[0] > 0 else 0]


async def test_a_setting_out_of_range_is_refused(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.press("f4")
        await until_inside(desk)
        inside(desk).query_one("#setting-top_p").focus()
        await desk.press("7", "enter")
        await desk.until_said("top-p must be above 0")


async def test_hostile_tokens_are_shown_and_do_nothing(model_folder: Path) -> None:
    async with open_desk(model_folder, HOSTILE, size=(80, 24)) as desk:
        await desk.press("f4")
        await until_inside(desk)
        await desk.until_shows("␛")
        assert_harmless(desk)
        for _ in range(len(inside(desk)._tokens)):
            await desk.press("right")
            assert_harmless(desk)
        await desk.press("b")
        assert_harmless(desk)
        await click_all_over(desk)
        assert_harmless(desk)
        await desk.press("escape", "escape")
        await desk.press("f5", "b")
        await desk.until_shows("␛")
        assert_harmless(desk)


async def test_wide_and_part_characters_line_up(model_folder: Path) -> None:
    async with open_desk(model_folder, "漢字é 🙂 e\u0301 " * 12, size=(80, 24)) as desk:
        await desk.press("f4")
        await until_inside(desk)
        assert {cell_len(line) for line in desk.lines()} == {80}
        await desk.until_shows("漢")
        await desk.until_shows("◌")


async def test_a_click_points_at_a_token_and_a_second_one_at_its_rivals(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.press("f4")
        await until_inside(desk)
        row = next(n for n, line in enumerate(desk.lines()) if "keeper" in line)
        column = desk.lines()[row].index("keeper")
        await desk.pilot.click(offset=(column, row))
        assert inside(desk)._tokens[cursor(desk)].text.strip()[:1] == "k"
        await desk.pilot.click(offset=(column, row))
        await desk.pilot.pause()
        assert desk.screen.focused is inside(desk).query_one(OptionList)
        await desk.press("escape")
        assert inside(desk).view.has_focus


async def test_rows_pages_and_ends_are_reached_by_keys(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT * 8, size=(80, 24)) as desk:
        await desk.press("f4")
        await until_inside(desk)
        view = inside(desk).view
        await desk.press("down")
        below = cursor(desk)
        assert below > 1
        await desk.press("up")
        assert cursor(desk) == 0
        await desk.press("pagedown")
        assert cursor(desk) > below
        assert view.scroll_offset.y > 0 or view.max_scroll_y == 0
        await desk.press("end", "right")
        assert cursor(desk) == view.count - 1
        await desk.press("home", "left", "pageup")
        assert cursor(desk) == 0
