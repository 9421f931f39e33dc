"""Signing at the desk: what is saved carries the user's signature, or it is told why not."""

from pathlib import Path

import pytest
from textual.widgets import Select

from gpt2_tui import locations
from gpt2_tui.labels.signing import fingerprint, own_key
from gpt2_tui.labels.verdict import judge_file
from gpt2_tui.preferences import file
from tests.ui.desk_driver import open_desk
from tests.ui.prepared_writing import write_instead


@pytest.fixture(autouse=True)
def _known_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    write_instead(monkeypatch, " put down his lamp.", " heard a gull", " slept")


def store(text: str) -> None:
    path = locations.settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def signers(folder: Path) -> list[str | None]:
    """Whose signature each labeled file carries; all of them fit."""
    found: list[str | None] = []
    for path in sorted(folder.glob("*.md")):
        (judgment,) = judge_file(path.read_bytes())
        assert judgment.verdict == "INTACT"
        signature = judgment.signature
        assert signature is None or signature.fits
        found.append(None if signature is None else signature.fingerprint)
    return found


async def test_samples_and_drafts_are_signed_where_it_is_switched_on(model_folder: Path) -> None:
    store("sign = true\n")
    mine = fingerprint(own_key().public)
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.generate(seed=7)
        await desk.press("ctrl+s")
        await desk.until_said(f"and its settings, signed by {mine} (you), in ")
        assert signers(locations.samples_folder()) == [mine] * 3
        await desk.press("alt+1", "f3")
        await desk.until_said(f"A copy with its label, signed by {mine} (you): ")
        assert signers(locations.drafts_folder()) == [mine]


async def test_nothing_is_signed_unless_it_is_switched_on(model_folder: Path) -> None:
    own_key()
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.generate(seed=7)
        await desk.press("ctrl+s")
        await desk.until_said("Saved 3 samples")
        assert signers(locations.samples_folder()) == [None] * 3
        assert not any("igned" in said for said in desk.said)


async def test_without_a_key_all_is_saved_and_how_to_make_one_is_told(model_folder: Path) -> None:
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.press("f8")
        desk.screen.query_one("#option-sign", Select).value = "on"
        await desk.press("ctrl+s")
        await desk.until_said("Labels cannot be signed: there is no key of yours; ")
        assert file.read().preferences.sign
        await desk.generate(seed=7)
        await desk.press("ctrl+s")
        await desk.until_said("NOT SIGNED (there is no key of yours; `gpt2-tui sample --sign` ")
        assert signers(locations.samples_folder()) == [None] * 3
    assert not locations.signing_key_file().exists()


async def test_a_key_that_others_can_read_is_not_used(model_folder: Path) -> None:
    store("sign = true\n")
    path = own_key().path
    path.chmod(0o644)
    async with open_desk(model_folder, "The keeper") as desk:
        await desk.generate(seed=7)
        await desk.press("ctrl+s")
        await desk.until_said(f"NOT SIGNED (others can read the signing key {path}; run: chmod")
        assert signers(locations.samples_folder()) == [None] * 3


async def test_switching_it_on_says_whose_key_signs(model_folder: Path) -> None:
    mine = fingerprint(own_key().public)
    async with open_desk(model_folder, until_loaded=False) as desk:
        await desk.press("f8")
        desk.screen.query_one("#option-sign", Select).value = "on"
        await desk.press("ctrl+s")
        await desk.until_said(f"Labels will be signed by {mine} (you)")
