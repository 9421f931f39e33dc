"""What wrote a text, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Maker:
    """The model and the engine behind a continuation, as a label names them: the model's name, the
    sha256 of each of its files by name, and what ran it in which number format."""

    model: str
    files: Mapping[str, str]
    tokenizer_sha256: str
    provider: str
    precision: str
