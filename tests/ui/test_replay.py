"""Replays from the library into a pane: the same text streams again, and a verdict ends it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Select, Static

from gpt2_tui import locations
from gpt2_tui.labels import replay
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format
from gpt2_tui.labels.found import Found
from gpt2_tui.labels.record import Sample, label_draft, make_sample
from gpt2_tui.labels.replay import Progress, Repeated, Replayed
from gpt2_tui.loading import LoadedModel
from gpt2_tui.models.maker import Maker
from gpt2_tui.saving import save
from gpt2_tui.settings import LENGTH, SEED, TEMPERATURE, Sampling, Settings
from gpt2_tui.text.visible import visible
from gpt2_tui.ui.desk import Desk
from gpt2_tui.ui.library_screen import LibraryScreen
from gpt2_tui.ui.replay_pane import ReplayPane
from gpt2_tui.ui.streamed_text import StreamedText
from tests.labels.replays import written
from tests.library.files import save_draft, save_sample
from tests.ui.desk_driver import DeskDriver, open_desk

PROMPT = "The keeper"
SETTINGS = Settings(Sampling(1), length=12, seed=3)


def saved(model: LoadedModel, settings: Settings = SETTINGS) -> tuple[Path, Sample]:
    """A sample that the model did write, in the library."""
    (made,) = written(model, PROMPT, settings, (1,))
    sample = make_sample(AuthoredText.human(PROMPT), made)
    return save([sample], locations.samples_folder(), Format.MARKDOWN)[0], sample


async def begin(desk: DeskDriver) -> None:
    """Have the one sample of the library replayed."""
    await desk.press("f7")
    desk.screen.query_one("#library-kind", Select).value = "samples"
    await desk.until(lambda: title(desk).endswith(".md"), "the sample")
    await desk.press("r")
    await desk.until(lambda: isinstance(desk.screen, Desk), "the desk")


def title(desk: DeskDriver) -> str:
    """The name of the text that the library shows."""
    return str(desk.screen.query_one("#library-label", Static).visual).partition("\n")[0]


def pane(desk: DeskDriver) -> ReplayPane:
    return desk.desk.query_one(ReplayPane)


def verdict(desk: DeskDriver) -> str:
    return str(pane(desk).query_one(".verdict", Static).visual)


def shown(desk: DeskDriver) -> str:
    return pane(desk).query_one(StreamedText).text


async def until_over(desk: DeskDriver) -> None:
    await desk.until(lambda: bool(verdict(desk)), "the verdict")


async def test_the_text_streams_again_into_a_pane_and_matches(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    path, sample = saved(loaded_model)
    async with open_desk(model_folder, "My own draft.") as desk:
        before = desk.editor.authored
        await begin(desk)
        await until_over(desk)
        assert sample.continuation is not None
        assert shown(desk) == visible(sample.continuation.text)
        assert verdict(desk) == "MATCH: 12 tokens are the same"
        assert str(pane(desk).border_title) == "REPLAY SYNTHETIC"
        assert str(pane(desk).border_subtitle) == "replay: MATCH · 12 tokens"
        label = str(pane(desk).query_one(".label", Static).visual).replace("\n", " · ")
        assert label == (
            "SYNTHETIC · tiny · temperature 1.00 · top-k 40 · top-p off · seed 3 · lane 1 "
            f"· replay of {path.name}"
        )
        # The draft, its history and the settings are as they were.
        assert desk.editor.authored == before
        assert desk.control(SEED).value is None
        assert desk.control(LENGTH).value == LENGTH.default
        assert desk.control(TEMPERATURE).value == TEMPERATURE.default
        await desk.press("alt+1")
        await desk.until_said("a replay stays out of the draft")
        assert desk.editor.text == "My own draft."
        # The next run has its panes again.
        await desk.generate()
        assert len(desk.panes) == 3
        assert not desk.desk.query(ReplayPane)


async def test_a_token_that_differs_is_told_with_its_margin(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    path, _ = saved(loaded_model)
    path.write_bytes(path.read_bytes().replace(b'"seed":3', b'"seed":4'))
    async with open_desk(model_folder) as desk:
        await begin(desk)
        await until_over(desk)
        told = verdict(desk).replace("\n", " ")
        assert told.startswith("DIFFERS: generation 1, token ")
        assert "the draw missed the label's token by 0." in told
        assert "its logit is " in told
        assert str(pane(desk).border_subtitle).startswith("replay: DIFFERS · ")


async def test_a_text_that_was_changed_differs(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    path, _ = saved(loaded_model)
    path.write_bytes(path.read_bytes()[:-3] + b"zz\n")
    async with open_desk(model_folder) as desk:
        await begin(desk)
        await until_over(desk)
        assert verdict(desk).startswith("DIFFERS: the tokens of its label come out again, but ")


async def test_without_its_model_it_cannot(model_folder: Path) -> None:
    save_sample(" slept")
    async with open_desk(model_folder) as desk:
        await begin(desk)
        await until_over(desk)
        told = verdict(desk).replace("\n", " ")
        assert told.startswith("CANNOT: no model on this machine is the tiny of the label")
        assert shown(desk) == ""


async def test_without_a_label_the_library_says_so(model_folder: Path) -> None:
    save_draft("mine.txt", "It rained.")
    async with open_desk(model_folder) as desk:
        await desk.press("f7")
        await desk.until_shows("UNLABELED: ")
        await desk.press("r")
        await desk.until_said("CANNOT be replayed: there is no label")
        assert isinstance(desk.screen, LibraryScreen)


async def test_a_draft_of_several_generations_is_one_pane(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    (first,) = written(loaded_model, PROMPT, SETTINGS)
    draft = AuthoredText.human(PROMPT)
    draft = draft.replaced(len(draft.text), len(draft.text), AuthoredText.kept(first))
    (second,) = written(loaded_model, draft.text, Settings(Sampling(1), length=5, seed=8))
    draft = draft.replaced(len(draft.text), len(draft.text), AuthoredText.kept(second))
    save([label_draft(draft)], locations.samples_folder(), Format.MARKDOWN)
    async with open_desk(model_folder) as desk:
        await begin(desk)
        await until_over(desk)
        assert verdict(desk).startswith("MATCH: ")
        assert verdict(desk).endswith("17 tokens are the same")
        both = f"{first.text}\n\n— generation 2 —\n\n{second.text}"
        assert shown(desk) == visible(both)
        await desk.until_shows("SYNTHETIC IN PART · tiny")


@pytest.fixture
def unhurried_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replays no faster than a large model would."""
    at_once = replay.replay

    def slowly(found: Found, load: Callable[[Maker], LoadedModel], progress: Progress) -> Replayed:
        def pause(so_far: Repeated) -> None:
            time.sleep(0.02)
            progress(so_far)

        return at_once(found, load, pause)

    monkeypatch.setattr(replay, "replay", slowly)


@pytest.mark.usefixtures("unhurried_replay")
async def test_it_can_be_stopped_and_the_desk_writes_again(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    saved(loaded_model, Settings(Sampling(1), length=1000, seed=3, keep_going=True))
    async with open_desk(model_folder) as desk:
        await begin(desk)
        await desk.until(lambda: bool(shown(desk)), "some text")
        assert "tokens the same" in str(pane(desk).border_subtitle)
        await desk.press("escape")
        await until_over(desk)
        assert verdict(desk).startswith("The replay was stopped; ")
        await desk.generate()
        assert len(desk.panes) == 3


@pytest.mark.usefixtures("unhurried_replay")
async def test_another_run_ends_it(model_folder: Path, loaded_model: LoadedModel) -> None:
    saved(loaded_model, Settings(Sampling(1), length=1000, seed=3, keep_going=True))
    async with open_desk(model_folder) as desk:
        await begin(desk)
        await desk.until(lambda: bool(shown(desk)), "some text")
        await desk.generate()
        assert len(desk.panes) == 3


@pytest.mark.usefixtures("unhurried")
async def test_it_ends_a_run_and_takes_nothing_of_it(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    saved(loaded_model)
    async with open_desk(model_folder, "Mine.") as desk:
        await desk.begin_endless()
        await begin(desk)
        await until_over(desk)
        assert verdict(desk) == "MATCH: 12 tokens are the same"
        assert desk.desk.status.activity == ""


async def test_a_hostile_name_is_only_shown(model_folder: Path, loaded_model: LoadedModel) -> None:
    path, _ = saved(loaded_model)
    path.rename(path.with_name("[bold]x[@click=app.quit]\x1b[2J.md"))
    async with open_desk(model_folder) as desk:
        await begin(desk)
        await until_over(desk)
        await desk.until_shows("replay of [bold]x[@click=app.quit]␛[2J.md")


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_the_verdict_is_seen_where_there_is_little_room(
    model_folder: Path, loaded_model: LoadedModel, size: tuple[int, int]
) -> None:
    saved(loaded_model)
    async with open_desk(model_folder, size=size) as desk:
        await begin(desk)
        await until_over(desk)
        await desk.until_shows("MATCH")
        await desk.until_shows("SYNTHETIC")
