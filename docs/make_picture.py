"""Draw the README's picture of the desk with the desk itself: `make picture`."""

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from gpt2_tui.drafts.opening import open_file
from gpt2_tui.settings import SEED
from gpt2_tui.ui.app import DeskApp, Opening
from gpt2_tui.ui.desk import Desk

_PICTURE = Path(__file__).parent / "desk.svg"
_SIZE = (120, 36)
_SEED = 7
_DRAFT = (
    "The lighthouse keeper had not spoken to anyone for three weeks when the boat came.\n"
    "It was a small green boat, with a patched sail, and nobody was in it. He took down his lamp "
    "and"
)


async def draw() -> None:
    """Open the desk without a terminal, write with it, and save what it shows."""
    with TemporaryDirectory() as folder:
        # The history goes there too, not to the drafts of whoever draws.
        os.environ["XDG_DATA_HOME"] = folder
        draft = Path(folder, "The lighthouse.txt")
        draft.write_text(_DRAFT, encoding="utf-8")
        app = DeskApp(Opening(open_file(draft), model=None, device="cpu"))
        picture = await _picture_of(app)
    _PICTURE.write_text(picture, encoding="utf-8")
    sys.stdout.write(f"{_PICTURE}\n")


async def _picture_of(app: DeskApp) -> str:
    async with app.run_test(size=_SIZE, notifications=False) as pilot:
        desk = next(screen for screen in app.screen_stack if isinstance(screen, Desk))
        while not desk.status.window:
            await pilot.pause(0.05)
        desk.settings_bar.control(SEED).set_value(_SEED)
        await pilot.press("ctrl+g")
        await pilot.pause()
        while desk.is_writing:
            await pilot.pause(0.05)
        await pilot.press("alt+1")
        while "●" in desk.status.draft_name:
            await pilot.pause(0.05)
        await pilot.pause(0.5)
        return app.export_screenshot(title="gpt2-tui")


if __name__ == "__main__":
    asyncio.run(draw())
