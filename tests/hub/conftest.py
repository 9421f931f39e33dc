"""A hub for each test, which the real client asks in its place."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.exporter.checkpoints import TINY, Shape, write_checkpoint
from tests.hub.stand_in import Repository, StandIn, stand_in

Serve = Callable[..., Path]
CARD = "---\nlanguage: en\nlicense: apache-2.0\n---\n# A model\n"


@pytest.fixture
def hub(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """An empty hub. Processes find it through the environment; the client in this one has read
    that already."""
    with stand_in() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        template = served.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", served.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "xdg_cache_home/huggingface/hub"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
        yield served


@pytest.fixture
def serve(hub: StandIn, tmp_path: Path) -> Serve:
    """Puts a random GPT-2 on the hub, in the true layout, and gives its folder."""

    def put(name: str = "someone/tiny", shape: Shape = TINY, seed: int = 3) -> Path:
        folder = write_checkpoint(tmp_path / "hub" / name, shape, seed)
        (folder / "README.md").write_text(CARD, encoding="utf-8")
        hub.repositories[name] = Repository(folder)
        return folder

    return put
