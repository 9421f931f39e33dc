"""Keys that come faster than they are drawn take effect in their order."""

from pathlib import Path

from gpt2_tui import locations
from tests.terminal.pty_desk import desk_on_a_terminal

CTRL_G, CTRL_Q, CTRL_S = b"\x07", b"\x11", b"\x13"


def test_a_generation_goes_on_from_all_that_was_typed_before_it(model_folder: Path) -> None:
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_ready()
        desk.type(b"Rain fell on the roof" + CTRL_G)
        desk.until_shown("SYNTHETIC")
        desk.until_written()
        desk.type(CTRL_S)
        desk.until(lambda: len(list(locations.samples_folder().glob("*.md"))) == 3, "samples")
        desk.type(CTRL_Q)
        assert desk.ended() == 0
    for sample in locations.samples_folder().iterdir():
        assert "\n\nRain fell on the roof" in sample.read_text("utf-8")


def test_kept_text_comes_behind_all_that_was_typed_before_it(model_folder: Path) -> None:
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_ready()
        desk.type(CTRL_G)
        desk.until_shown("SYNTHETIC")
        desk.until_written()
        desk.type(b"Rain fell on the roof\x1b1")
        desk.until_shown("Pane 1 is in the draft")
        desk.type(CTRL_Q)
        assert desk.ended() == 0
    (draft,) = locations.drafts_folder().iterdir()
    text = draft.read_text("utf-8")
    assert text.startswith("Rain fell on the roof")
    assert len(text) > len("Rain fell on the roof")


def test_keys_that_come_all_at_once_count_in_their_order(model_folder: Path) -> None:
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_shown("Write an opening here")
        home, end, left, backspace = b"\x1b[H", b"\x1b[F", b"\x1b[D", b"\x7f"
        desk.type(b"Rainy" + backspace * 2 + b"n fel" + left + b"l" + home + b"> " + end + b".")
        desk.until_shown("> Rain fell.")
