from pathlib import Path

import pytest


@pytest.fixture
def story(tmp_path: Path) -> Path:
    file = tmp_path / "story.md"
    file.write_text("It rained.")
    return file
