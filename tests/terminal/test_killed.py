"""A desk that is killed in the middle of typing, on a real terminal."""

import signal
from pathlib import Path

from gpt2_tui import locations
from tests.terminal.pty_desk import desk_on_a_terminal


def test_a_killed_desk_is_restored_with_the_words_it_had_acknowledged(model_folder: Path) -> None:
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_ready()
        desk.type("Rain fell on the roof")
        desk.until_shown("draft ●")
        desk.until(lambda: "●" not in desk.text(), "the draft to be saved")
        desk.type(" and nobody he")
        desk.process.send_signal(signal.SIGKILL)
        assert desk.ended() == -signal.SIGKILL
    with desk_on_a_terminal(model_folder) as desk:
        desk.until_shown("not closed last time")
        desk.until_shown("Rain fell on the roof")
        desk.until_ready()
        desk.type(b"\x11")
        assert desk.ended() == 0
    (path,) = locations.drafts_folder().iterdir()
    assert path.name.startswith("rain-fell-on-the-roof")
    assert path.read_text().startswith("Rain fell on the roof")


def test_two_desks_on_two_terminals_share_a_file_without_harm(
    model_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "story.md"
    file.write_text("Once.")
    with desk_on_a_terminal(model_folder, str(file)) as one:
        one.until_ready()
        with desk_on_a_terminal(model_folder, str(file)) as other:
            other.until_shown("this is a copy, story-2.md")
            other.until_ready()
            other.type(" Two.")
            one.type(" One.")
            for desk in (one, other):
                desk.type(b"\x11")
                assert desk.ended() == 0
    assert file.read_text() == "Once. One."
    assert file.with_name("story-2.md").read_text() == "Once. Two."
