"""What a user may call a model of the hub, and the known ones at their fixed revisions.

The revisions and digests were each seen in several public repositories.
"""

import re
from dataclasses import dataclass

from gpt2_tui.errors import HubError
from gpt2_tui.text.visible import quoted

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


@dataclass(frozen=True)
class HubModel:
    """A repository at a revision (None: its newest), and what the model is called here.

    `weights_sha256` is that of `model.safetensors` where it is known beforehand.
    """

    name: str
    repository: str
    revision: str | None = None
    weights_sha256: str | None = None


@dataclass(frozen=True)
class _Known:
    model: HubModel
    old_names: tuple[str, ...]


_KNOWN = (
    _Known(
        HubModel(
            "gpt2",
            "openai-community/gpt2",
            "607a30d783dfa663caf39e06633721c8d4cfcd7e",
            "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707",
        ),
        ("124M", "117M", "small"),
    ),
    _Known(
        HubModel(
            "gpt2-medium",
            "openai-community/gpt2-medium",
            "6dcaa7a952f72f9298047fd5137cd6e4f05f41da",
        ),
        ("355M", "345M", "medium"),
    ),
    _Known(
        HubModel(
            "gpt2-large",
            "openai-community/gpt2-large",
            "32b71b12589c2f8d625668d2335a01cac3249519",
        ),
        ("774M", "762M", "large"),
    ),
    _Known(
        HubModel(
            "gpt2-xl",
            "openai-community/gpt2-xl",
            "15ea56dee5df4983c59b2538573817e1667135e2",
            "0f8b28eb05a8075f48b61b6f35332978c74fc7763fa9fb4051a1c30511736a6a",
        ),
        ("1558M", "1542M", "xl"),
    ),
    _Known(
        HubModel(
            "distilgpt2",
            "distilbert/distilgpt2",
            "2290a62682d06624634c1f46a6ad5be0f47f38aa",
            "e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b",
        ),
        (),
    ),
)
SHORT_NAMES = tuple(each.model.name for each in _KNOWN)


def short_name(text: str) -> str | None:
    """The short name of the known model that `text` means: `gpt2` for `124M`, None for others."""
    known = _known(text)
    return known.name if known else None


def hub_model(reference: str, revision: str | None = None) -> HubModel:
    """The model of the hub that a short name or `owner/name` means. Raises HubError.

    A known one comes at its fixed revision, unless another is asked for.
    """
    if revision is not None and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise HubError(f"{quoted(repr(revision))} is no revision: a branch, a tag or a commit")
    known = _known(reference)
    if known is None:
        if not _REPOSITORY.fullmatch(reference) or ".." in reference or "--" in reference:
            raise HubError(
                f"{quoted(repr(reference))} is no model of the hub; the short names are"
                f" {', '.join(SHORT_NAMES)}, others are OWNER/NAME"
            )
        return HubModel(reference.partition("/")[2], reference, revision)
    if revision in (None, known.revision):
        return known
    return HubModel(known.name, known.repository, revision)


def _known(text: str) -> HubModel | None:
    for each in _KNOWN:
        if text in (each.model.name, each.model.repository, *each.old_names):
            return each.model
    return None
