"""Inside a text and back at the desk: going on from another token, and leaving."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpt2_tui.errors import ModelError
from gpt2_tui.inspection import (
    Inspected,
    Subject,
    inspect,
)
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.loading import LoadedModel
from gpt2_tui.settings import PANES, TOP_K
from gpt2_tui.ui import inspecting
from gpt2_tui.ui.inside_screen import InsideScreen
from tests.ui.desk_driver import open_desk, pane_text
from tests.ui.looking_inside import (
    DRAFT,
    continuation_of,
    inside,
    shown,
    until_inside,
)


async def test_a_picked_alternative_is_gone_on_from(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        desk.control(PANES).set_value(2)
        await desk.press("f4")
        await until_inside(desk)
        tokens = list(inside(desk)._tokens)
        place, rank = next(
            (place, other.rank)
            for place, token in enumerate(tokens)
            for other in token.analysis.alternatives
            if place > 8
            and other.rank > 1
            and loaded_model.tokenizer.bytes_of(other.token_id).isalpha()
        )
        inside(desk).view.go_to(place)
        await desk.press("enter", *["down"] * (rank - 1), "enter")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        await desk.until_written()
        picked = tokens[place].analysis.alternatives[rank - 1].token_id
        ids = tuple(loaded_model.tokenizer.encode(DRAFT))[:place]
        text = loaded_model.tokenizer.decode((*ids, picked)).decode()
        assert desk.editor.before_cursor.text == text
        behind = desk.editor.text.removeprefix(text)
        assert behind
        assert DRAFT.endswith(behind), "what stood behind the token's word stays"
        assert [span.origin for span in desk.editor.authored.spans] == [
            Origin.HUMAN,
            Origin.EDITED,
            Origin.HUMAN,
        ]
        assert len(desk.panes) == 2
        for number in range(2):
            assert continuation_of(desk, number).prompt == text
            assert continuation_of(desk, number).prompt_ids == (*ids, picked)
        await desk.press("ctrl+r")
        await desk.until_written()
        assert continuation_of(desk, 0).prompt_ids == (*ids, picked)
        desk.editor.focus()
        await desk.press("ctrl+z")
        assert desk.editor.text == DRAFT
        assert [span.origin for span in desk.editor.authored.spans] == [Origin.HUMAN]


async def test_a_token_picked_in_a_pane_leaves_the_draft_behind_the_pane_as_it_is(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, "The keeper sat. The end.") as desk:
        desk.editor.move_cursor((0, len("The keeper sat.")))
        await desk.generate()
        written = continuation_of(desk, 0).text
        await desk.press("alt+1")
        assert desk.editor.text == f"The keeper sat.{written} The end."
        desk.panes[1].focus()
        await desk.press("i")
        await until_inside(desk)
        await desk.press("enter", "enter")
        await desk.until(lambda: desk.screen is desk.desk, "the desk")
        await desk.until_written()
        assert desk.editor.text.startswith("The keeper sat.")
        assert desk.editor.text.endswith(" The end.")
        assert written not in desk.editor.text
        desk.editor.focus()
        await desk.press("ctrl+z")
        assert desk.editor.text == f"The keeper sat.{written} The end."


async def test_a_token_that_cannot_be_gone_on_from_is_refused(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    async with open_desk(model_folder, "é") as desk:
        await desk.press("f4")
        await until_inside(desk)
        panel = inside(desk).panel
        part = loaded_model.tokenizer.encode("é")[0]
        panel.post_message(panel.Picked(part))
        await desk.until_said("ends inside a character")
        panel.post_message(panel.Picked(loaded_model.tokenizer.end_of_text))
        await desk.until_said("the end of the text is no place to go on from")
        assert isinstance(desk.screen, InsideScreen)


def slowed(monkeypatch: pytest.MonkeyPatch, fault_at: int | None = None) -> threading.Event:
    """Make looking slow; the event is set when it has ended."""
    ended = threading.Event()

    def slowly(model: LoadedModel, subject: Subject) -> Iterator[Inspected]:
        try:
            for number, token in enumerate(inspect(model, subject)):
                if number == fault_at:
                    raise ModelError("the weights are damaged")
                time.sleep(0.02)
                yield token
        finally:
            ended.set()

    monkeypatch.setattr(inspecting, "inspect", slowly)
    return ended


async def test_leaving_in_the_middle_stops_it(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = slowed(monkeypatch)
    async with open_desk(model_folder, DRAFT * 20) as desk:
        await desk.press("f4")
        await desk.until(lambda: bool(inside(desk)._tokens), "the first tokens")
        assert "impossible" not in shown(desk, "outlook")
        seen = len(inside(desk)._tokens)
        assert f"{seen} of " in str(inside(desk).view.border_subtitle)
        await desk.press("escape")
        await desk.until(ended.is_set, "the end of it")
        await desk.generate()
        assert all(pane_text(pane) for pane in desk.panes)


async def test_the_program_can_be_left_in_the_middle(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = slowed(monkeypatch)
    async with open_desk(model_folder, DRAFT * 20) as desk:
        await desk.press("f4")
        await desk.until(lambda: bool(inside(desk)._tokens), "the first tokens")
    assert ended.is_set()


async def test_a_fault_in_the_middle_is_told_and_what_was_found_stays(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed(monkeypatch, fault_at=12)
    async with open_desk(model_folder, DRAFT) as desk:
        await desk.press("f4")
        await desk.until_said("the weights are damaged")
        assert 0 < len(inside(desk)._tokens) <= 12
        assert "stopped" in str(inside(desk).view.border_subtitle)


@pytest.mark.usefixtures("unhurried")
async def test_it_waits_until_the_panes_are_written(model_folder: Path) -> None:
    async with open_desk(model_folder, DRAFT) as desk:
        desk.control(TOP_K).set_value(3)
        await desk.begin_endless()
        desk.editor.focus()
        await desk.press("f4")
        assert "waiting until nothing is being written" in str(inside(desk).view.border_subtitle)
        await desk.press("escape", "escape")
        await desk.until_written()
        await desk.press("f4")
        await until_inside(desk)


@pytest.mark.parametrize("key", ["f4", "f5", "ctrl+t"])
async def test_without_a_model_it_says_so(tmp_path: Path, key: str) -> None:
    async with open_desk(tmp_path / "none", DRAFT, until_loaded=False) as desk:
        await desk.press(key)
        await desk.until_said("this needs the model, which is not loaded yet")
        assert desk.screen is desk.desk


async def test_an_empty_draft_says_that_there_is_nothing(model_folder: Path) -> None:
    async with open_desk(model_folder) as desk:
        await desk.press("f4")
        await desk.until_said("there is nothing to look into: the draft is empty")
        await desk.press("f", "h", "b", "enter", "right", "down", "escape")
        assert desk.screen is desk.desk
