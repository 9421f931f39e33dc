"""The watermark at the desk: off unless switched on, and told wherever its texts go."""

from pathlib import Path

from textual.widgets import Select

from gpt2_tui import locations
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.formats import Format
from gpt2_tui.labels.reading import read_labels
from gpt2_tui.labels.record import make_sample
from gpt2_tui.loading import LoadedModel
from gpt2_tui.saving import save
from gpt2_tui.settings import TEMPERATURE, Sampling, Settings
from gpt2_tui.ui.watermark_control import WatermarkControl
from tests.labels.replays import written
from tests.ui.desk_driver import DeskDriver, open_desk, pane_label


def control(desk: DeskDriver) -> WatermarkControl:
    return desk.desk.query_one(WatermarkControl)


async def switch(desk: DeskDriver, value: str) -> None:
    """Store the watermark as on or off, on the settings screen."""
    await desk.press("f8")
    desk.screen.query_one("#option-watermark", Select).value = value
    await desk.press("ctrl+s")
    await desk.until(lambda: desk.screen is desk.desk, "the desk")


async def test_it_is_off_and_nothing_is_seen_of_it(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        assert not control(desk).display
        await desk.generate()
        assert not desk.shows("watermark")
        continuation = desk.panes[0].continuation
        assert continuation is not None
        assert not continuation.settings.sampling.watermark


async def test_switched_on_it_is_in_the_bar_the_pane_and_the_saved_label(
    model_folder: Path,
) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await switch(desk, "on")
        await desk.until_shows("watermark ‹on›")
        await desk.generate(seed=7)
        assert " · watermark · seed 7" in pane_label(desk.panes[0])
        await desk.press("ctrl+s")
        await desk.until_said("Saved 3 samples")
        for path in locations.samples_folder().iterdir():
            (found,) = read_labels(path.read_bytes()).samples
            assert found.record is not None
            assert "watermark" in found.record.value["gens"][0]
            assert " · watermark · seed 7" in path.read_text()
        # Off again, by the bar, for this session.
        control(desk).focus()
        await desk.press("space")
        await desk.until_shows("watermark ‹off›")
        await desk.generate(seed=7)
        assert "watermark" not in pane_label(desk.panes[0])


async def test_greedy_texts_carry_none_and_their_label_says_none(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await switch(desk, "on")
        desk.control(TEMPERATURE).set_value(0)
        await desk.generate(seed=7)
        assert "watermark" not in pane_label(desk.panes[0])


async def test_the_settings_of_a_marked_text_switch_it_on_in_sight(
    model_folder: Path, loaded_model: LoadedModel
) -> None:
    settings = Settings(Sampling(1, watermark=True), length=12, seed=3)
    (made,) = written(loaded_model, "The keeper", settings)
    sample = make_sample(AuthoredText.human("The keeper"), made)
    save([sample], locations.samples_folder(), Format.MARKDOWN)
    async with open_desk(model_folder) as desk:
        await desk.press("f7")
        await desk.until_shows("INTACT: ")
        await desk.press("u", "escape")
        await desk.until_said("Also: loop alarm off, watermark on")
        await desk.until_shows("watermark ‹on›")


async def test_presets_leave_it_as_it_is(model_folder: Path) -> None:
    async with open_desk(model_folder, until_loaded=False) as desk:
        await switch(desk, "on")
        bar = desk.desk.settings_bar
        bar.use(bar.presets[-1])
        assert bar.sampling.watermark
        assert bar.sampling.temperature == bar.presets[-1].sampling.temperature
