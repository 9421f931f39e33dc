"""A draft of a megabyte opens, takes keys, and can be written on."""

from pathlib import Path

import pytest

from tests.ui.desk_driver import open_desk

MEGABYTE = 1 << 20
PARAGRAPH = "The keeper had not spoken to anyone for three weeks when the boat came. " * 6 + "\n\n"
PARAGRAPHS = PARAGRAPH * (MEGABYTE // len(PARAGRAPH))
ONE_LINE = "word " * (MEGABYTE // 5)


@pytest.mark.parametrize("draft", [PARAGRAPHS, ONE_LINE], ids=["paragraphs", "one line"])
async def test_a_megabyte_opens_and_takes_keys(model_folder: Path, draft: str) -> None:
    async with open_desk(model_folder, draft, until_loaded=False) as desk:
        await desk.press("e", "n", "d")
        assert desk.editor.text == f"{draft}end"
        await desk.until_shows("end")
        await desk.press("ctrl+z", "ctrl+z", "ctrl+z")
        assert desk.editor.text == draft


async def test_a_megabyte_is_the_prompt_of_a_run(model_folder: Path) -> None:
    async with open_desk(model_folder, PARAGRAPHS) as desk:
        await desk.generate(length=5)
        continuation = desk.panes[0].continuation
        assert continuation is not None
        assert continuation.prompt == PARAGRAPHS
        await desk.until_shows(" cut")
        await desk.press("alt+1")
        assert desk.editor.authored.spans[0].end == len(PARAGRAPHS)


async def test_lines_wrap_unless_one_is_too_long(model_folder: Path) -> None:
    async with open_desk(model_folder, "word " * 1000, until_loaded=False) as desk:
        assert desk.editor.soft_wrap
        desk.editor.insert("word " * 20_000)
        assert not desk.editor.soft_wrap
        await desk.press("ctrl+z")
        assert desk.editor.soft_wrap
