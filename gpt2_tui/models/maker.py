"""What wrote a text, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass

ENGINE_FACTS = ("app", "onnxruntime", "provider", "precision", "numpy", "arch", "cpu")
"""What is said of an engine, by name; the provider and the number format choose the graph."""


@dataclass(frozen=True)
class Maker:
    """The model and the engine behind a continuation, as a label names them: the model's name, the
    sha256 of each of its files by name, that of its tokenizer, and the `ENGINE_FACTS`."""

    model: str
    files: Mapping[str, str]
    tokenizer_sha256: str
    engine: Mapping[str, str]

    @property
    def provider(self) -> str:
        return self.engine["provider"]

    @property
    def precision(self) -> str:
        return self.engine["precision"]
