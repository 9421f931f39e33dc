"""Whether a checkpoint that is being fetched can be exported, as early as it can be told."""

from pathlib import Path

from .checkpoint import open_checkpoint
from .config import read_config
from .tokenizer import read_tokenizer


def check_description(folder: Path) -> None:
    """Raise ModelError unless config and tokenizer are a GPT-2's; the weights need not be there."""
    read_tokenizer(folder, read_config(folder).vocabulary)


def check_weights(folder: Path) -> None:
    """Raise ModelError unless the weights are those that the config describes."""
    open_checkpoint(folder)
