"""Text from a file, a model or a name is data: it never acts on the app or on the terminal."""

from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from gpt2_tui.text.visible import STAND_INS
from gpt2_tui.ui.safe_text import ControlCodeFilter
from tests.models import spoil
from tests.ui.desk_driver import DeskDriver, open_desk, pane_label, pane_text
from tests.ui.prepared_writing import write_instead

OSC_52 = "\x1b]52;c;aGFjaw==\x07"
TITLE = "\x1b]0;owned\x1b\\"
C1 = "\x9b2J\x90"
BIDI = "\u202eback\u2066"
MARKUP = "[@click=app.quit]quit[/] [/] [bold]b[/bold] [/nothing] [red"
HOSTILE = f"a{OSC_52}b{TITLE}c{C1}d{BIDI}e\x00f\x7fg {MARKUP}"
ACTING = {chr(code) for code in STAND_INS}


def assert_harmless(desk: DeskDriver) -> None:
    """Nothing on the screen acts on a terminal, and the app still runs."""
    drawn = "".join(desk.lines())
    assert ACTING.isdisjoint(drawn), sorted(map(ascii, ACTING & set(drawn)))
    assert desk.app.is_running


async def click_all_over(desk: DeskDriver) -> None:
    """Click on every place where the word `quit` is drawn."""
    for row, line in enumerate(desk.lines()):
        if "quit" in line:
            await desk.pilot.click(offset=(line.index("quit") + 1, row))


async def test_a_hostile_draft_is_shown_and_does_nothing(model_folder: Path) -> None:
    async with open_desk(model_folder, HOSTILE) as desk:
        await desk.until_shows("␛]52;c;aGFjaw==␇")
        await desk.until_shows("[@click=app.quit]quit[/]")
        assert_harmless(desk)
        await click_all_over(desk)
        desk.editor.move_cursor(desk.editor.document.end)
        await desk.press("x", "left", "home", "end", "backspace")
        assert_harmless(desk)
        assert desk.editor.text == HOSTILE


async def test_a_hostile_prompt_is_written_on_and_saved(model_folder: Path) -> None:
    async with open_desk(model_folder, HOSTILE) as desk:
        await desk.generate()
        continuation = desk.panes[0].continuation
        assert continuation is not None
        assert continuation.prompt == HOSTILE
        await desk.press("ctrl+s", "f3")
        await desk.until_said("Saved 3 samples")
        await desk.until_said("The draft is saved")
        assert_harmless(desk)


@pytest.mark.parametrize(
    "text", [HOSTILE, "half a character \xc3".encode("latin-1"), "é\n\n" + MARKUP], ids=ascii
)
async def test_hostile_model_output_is_shown_and_does_nothing(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, text: str | bytes
) -> None:
    write_instead(monkeypatch, text)
    async with open_desk(model_folder, "The keeper", size=(200, 50)) as desk:
        await desk.generate()
        raw = text.encode() if isinstance(text, str) else text
        shown = pane_text(desk.panes[0])
        assert len(shown) == len(raw.decode("utf-8", "replace"))
        assert "\x1b" not in shown
        assert_harmless(desk)
        await click_all_over(desk)
        await desk.press("alt+1")
        assert_harmless(desk)
        desk.panes[0].focus()
        await desk.press("c", "s")
        await desk.until_said("Saved with its label")
        assert ACTING.isdisjoint(desk.app.clipboard)
        assert_harmless(desk)


async def test_a_hostile_model_name_is_shown_and_does_nothing(
    model_folder: Path, tmp_path: Path
) -> None:
    folder = spoil.copy_of(model_folder, tmp_path / "named")
    spoil.describe(folder, lambda value: value.update(name=f"evil{MARKUP}"))
    async with open_desk(folder, "The keeper") as desk:
        await desk.generate()
        assert pane_label(desk.panes[0]).startswith(f"SYNTHETIC · evil{MARKUP}")
        await desk.until_shows("evil[@click=app.quit]quit[/]")
        await click_all_over(desk)
        assert_harmless(desk)


async def test_a_hostile_name_of_the_draft_and_of_a_fault_do_nothing(tmp_path: Path) -> None:
    async with open_desk(
        tmp_path / HOSTILE.replace("/", "|").replace("\0", ""), until_loaded=False
    ) as desk:
        desk.desk.status.draft_name = HOSTILE
        await desk.until_said("52;c;aGFjaw==")
        await desk.pilot.pause()
        assert_harmless(desk)
        await click_all_over(desk)
        assert_harmless(desk)


async def test_pasted_control_characters_are_kept_and_shown(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        desk.app.copy_to_clipboard(HOSTILE)
        await desk.press("ctrl+v")
        assert desk.editor.text == HOSTILE
        assert_harmless(desk)


@pytest.mark.parametrize("breaker", ["\r\n", "\r", "\n"], ids=ascii)
async def test_ends_of_lines_open_as_newlines(model_folder: Path, breaker: str) -> None:
    async with open_desk(model_folder, f"a{breaker}b", until_loaded=False) as desk:
        assert desk.editor.text == "a\nb"
        await desk.press("c", "up", "d")
        assert desk.editor.text == "ad\nbc"


@pytest.mark.parametrize("breaker", ["\x85", "\u2028", "\u2029", "\f", "\v", "\x1c"], ids=ascii)
async def test_other_line_breakers_stay_in_their_line_and_are_seen(
    model_folder: Path, breaker: str
) -> None:
    async with open_desk(model_folder, f"a{breaker}b", until_loaded=False) as desk:
        assert desk.editor.document.line_count == 1
        assert len(desk.editor.text) == 3
        await desk.press("c")
        assert desk.editor.text.startswith("a")
        assert desk.editor.text.endswith("bc")
        assert desk.editor.authored.text == desk.editor.text
        assert_harmless(desk)


def test_the_filter_deletes_what_reached_a_line_by_another_way() -> None:
    raw = Segment(HOSTILE, Style(bold=True))
    control = Segment("\x1b[2J", None, [(1,)])  # type: ignore[list-item]
    plain = Segment("plain ░ é", None)
    filtered = ControlCodeFilter().apply([raw, control, plain], Color(0, 0, 0))
    assert ACTING.isdisjoint(filtered[0].text)
    assert MARKUP in filtered[0].text
    assert filtered[0].style == raw.style
    assert filtered[1:] == [control, plain]
