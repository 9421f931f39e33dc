"""A model as a user chooses it."""

from dataclasses import dataclass

STARTER = "starter"
"""The bundled model's name."""


@dataclass(frozen=True)
class ModelChoice:
    """Which model, as `open_model` reads it (None: the bundled one), and on which device."""

    reference: str | None
    device: str
