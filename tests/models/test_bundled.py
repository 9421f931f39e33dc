"""The starter model that the program ships."""

import json

import pytest

from gpt2_tui.continuations import Finished, Request, write
from gpt2_tui.engine.runtime import Device
from gpt2_tui.loading import LoadedModel, load_model
from gpt2_tui.models import registry
from gpt2_tui.models.choice import STARTER
from gpt2_tui.settings import Settings


@pytest.fixture(scope="module")
def starter() -> LoadedModel:
    return load_model(None, Device.CPU)


def test_bundled_model_is_the_one_that_the_code_names(starter: LoadedModel) -> None:
    assert len(registry.STARTER_SHA256) == 64
    assert starter.folder.path == registry.starter_path()
    assert starter.name == STARTER


def test_bundled_model_holds_nothing_but_the_files_it_names(starter: LoadedModel) -> None:
    there = {path.name for path in starter.folder.path.iterdir() if path.is_file()}
    assert there >= {"model.json", *starter.folder.digests}
    assert all(path.suffix != ".bin" for path in starter.folder.path.iterdir())


def test_bundled_model_says_where_it_came_from(starter: LoadedModel) -> None:
    manifest = starter.folder.manifest
    assert manifest.source.kind == "training"
    assert manifest.licence
    assert "/" not in json.dumps(manifest.source.name)


def test_bundled_model_gives_all_text_back_from_its_tokens(starter: LoadedModel) -> None:
    text = "In a shocking finding, 7 % naïve — “scientists” 日本 \x1b[0m\r\n\t😀"
    assert starter.tokenizer.decode(starter.tokenizer.encode(text)) == text.encode()


def test_bundled_model_writes_words(starter: LoadedModel) -> None:
    request = Request("The old house stood", Settings(length=60, seed=1), (0, 1, 2))
    texts = [e.continuation.text for e in write(starter, request) if isinstance(e, Finished)]
    assert len(set(texts)) == 3
    words = " ".join(texts).lower().split()
    common = {"the", "of", "and", "a", "to", "in", "was", "his", "he", "it", "that", "with"}
    assert sum(word.strip(".,;\"'") in common for word in words) > len(words) / 8


def test_bundled_model_begins_a_text_by_itself(starter: LoadedModel) -> None:
    request = Request("", Settings(length=4, seed=1), tuple(range(50)))
    texts = [e.continuation.text for e in write(starter, request) if isinstance(e, Finished)]
    assert len(texts) == 50
    assert sum(not text for text in texts) <= 2
