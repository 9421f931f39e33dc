"""What the desk is for, on a real terminal: once through each of its screens, by keys alone."""

from pathlib import Path

from gpt2_tui import locations
from gpt2_tui.preferences.file import read
from gpt2_tui.settings import Stopping
from tests.terminal.pty_desk import desk_on_a_terminal

F4, F5, F6, F7 = b"\x1bOS", b"\x1b[15~", b"\x1b[17~", b"\x1b[18~"
CTRL_B, CTRL_E, CTRL_G, CTRL_L, CTRL_Q, CTRL_S, CTRL_T, CTRL_Z = (
    bytes([ord(letter) - ord("a") + 1]) for letter in "beglqstz"
)
ALT_1, ALT_3, DOWN, ENTER, ESCAPE, TAB = b"\x1b1", b"\x1b3", b"\x1b[B", b"\r", b"\x1b", b"\t"


def test_an_opening_is_picked_and_what_is_kept_is_branched_off_and_found_again(
    model_folder: Path,
) -> None:
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_shown("Begin with one of these")
        desk.type(ALT_3)
        desk.until_shown("Somebody has been sitting")
        desk.until_ready()
        desk.type(CTRL_G)
        desk.until_written()
        desk.type(ALT_1)
        desk.until_shown("% synthetic")
        desk.type(CTRL_Z)
        desk.until(lambda: "% synthetic" not in desk.text(), "the draft without it")
        desk.type(F6)
        desk.until_shown("History: ")
        desk.until_shown("kept, synthetic")
        desk.type(DOWN + ENTER)
        desk.until_shown("% synthetic")
        desk.type(CTRL_S)
        desk.until_shown("Saved 3 samples")
        desk.type(F7)
        desk.until_shown("INTACT")
        desk.type(ESCAPE)
        desk.until_shown("Draft")
        desk.type(CTRL_Q)
        assert desk.ended() == 0
        assert desk.is_whole()


def test_the_researchers_screens_open_and_close(model_folder: Path, tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text("The keeper saw the boat, and the keeper sat.")
    with desk_on_a_terminal(model_folder, str(story)) as desk:
        desk.until_ready()
        desk.type(F4)
        desk.until_shown("impossible")
        desk.until_shown("Heat map by rank")
        desk.type("h")
        desk.until_shown("Heat map by probability")
        desk.type(ESCAPE)
        desk.until(lambda: "Heat map" not in desk.text(), "the desk")
        desk.type(F5)
        desk.until_shown("What the model sees")
        desk.type(ESCAPE)
        desk.until(lambda: "What the model sees" not in desk.text(), "the desk")
        desk.type(CTRL_T)
        desk.until_shown("Same luck · SYNTHETIC")
        desk.type(b"0, 1" + CTRL_G)  # in place of what is there, which is selected
        desk.until_shown("temperature 1.00")
        desk.until(lambda: desk.text().count("tokens ─╯") == 2, "two rows")
        desk.type(ESCAPE)
        desk.until_shown("╭─ Draft")
        desk.type(CTRL_Q)
        assert desk.ended() == 0
        assert desk.is_whole()


def test_stopping_is_stored_and_a_changed_key_and_ghost_text_work(model_folder: Path) -> None:
    file = locations.settings_file()
    file.parent.mkdir(parents=True)
    file.write_text('[keys]\nghost = "ctrl+e"\n')
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_ready()
        desk.type(CTRL_B)
        desk.until_shown("Loop alarm")
        desk.type(b" " + ESCAPE)
        desk.until(lambda: read().preferences.stopping == Stopping(finish_sentence=60), "storing")
        desk.type("The keeper")
        desk.type(CTRL_E)
        desk.until_shown("SYNTHETIC · Tab takes it")
        desk.type(TAB)
        desk.until_shown("% synthetic")
        desk.type(CTRL_Q)
        assert desk.ended() == 0
