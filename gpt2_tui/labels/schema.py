"""What writers and readers of records share: the schema's name, its terms, its canonical form.

No numpy behind it: a label can be read on a machine that runs no model.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from gpt2_tui.labels.authorship import Origin
from gpt2_tui.text.visible import STAND_INS

SCHEMA = "gpt2-tui/label/1"
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MACHINE_ONLY = _IPTC + "trainedAlgorithmicMedia"
HUMAN_AND_MACHINE = _IPTC + "compositeWithTrainedAlgorithmicMedia"
BESIDE_THE_ID = ("id", "signature")
"""The fields that the id does not cover: itself, and the signature, which is made of it."""
ALGORITHM = "ed25519"
"""How a record is signed, as its signature says."""

_ESCAPES = {code: f"\\u{code:04x}" for code in STAND_INS if code > 0x20}


def canonical(record: Mapping[str, Any]) -> str:
    """The record in the canonical form of RFC 8785.

    Python's own encoder writes that form of a value without floats whose keys are ASCII, as those
    of a record are, and many times faster than a package that allows for all values.
    """
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def label_line(record: Mapping[str, Any]) -> str:
    """The record as one line of canonical JSON, with characters that act on a terminal or end a
    line as JSON escapes."""
    return canonical(record).translate(_ESCAPES)


def identity(record: Mapping[str, Any]) -> str:
    """The `id` of a record: sha256 of its canonical form without its id and its signature.

    Raises ValueError for text that is not Unicode.
    """
    covered = {name: value for name, value in record.items() if name not in BESIDE_THE_ID}
    return sha256(canonical(covered).encode())


def bytes_by_origin(record: Mapping[str, Any]) -> dict[Origin, int]:
    """How many bytes of a text are of each origin, as its record says."""
    lengths = dict.fromkeys(Origin, 0)
    for span in record["spans"]:
        lengths[Origin(span["origin"])] += span["end"] - span["start"]
    return lengths


def is_in_part(record: Mapping[str, Any]) -> bool:
    """Whether a person had a part in a text, as its record says."""
    return bool(record["digital_source_type"] != MACHINE_ONLY)


def model_names(record: Mapping[str, Any]) -> list[str]:
    """The models behind a text, each once, as its record names them; that of the record first."""
    of_generations = (each["model"]["name"] for each in record["gens"] if "model" in each)
    return list(dict.fromkeys((str(record["model"]["name"]), *of_generations)))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
