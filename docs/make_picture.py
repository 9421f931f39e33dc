"""Draw the README's picture of the desk with the desk itself: `make picture`."""

import asyncio
import sys
from pathlib import Path

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
    app = DeskApp(Opening(_DRAFT, "The lighthouse.txt", model=None, device="cpu"))
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
        await pilot.pause(0.5)
        picture = app.export_screenshot(title="gpt2-tui")
    _PICTURE.write_text(picture, encoding="utf-8")
    sys.stdout.write(f"{_PICTURE}\n")


if __name__ == "__main__":
    asyncio.run(draw())
