"""Which files of a repository make a checkpoint: config, tokenizer, card, and safetensors."""

import json
import re
from collections.abc import Set
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.errors import HubError
from gpt2_tui.json_fields import JsonFields
from gpt2_tui.text.visible import quoted

WEIGHTS_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
LARGEST_SMALL_FILE = 64 << 20
_CONFIG_FILE = "config.json"
_CARD_FILE = "README.md"  # its first lines state the licence
_TOKENIZERS = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe"))
PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_WEIGHTS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\.safetensors")


def small_files(repository: str, names: Set[str]) -> list[str]:
    """What is needed beside the weights, the config first. Raises HubError if there is no GPT-2
    to be had from files of these names."""
    if _CONFIG_FILE not in names:
        raise HubError(f"{repository} has no {_CONFIG_FILE}, so it is no model that can be read")
    tokenizer = next((each for each in _TOKENIZERS if names >= set(each)), None)
    index = [INDEX_FILE] if WEIGHTS_FILE not in names and INDEX_FILE in names else []
    if WEIGHTS_FILE not in names and not index:
        raise HubError(f"{repository} {_without_weights(names)}")
    if tokenizer is None:
        raise HubError(f"{repository} has no tokenizer.json, and no vocab.json with merges.txt")
    card = [_CARD_FILE] if _CARD_FILE in names else []
    return [_CONFIG_FILE, *card, *tokenizer, *index]


def shards(repository: str, names: Set[str], index: Path) -> list[str]:
    """The files of weights that the index names. Raises HubError."""
    try:
        with index.open("rb") as file:
            fields = JsonFields(json.load(file), INDEX_FILE)
        weight_map = JsonFields(fields.get("weight_map"), "weight_map")
        found = sorted({str(name) for _, name in weight_map.items()})
    except OSError as error:
        raise HubError(f"cannot read {index}: {storage.reason(error)}") from error
    except (ValueError, RecursionError) as error:
        raise HubError(f"{repository}: {INDEX_FILE} is damaged ({error})") from None
    for name in found:
        if not _WEIGHTS.fullmatch(name) or name not in names:
            raise HubError(
                f"{repository}: its index names {quoted(repr(name))}, which it does not have"
            )
    return found


def is_weights(name: str) -> bool:
    """Whether it is the plain name of a safetensors file."""
    return _WEIGHTS.fullmatch(name) is not None


def _without_weights(names: Set[str]) -> str:
    pickles = sorted(name for name in names if name.endswith(PICKLE_SUFFIXES))
    if pickles:
        return (
            f"has only {quoted(repr(pickles[0]))}, a pickle, which can run any program when it is"
            f" read; ask its owner for {WEIGHTS_FILE}, or convert it where you trust it and export"
            " that"
        )
    return f"has no {WEIGHTS_FILE}"
