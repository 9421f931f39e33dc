"""Ghost text: offered after a pause, taken whole or word by word, dropped by any other key."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gpt2_tui import continuations
from gpt2_tui.continuations import Event, Request, Started
from gpt2_tui.drafts.tree import Kind
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.loading import LoadedModel
from gpt2_tui.ui import ghost
from tests.ui.desk_driver import DeskDriver, open_desk
from tests.ui.prepared_writing import write_instead

GHOST = " put down his lamp"
LONG = 600.0


@pytest.fixture(autouse=True)
def _known_text(monkeypatch: pytest.MonkeyPatch) -> None:
    write_instead(monkeypatch, GHOST)
    monkeypatch.setattr(ghost, "PAUSE_BEFORE_ASKING", 0.1)


async def offer(desk: DeskDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write until something is offered. Nothing more is after that, however slow the machine."""
    await desk.press("ctrl+l")
    await desk.type("He")
    await desk.until(lambda: desk.editor.suggestion == GHOST, "ghost text")
    monkeypatch.setattr(ghost, "PAUSE_BEFORE_ASKING", LONG)


async def test_it_is_off_until_it_is_asked_for(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await desk.type("He")
        await desk.pilot.pause(1.0)
        assert desk.editor.suggestion == ""
        await desk.press("ctrl+l")
        await desk.until(lambda: desk.editor.suggestion == GHOST, "ghost text")
        await desk.press("ctrl+l")
        assert desk.editor.suggestion == ""
        assert not desk.shows("Tab takes it")


async def test_the_frame_says_whether_it_is_on(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ghost, "PAUSE_BEFORE_ASKING", LONG)
    async with open_desk(model_folder) as desk:
        await desk.press("ctrl+l")
        await desk.until_shows("ghost text on")
        await desk.press("ctrl+l")
        assert not desk.shows("ghost text")


async def test_it_is_shown_behind_the_cursor_and_is_no_part_of_the_draft(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder) as desk:
        await offer(desk, monkeypatch)
        await desk.until_shows("He" + GHOST)
        await desk.until_shows("Tab takes it")
        assert desk.editor.text == desk.editor.authored.text == "He"
        assert [node.kind for node in desk.editor.draft.tree] == [Kind.START, Kind.EDIT]


@pytest.mark.parametrize("key", ["tab", "right"])
async def test_a_key_takes_all_of_it_as_the_models_and_undo_takes_it_out(
    model_folder: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder) as desk:
        await offer(desk, monkeypatch)
        await desk.press(key)
        assert [
            (desk.editor.text[s.start : s.end], s.origin) for s in desk.editor.authored.spans
        ] == [
            ("He", Origin.HUMAN),
            (GHOST, Origin.MACHINE),
        ]
        assert desk.screen.focused is desk.editor
        assert desk.editor.suggestion == ""
        (made,) = desk.editor.draft.made()
        assert made.continuation.prompt == "He"
        assert made.continuation.settings.sampling.temperature == 0
        assert desk.editor.draft.tree[made.node].kind is Kind.GENERATION
        await desk.press("ctrl+z")
        assert desk.editor.text == "He"


async def test_it_is_taken_word_by_word_and_the_rest_stays_offered(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder) as desk:
        await offer(desk, monkeypatch)
        await desk.press("ctrl+right", "ctrl+right")
        assert desk.editor.text == "He put down"
        assert desk.editor.suggestion == " his lamp"
        await desk.pilot.pause()
        assert desk.editor.suggestion == " his lamp"
        assert len(desk.editor.draft.made()) == 1
        await desk.press("tab", "ctrl+z", "ctrl+z")
        assert desk.editor.text == "He put"


@pytest.mark.parametrize(
    ("key", "text"),
    [("x", "Hex"), ("space", "He "), ("left", "He"), ("backspace", "H"), ("escape", "He")],
)
async def test_any_other_key_drops_it_and_does_what_it_does(
    model_folder: Path, key: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder) as desk:
        await offer(desk, monkeypatch)
        await desk.press(key)
        assert desk.editor.text == text
        assert desk.editor.suggestion == ""
        assert not desk.shows("Tab takes it")
        assert desk.editor.draft.made() == []


async def test_without_ghost_text_tab_goes_on_to_the_settings(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ghost, "PAUSE_BEFORE_ASKING", LONG)
    async with open_desk(model_folder) as desk:
        await desk.press("ctrl+l")
        await desk.type("He")
        await desk.press("tab")
        assert desk.screen.focused is not desk.editor
        assert desk.editor.text == "He"


async def test_generating_drops_it_and_no_pane_shows_it(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder) as desk:
        await offer(desk, monkeypatch)
        await desk.generate()
        assert desk.editor.suggestion == ""
        assert len(desk.panes) == 3


async def test_in_the_middle_of_a_line_nothing_is_offered(model_folder: Path) -> None:
    async with open_desk(model_folder, "The end") as desk:
        desk.editor.move_cursor((0, 3))
        await desk.press("ctrl+l", "x")
        await desk.pilot.pause(1.0)
        assert desk.editor.suggestion == ""


async def test_a_key_ends_its_writing(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def endless(
        model: LoadedModel, request: Request, should_stop: Callable[[], bool]
    ) -> Iterator[Event]:
        asked.append(request.prompt)
        while not should_stop():
            yield Started(1, 1, model.window)

    monkeypatch.setattr(continuations, "write", endless)
    async with open_desk(model_folder) as desk:
        await desk.press("ctrl+l")
        await desk.type("He")
        await desk.until(lambda: asked[-1:] == ["He"], "the writing")
        await desk.type("r")
        # The thread is free for the next one only if the first has ended.
        await desk.until(lambda: asked[-1] == "Her", "the next writing")
        await desk.press("x")
