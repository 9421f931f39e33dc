"""How tokens are put into rows, and the rows into the view."""

from pathlib import PurePath
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from gpt2_tui.ui import token_view
from gpt2_tui.ui.token_view import TokenView, _lines

texts = st.text(alphabet="ab 漢é␤", max_size=9)


@given(st.lists(texts, max_size=20), texts, st.integers(2, 12))
def test_no_row_is_too_wide_and_nothing_is_lost(pieces: list[str], before: str, width: int) -> None:
    lines = _lines(before, pieces, {}, width)
    assert all(line.width <= width for line in lines)
    assert all(line.width == sum(cell_len(text) for _, text in line.parts) for line in lines)
    drawn: dict[int | None, str] = {}
    for line in lines:
        for token, text in line.parts:
            drawn[token] = drawn.get(token, "") + text
    assert drawn == {token: text for token, text in [(None, before), *enumerate(pieces)] if text}


def test_words_are_kept_whole_where_they_fit() -> None:
    lines = _lines("", ["The", " light", "house", " at", "␤", "sea"], {}, 12)
    assert ["".join(text for _, text in line.parts) for line in lines] == [
        "The",
        " lighthouse",
        " at␤",
        "sea",
    ]


def test_a_divider_has_a_row_of_its_own() -> None:
    lines = _lines("", ["a", "b", " c"], {1: "── cut ──"}, 12)
    assert ["".join(text for _, text in line.parts) for line in lines] == ["a", "── cut ──", "b c"]


class _Viewer(App[None]):
    CSS_PATH: ClassVar[list[str | PurePath] | None] = [
        PurePath(token_view.__file__).with_suffix(".tcss")
    ]

    def compose(self) -> ComposeResult:
        yield TokenView(lambda _token: ["token--plain"])


async def test_no_horizontal_bar_flashes_up_when_the_text_outgrows_the_view() -> None:
    async with _Viewer().run_test(size=(40, 12)) as pilot:
        view = pilot.app.query_one(TokenView)
        shown: list[bool] = []

        def note(is_shown: bool) -> None:
            shown.append(is_shown)

        view.watch(view, "show_horizontal_scrollbar", note, init=False)
        for count in range(1, 200, 7):
            view.show([" word"] * count)
            await pilot.pause()
        assert view.show_vertical_scrollbar
        assert not any(shown)


async def test_no_token_is_behind_the_vertical_bar() -> None:
    text = [" w" if number % 9 else " lighthouse" for number in range(200)]
    async with _Viewer().run_test(size=(40, 12)) as pilot:
        view = pilot.app.query_one(TokenView)
        for count in range(1, len(text) + 1):
            view.show([])
            await pilot.pause()
            view.show(text[:count])
            await pilot.pause()
            columns = view.scrollable_content_region.width
            assert view.virtual_size.width == columns
            assert max(len(_row(view, row)) for row in range(view.size.height)) <= columns
        assert view.show_vertical_scrollbar


def _row(view: TokenView, row: int) -> str:
    return view.render_line(row).text.rstrip()
