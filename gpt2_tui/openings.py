"""Openings of stories to begin with, for somebody who has none; they come with the program."""

import json

from gpt2_tui import locations

_FILE = "openings.json"


def openings() -> tuple[str, ...]:
    """One or two sentences each, in the order in which they are offered."""
    path = locations.assets_folder() / _FILE
    return tuple(json.loads(path.read_text(encoding="utf-8")))
