"""A pull that cannot end well: one line that says why, and no model."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from gpt2_tui import locations
from gpt2_tui.cli import main
from gpt2_tui.hub import names
from gpt2_tui.hub.names import HubModel
from tests.exporter.checkpoints import TINY, config_fields, random_tensors, save_shards
from tests.hub.conftest import Serve
from tests.hub.hub_cache import in_the_cache
from tests.hub.stand_in import COMMIT, StandIn

Refused = Callable[..., str]
WEIGHTS = "model.safetensors"


@pytest.fixture
def refused(hub: StandIn, capfd: pytest.CaptureFixture[str]) -> Refused:  # noqa: ARG001
    """Runs a pull that must fail, and gives its line; after that there must be no model."""

    def run(*words: str, reference: str = "someone/tiny") -> str:
        assert main(["models", "pull", reference, *words]) == 2
        printed = capfd.readouterr()
        assert printed.out == ""
        *progress, line = printed.err.splitlines()
        assert line.startswith("gpt2-tui: error: ")
        assert not any(each.startswith("gpt2-tui") for each in progress)
        models = locations.models_folder()
        assert not models.is_dir() or list(models.iterdir()) == []
        return line.removeprefix("gpt2-tui: error: ")

    return run


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits one second and no longer."""
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1)
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 1)


def in_downloads() -> list[str]:
    return [path.name for path in locations.downloads_folder().rglob("*") if path.name != ".lock"]


def configure(folder: Path, **changes: Any) -> None:
    fields = config_fields(TINY) | changes
    (folder / "config.json").write_text(json.dumps(fields), encoding="utf-8")


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (401, {}, "there is no someone/tiny on the hub, or it is private"),
        (401, {"X-Error-Code": "GatedRepo"}, "only for those whom its owner lets in"),
        (403, {"X-Error-Code": "GatedRepo"}, "only for those whom its owner lets in"),
        (404, {"X-Error-Code": "RepoNotFound"}, "there is no someone/tiny on the hub"),
        (404, {"X-Error-Code": "RevisionNotFound"}, "has no revision main"),
        (429, {"Retry-After": "77"}, "try again in 77 seconds"),
        (429, {"RateLimit": '"api";r=0;t=55'}, "try again in 55 seconds"),
        (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, "try again later"),
        (429, {}, "try again later"),
        (418, {}, "refuses someone/tiny (418)"),
        (503, {}, "has a fault of its own (503)"),
    ],
)
def test_what_the_hub_refuses(
    status: int, headers: dict[str, str], said: str, hub: StandIn, refused: Refused
) -> None:
    hub.refusals["/revision/main"] = (status, headers)
    assert said in refused()


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (403, {"X-Error-Code": "GatedRepo"}, "log in with `hf auth login`"),
        (429, {"Retry-After": "9"}, "try again in 9 seconds"),
        (404, {"X-Error-Code": "EntryNotFound"}, "lost one of its files"),
    ],
)
@pytest.mark.parametrize("end", ["/config.json", "/stored/someone/tiny/model.safetensors"])
def test_a_file_that_the_hub_refuses(
    end: str,
    status: int,
    headers: dict[str, str],
    said: str,
    hub: StandIn,
    serve: Serve,
    refused: Refused,
) -> None:
    serve()
    hub.refusals[end] = (status, headers)
    assert said in refused()


def test_a_repository_that_there_is_not(refused: Refused) -> None:
    assert "there is no nobody/nothing on the hub" in refused(reference="nobody/nothing")


def test_a_revision_that_there_is_not(serve: Serve, refused: Refused) -> None:
    serve()
    assert "someone/tiny has no revision v9" in refused("--revision", "v9")


@pytest.mark.usefixtures("_impatient")
def test_a_hub_that_never_answers(hub: StandIn, refused: Refused) -> None:
    hub.silent = True
    line = refused()
    assert "does not answer" in line
    assert "gpt2-tui export FOLDER OUT" in line


@pytest.mark.usefixtures("_impatient")
def test_a_hub_that_falls_silent_half_way(hub: StandIn, serve: Serve, refused: Refused) -> None:
    serve()
    hub.pauses[WEIGHTS] = 1 << 16
    line = refused()
    assert "does not answer" in line
    assert "the same command goes on from there" in line


def test_no_network(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        monkeypatch.setattr(constants, "ENDPOINT", f"http://name:pass@127.0.0.1:{port}")
        line = refused()
    assert "cannot be reached (Connection refused)" in line
    assert "gpt2-tui export FOLDER OUT" in line
    assert "pass" not in line


def test_offline_without_a_cache(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    line = refused()
    assert "HF_HUB_OFFLINE" in line
    assert "gpt2-tui export FOLDER OUT" in line


def test_offline_with_half_a_cache(
    serve: Serve, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    (in_the_cache(serve(), "someone/tiny") / WEIGHTS).unlink()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "has no model.safetensors" in refused()


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>log in to the hotel</html>",
        b"[]",
        b"{}",
        b'{"siblings": 3}',
        b'{"id": "someone/tiny", "sha": "../..", "siblings": []}',
    ],
)
def test_what_answers_is_no_hub(answer: bytes, hub: StandIn, refused: Refused) -> None:
    hub.info = answer
    line = refused()
    assert "does not answer as a hub does" in line or "so it is no hub" in line


def test_a_hub_that_does_not_say_what_a_file_is(
    hub: StandIn, serve: Serve, refused: Refused
) -> None:
    serve()
    hub.refusals["/config.json"] = (200, {"ETag": '"1"', "X-Repo-Commit": COMMIT})
    assert "gives no digest of config.json" in refused()
    hub.refusals["/config.json"] = (200, {"ETag": '"1"', "X-Repo-Commit": "f" * 40})
    assert "does not say what config.json" in refused()


def test_pickles_alone(hub: StandIn, serve: Serve, refused: Refused) -> None:
    folder = serve()
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")
    line = refused()
    assert "'pytorch_model.bin', a pickle, which can run any program" in line
    assert hub.sent == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_type": "llama"}, "model_type is 'llama'; only 'gpt2'"),
        ({"model_type": "bert"}, "model_type is 'bert'; only 'gpt2'"),
        ({"activation_function": "relu"}, "activation_function is 'relu'"),
        ({"n_layer": 10**9}, "n_layer is 1000000000"),
    ],
)
def test_another_architecture_is_refused_before_its_weights_come(
    changes: dict[str, Any], said: str, hub: StandIn, serve: Serve, refused: Refused
) -> None:
    configure(serve(), **changes)
    line = refused()
    assert said in line
    assert line.startswith("someone/tiny/config.json: ")
    assert WEIGHTS not in hub.sent
    assert in_downloads() == []


def test_a_tokenizer_of_another_model_is_refused_before_the_weights_come(
    hub: StandIn, serve: Serve, refused: Refused
) -> None:
    configure(serve(), vocab_size=50257)
    assert "tokenizer.json has 297 tokens, the model 50257" in refused()
    assert WEIGHTS not in hub.sent


@pytest.mark.parametrize(
    "changes", [{"n_layer": 3}, {"n_embd": 128}, {"n_positions": 99, "n_ctx": 99}, {"n_layer": 1}]
)
def test_a_config_that_lies_about_the_shapes(
    changes: dict[str, int], serve: Serve, refused: Refused
) -> None:
    configure(serve(), **changes)
    assert "tensor" in refused()
    assert in_downloads() == []


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("config.json", "has no config.json"),
        ("tokenizer.json", "has no tokenizer.json, and no vocab.json with merges.txt"),
        (WEIGHTS, "has no model.safetensors"),
    ],
)
def test_a_repository_that_lacks_a_file(
    missing: str, said: str, serve: Serve, refused: Refused
) -> None:
    (serve() / missing).unlink()
    assert said in refused()


def test_a_damaged_file_is_not_kept(hub: StandIn, serve: Serve, refused: Refused) -> None:
    serve()
    hub.corrupt.add(WEIGHTS)
    assert "model.safetensors is damaged" in refused()
    assert not any(WEIGHTS in name for name in in_downloads())
    hub.corrupt.clear()
    assert main(["models", "pull", "someone/tiny"]) == 0


def test_a_damaged_small_file(hub: StandIn, serve: Serve, refused: Refused) -> None:
    serve()
    hub.corrupt.add("config.json")
    assert "config.json is damaged" in refused()


def known(monkeypatch: pytest.MonkeyPatch, sha256: str) -> None:
    model = HubModel("gpt2", "openai-community/gpt2", None, sha256)
    monkeypatch.setattr(names, "_KNOWN", (names._Known(model, ()),))


def test_other_weights_under_a_known_name_are_not_even_fetched(
    hub: StandIn, serve: Serve, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(monkeypatch, "0" * 64)
    serve("openai-community/gpt2")
    assert "the sha256 differs" in refused(reference="gpt2")
    assert hub.sent == {}


def test_known_weights_do_not_come_in_pieces(
    hub: StandIn, serve: Serve, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(monkeypatch, "0" * 64)
    folder = serve("openai-community/gpt2")
    (folder / WEIGHTS).unlink()
    save_shards(folder, random_tensors(TINY), ["a.safetensors", "b.safetensors"])
    assert "the sha256 differs" in refused(reference="gpt2")
    assert hub.sent == {}


def test_a_size_that_no_disk_holds(hub: StandIn, serve: Serve, refused: Refused) -> None:
    serve()
    hub.sizes[WEIGHTS] = 10**17
    line = refused()
    assert "the download needs 100000000000 MB more" in line
    assert WEIGHTS not in hub.sent


def test_a_small_file_that_is_not_small(hub: StandIn, serve: Serve, refused: Refused) -> None:
    serve()
    hub.sizes["tokenizer.json"] = 70 << 20
    assert "tokenizer.json of someone/tiny is too large" in refused()
    assert hub.sent == {}


@pytest.mark.parametrize("wrong", [-100, 100])
def test_a_file_of_another_size_than_was_said(
    wrong: int, hub: StandIn, serve: Serve, refused: Refused
) -> None:
    size = (serve() / WEIGHTS).stat().st_size
    hub.sizes[WEIGHTS] = size + wrong
    line = refused()
    assert "sends more" in line or "in another size than it said" in line or "refuses" in line


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"weight_map": 3}', "is damaged"),
        ('{"weight_map": {"wte.weight": "../../x.safetensors"}}', "which it does not have"),
        ('{"weight_map": {"wte.weight": "gone.safetensors"}}', "which it does not have"),
    ],
)
def test_an_index_that_cannot_be_followed(
    index: str, said: str, serve: Serve, refused: Refused
) -> None:
    folder = serve()
    (folder / WEIGHTS).unlink()
    (folder / "model.safetensors.index.json").write_text(index)
    assert said in refused()


def test_a_token_that_no_header_can_hold(
    serve: Serve, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    monkeypatch.setenv("HF_TOKEN", "hf_s€cret")
    line = refused()
    assert "token" in line
    assert "cret" not in line
