"""What a user may call a model of the hub."""

import pytest

from gpt2_tui.errors import HubError
from gpt2_tui.hub.names import hub_model, short_name


@pytest.mark.parametrize(
    ("written", "name", "repository"),
    [
        *((each, "gpt2", "openai-community/gpt2") for each in ("gpt2", "124M", "117M", "small")),
        *(
            (each, "gpt2-medium", "openai-community/gpt2-medium")
            for each in ("gpt2-medium", "355M", "345M", "medium")
        ),
        *(
            (each, "gpt2-large", "openai-community/gpt2-large")
            for each in ("gpt2-large", "774M", "762M", "large")
        ),
        *(
            (each, "gpt2-xl", "openai-community/gpt2-xl")
            for each in ("gpt2-xl", "1558M", "1542M", "xl")
        ),
        ("distilgpt2", "distilgpt2", "distilbert/distilgpt2"),
    ],
)
def test_short_and_old_names(written: str, name: str, repository: str) -> None:
    model = hub_model(written)
    assert (model.name, model.repository, short_name(written)) == (name, repository, name)
    assert hub_model(repository) == model
    assert model.revision is not None
    assert len(model.revision) == 40


def test_the_published_files_are_known_by_their_digest() -> None:
    # These figures are in facts that several public repositories agree on.
    small = hub_model("gpt2")
    assert small.revision == "607a30d783dfa663caf39e06633721c8d4cfcd7e"
    assert small.weights_sha256 is not None
    assert small.weights_sha256.startswith("248dfc39")


def test_a_revision_of_the_users_own_has_no_known_digest() -> None:
    model = hub_model("gpt2", "main")
    assert (model.revision, model.weights_sha256) == ("main", None)
    fixed = hub_model("gpt2").revision
    assert hub_model("gpt2", fixed) == hub_model("gpt2")


def test_any_repository_by_its_full_name() -> None:
    model = hub_model("someone/their-gpt2")
    assert (model.name, model.repository, model.revision) == (
        "their-gpt2",
        "someone/their-gpt2",
        None,
    )
    assert short_name("someone/their-gpt2") is None


@pytest.mark.parametrize(
    "written",
    [
        "",
        "gpt3",
        "a/b/c",
        "../gpt2",
        "a/..",
        "/etc",
        "a/",
        "/b",
        "a b/c",
        "x\x1b/y",
        "ä/b",
        "a--b/c",
    ],
    ids=ascii,
)
def test_what_is_no_name_is_refused_with_the_names_there_are(written: str) -> None:
    with pytest.raises(HubError, match="gpt2, gpt2-medium") as caught:
        hub_model(written)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("revision", ["", "a b", "../main", "-x", "x" * 300, "a\0"], ids=ascii)
def test_what_is_no_revision_is_refused(revision: str) -> None:
    with pytest.raises(HubError, match="no revision"):
        hub_model("gpt2", revision)
