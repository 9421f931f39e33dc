"""A card at the desk: it is named, what it lacks is said, and a run that fails on it harms
nothing."""

from pathlib import Path

import pytest

from gpt2_tui.engine.cuda import Cuda
from gpt2_tui.settings import TEMPERATURE, TOP_K
from gpt2_tui.ui.messages import ModelLoading
from tests import pretend_card
from tests.broken_runs import CARD_LOST, OUT_OF_MEMORY, break_runs
from tests.ui.desk_driver import open_desk, pane_state, pane_text


@pytest.mark.usefixtures("card")
async def test_the_desk_makes_the_graph_and_says_where_it_runs(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper", device="auto", size=(160, 40)) as desk:
        await desk.until_shows("tiny · fp16 · CUDA")
        assert desk.said == []
        told = [message.text for message in desk.heard if isinstance(message, ModelLoading)]
        assert any("making the graph for the card" in text for text in told)
        await desk.generate()
        assert all(pane.continuation is not None for pane in desk.panes)


async def test_a_card_that_cannot_be_used_is_said_once(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_card.found(monkeypatch, Cuda("Card", "missing libraries: [b]x\x1b[2J", "install it"))
    async with open_desk(model_folder, "The keeper", device="auto") as desk:
        await desk.until_said("missing libraries: [b]x␛[2J; install it")
        await desk.generate()
        await desk.generate()
        assert len(desk.said) == 1
        await desk.until_shows("fp32 · CPU")


async def test_a_card_that_is_demanded_and_cannot_be_used_is_a_message(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_card.found(monkeypatch, Cuda("Card", "its fan is off", "turn it on"))
    async with open_desk(model_folder, device="cuda", until_loaded=False) as desk:
        await desk.until_said("CUDA cannot be used: its fan is off; turn it on; --device cpu")
        await desk.until_shows("no model")


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(
    ("error", "said"),
    [(OUT_OF_MEMORY, "there is not enough memory"), (CARD_LOST, "the card failed")],
    ids=["full", "lost"],
)
async def test_a_card_that_fails_in_a_run_leaves_the_draft_and_the_finished_panes(
    error: Exception, said: str, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(model_folder, "The keeper", device="cuda") as desk:
        # So hot that each lane ends by itself sometime.
        desk.control(TEMPERATURE).set_value(10)
        desk.control(TOP_K).set_value(0)

        def some_have_ended() -> bool:
            return any(pane.continuation is not None for pane in desk.panes)

        with monkeypatch.context() as broken:
            break_runs(broken, error, after=1, when=some_have_ended)
            await desk.generate(length=1_000_000)
            await desk.until_said(said)
        finished = [pane for pane in desk.panes if pane.continuation is not None]
        assert 0 < len(finished) < len(desk.panes)
        for pane in desk.panes:
            assert pane_text(pane)
            assert (pane_state(pane) == "broke off") is (pane not in finished)
        assert desk.editor.text == "The keeper"
        await desk.press(f"alt+{finished[0].number}")
        await desk.until_said("is in the draft")
        assert desk.editor.text.startswith("The keeper")
        assert len(desk.editor.text) > len("The keeper")
        desk.control(TEMPERATURE).set_value(1)
        await desk.generate(seed=8)
        assert all(pane.continuation is not None for pane in desk.panes)
