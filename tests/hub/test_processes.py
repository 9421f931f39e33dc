"""Pulls as a user runs them: killed, two at once, on a full disk, with a token, at a terminal."""

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gpt2_tui import locations
from gpt2_tui.models.registry import list_models
from tests.commands.program import command, run
from tests.exporter.checkpoints import Shape
from tests.hub.conftest import Serve
from tests.hub.stand_in import StandIn
from tests.models.spoil import copy_of
from tests.terminal.pty_desk import PtyDesk

WEIGHTS = "model.safetensors"
LARGE = Shape(layers=2, heads=4, width=256)
PULL = ("models", "pull", "someone/tiny")
PLANTED = "hf_thisIsVerySecret"


@pytest.fixture(autouse=True)
def _patience(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """Here the hub may be slow for a purpose."""
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "60")


@pytest.fixture
def registered_tiny(model_folder: Path) -> Path:
    """A model of the user's that is called `tiny`."""
    locations.models_folder().mkdir(parents=True)
    return copy_of(model_folder, locations.models_folder() / "tiny")


def start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def parts() -> list[Path]:
    return list(locations.downloads_folder().rglob(f"{WEIGHTS}.part"))


def size_of_part() -> int:
    return sum(path.stat().st_size for path in parts())


def registered() -> list[str]:
    return [each.name for each in list_models()[1:]]


def test_killed_in_mid_pull_it_goes_on_where_it_was_and_writes(serve: Serve, hub: StandIn) -> None:
    size = (serve(shape=LARGE) / WEIGHTS).stat().st_size
    hub.pauses[WEIGHTS] = first = 3 << 19
    pulling = start(*PULL)
    wait_until(lambda: size_of_part() >= 1 << 20)
    pulling.kill()
    pulling.communicate()
    assert pulling.returncode == -signal.SIGKILL
    assert registered() == []
    kept = size_of_part()

    hub.pauses.clear()
    hub.go_on.set()
    done = run(*PULL)
    assert (done.code, registered()) == (0, ["tiny"])
    assert hub.asked_for(WEIGHTS)[-1].range == f"bytes={kept}-"
    assert hub.sent[WEIGHTS] == first + size - kept
    assert parts() == []
    sample = run("sample", "--model", "tiny", "--length", "5", "--prompt", "the")
    assert sample.code == 0
    assert "SYNTHETIC · tiny" in sample.out.decode()


KILLED_WHILE_IT_EXPORTS = """
import os, signal
from gpt2_tui.hub.names import hub_model
from gpt2_tui.hub.progress import StageProgress
from gpt2_tui.pulling import pull

def die(progress):
    if isinstance(progress, StageProgress) and progress.stage == "checking the graph":
        os.kill(os.getpid(), signal.SIGKILL)

pull(hub_model("someone/tiny"), die)
"""


def test_killed_while_it_exports_nothing_is_registered_and_nothing_stays(
    serve: Serve, hub: StandIn
) -> None:
    serve()
    killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_IT_EXPORTS], check=False)
    assert killed.returncode == -signal.SIGKILL
    home = locations.models_folder()
    assert registered() == []
    assert [path for path in home.rglob("*") if path.is_file()] != []
    sent = dict(hub.sent)
    assert run(*PULL).code == 0
    assert hub.sent == sent  # the download was whole
    assert [path.name for path in home.iterdir()] == ["tiny"]


def test_of_two_pulls_at_once_the_second_waits_and_finds_the_model(
    serve: Serve, hub: StandIn
) -> None:
    serve(shape=LARGE)
    hub.pauses[WEIGHTS] = 1 << 18
    first = start(*PULL)
    assert hub.paused.wait(30)
    second = start(*PULL)
    assert second.stderr is not None
    waiting = second.stderr.readline()
    assert b"another pull is at work; waiting" in waiting
    hub.pauses.clear()
    hub.go_on.set()
    first_out, second_out = first.communicate(timeout=60)[0], second.communicate(timeout=60)[0]
    assert (first.returncode, second.returncode) == (0, 0)
    assert b"tiny is ready" in first_out
    assert b"tiny is here already" in second_out
    starts = [each.range for each in hub.asked_for(WEIGHTS)]
    assert starts.count(None) == 1


def test_interrupted_it_says_nothing_more(serve: Serve, hub: StandIn) -> None:
    serve(shape=LARGE)
    hub.pauses[WEIGHTS] = 1 << 18
    pulling = start(*PULL)
    assert hub.paused.wait(30)
    pulling.send_signal(signal.SIGINT)
    hub.go_on.set()
    out, err = pulling.communicate(timeout=60)
    assert (pulling.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_a_full_disk_keeps_what_fitted(serve: Serve, hub: StandIn) -> None:
    serve(shape=LARGE)

    def no_file_above_a_megabyte() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    done = subprocess.run(
        command(*PULL), capture_output=True, preexec_fn=no_file_above_a_megabyte, check=False
    )
    *_, line = done.stderr.decode().splitlines()
    assert done.returncode == 2
    assert line.startswith("gpt2-tui: error: cannot write ")
    assert "the same command goes on from there" in line
    assert registered() == []
    kept = size_of_part()
    assert 0 < kept <= 1 << 20
    assert run(*PULL).code == 0
    assert hub.asked_for(WEIGHTS)[-1].range == f"bytes={kept}-"


def test_a_token_is_used_and_never_shown_or_kept(
    serve: Serve, hub: StandIn, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    monkeypatch.setenv("HF_TOKEN", PLANTED)
    monkeypatch.setenv("HF_DEBUG", "1")
    hub.refusals["/stored/someone/tiny/model.safetensors"] = (
        403,
        {"X-Error-Message": PLANTED},
    )
    refused = run(*PULL)
    hub.refusals.clear()
    done = run(*PULL)
    assert (refused.code, done.code) == (2, 0)
    assert any(each.authorization == f"Bearer {PLANTED}" for each in hub.asked)
    for each in (refused, done):
        assert PLANTED not in each.err
        assert PLANTED.encode() not in each.out
    for path in home.rglob("*"):
        assert not path.is_file() or PLANTED.encode() not in path.read_bytes()


def test_the_hub_is_asked_for_the_model_and_told_of_nothing_else(
    serve: Serve, hub: StandIn, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    serve()
    assert run(*PULL).code == 0
    ours = ("/api/models/someone/tiny/", "/api/resolve-cache/models/", "/someone/", "/stored/")
    assert [each.path for each in hub.asked if not each.path.startswith(ours)] == []
    written = {path.relative_to(home).parts[:2] for path in home.rglob("*") if path.is_file()}
    assert written == {("xdg_data_home", "gpt2-tui"), ("xdg_cache_home", "gpt2-tui")}


def test_a_variable_that_the_client_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "soon")
    done = run(*PULL)
    assert done.code == 2
    assert done.err.startswith("gpt2-tui: error: a variable HF_")
    assert len(done.err.splitlines()) == 1


def test_a_terminal_shows_a_bar_for_each_file_and_for_all(serve: Serve) -> None:
    serve()
    terminal = PtyDesk(PULL)
    terminal.until_shown("tiny is ready")
    assert terminal.ended() == 0
    for name in ("in all", "config.json", WEIGHTS, "writing weights", "checking the graph"):
        assert name in terminal.text()
    terminal.close()


@pytest.mark.parametrize(
    ("typed", "code", "said", "left"),
    [
        ("y\r", 0, "tiny is removed", []),
        ("n\r", 0, "tiny stays", ["tiny"]),
        ("\r", 0, "tiny stays", ["tiny"]),
        ("\x04", 0, "tiny stays", ["tiny"]),
        ("\x03", 130, "", ["tiny"]),
    ],
    ids=["yes", "no", "enter", "end", "interrupt"],
)
def test_removing_asks_first(
    typed: str, code: int, said: str, left: list[str], registered_tiny: Path
) -> None:
    terminal = PtyDesk(["models", "remove", registered_tiny.name])
    terminal.until_shown("Remove the model tiny (1 MB)? [y/N]")
    terminal.type(typed)
    assert (terminal.ended(), registered()) == (code, left)
    assert said in terminal.text()
    terminal.close()


@pytest.mark.usefixtures("registered_tiny")
def test_without_a_terminal_nothing_is_removed_unless_it_is_said() -> None:
    refused = run("models", "remove", "tiny")
    assert (refused.code, registered()) == (2, ["tiny"])
    assert "--yes" in refused.err
    assert run("models", "remove", "tiny", "--yes").code == 0
    assert registered() == []
