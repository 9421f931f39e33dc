"""What writers and readers of records share: the schema's name, its terms, its canonical form.

No numpy behind it: a label can be read on a machine that runs no model.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785

from gpt2_tui.text.visible import STAND_INS

SCHEMA = "gpt2-tui/label/1"
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MACHINE_ONLY = _IPTC + "trainedAlgorithmicMedia"
HUMAN_AND_MACHINE = _IPTC + "compositeWithTrainedAlgorithmicMedia"
_ESCAPES = {code: f"\\u{code:04x}" for code in STAND_INS if code > 0x20}


def label_line(record: Mapping[str, Any]) -> str:
    """The record as one line of canonical JSON, with characters that act on a terminal or end a
    line as JSON escapes. Raises ValueError for a value that canonical JSON cannot hold."""
    return rfc8785.dumps(dict(record)).decode().translate(_ESCAPES)


def identity(record: Mapping[str, Any]) -> str:
    """The `id` of a record: sha256 of its canonical form without that field."""
    return sha256(rfc8785.dumps({name: value for name, value in record.items() if name != "id"}))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
