"""A byte-level BPE vocabulary as GPT-2's, but smaller, trained on a sample of the mixture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from .corpus import CorpusError
from .recipe import END_OF_TEXT

PIECE_CHARACTERS = 50_000
"""Documents go to the tokenizer in pieces of about this length, so that batches spread evenly."""


def pieces(text: str) -> Iterator[str]:
    """Cut a document after newlines, where GPT-2's pre-tokenizer never joins words.

    Between a newline and a character that is no space the pre-tokenizer always cuts, so the
    tokens are those of the whole text.
    """
    start = 0
    while start < len(text):
        end = start + PIECE_CHARACTERS
        while end < len(text):
            end = text.find("\n", end) + 1
            if not end:
                end = len(text)
            elif end < len(text) and text[end].isspace():
                continue
            break
        yield text[start:end]
        start = end


def train(texts: Iterable[str], size: int) -> Tokenizer:
    """Train a tokenizer of ``size`` tokens; ``<|endoftext|>`` is the last of them.

    All 256 bytes are in the alphabet, so that any text can be written. Raises CorpusError.
    """
    tokenizer = Tokenizer(models.BPE())
    # ByteLevel applies GPT-2's regular expression before it maps bytes to characters.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - 1,
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() != size - 1:
        raise CorpusError(f"the corpus is too small for a vocabulary of {size} tokens")
    tokenizer.add_special_tokens([AddedToken(END_OF_TEXT, normalized=False)])
    return tokenizer


def sample(texts: Iterable[str], characters: int) -> Iterator[str]:
    """Spread ``characters`` evenly over texts: every k-th piece of them all."""
    parts = [part for text in texts for part in pieces(text)]
    wanted = max(1, characters // PIECE_CHARACTERS)
    step = max(1.0, len(parts) / wanted)
    for index in range(min(wanted, len(parts))):
        yield parts[int(index * step)]


def end_of_text(tokenizer: Tokenizer) -> int:
    """The id of ``<|endoftext|>``."""
    index = tokenizer.token_to_id(END_OF_TEXT)
    if index is None:
        raise ValueError(f"the tokenizer has no {END_OF_TEXT}")
    return index


def encode(tokenizer: Tokenizer, texts: Iterable[str]) -> Iterator[npt.NDArray[np.uint16]]:
    """Ids of every document, each preceded by ``<|endoftext|>`` as in GPT-2's training."""
    boundary = np.array([end_of_text(tokenizer)], dtype=np.uint16)
    for text in texts:
        yield boundary
        for encoding in tokenizer.encode_batch_fast(list(pieces(text))):
            yield np.array(encoding.ids, dtype=np.uint16)


def byte_lengths(tokenizer: Tokenizer) -> npt.NDArray[np.int64]:
    """Bytes of text that each id stands for, [V]; none for ``<|endoftext|>``.

    A byte-level token is written with one character for each byte.
    """
    lengths = np.zeros(tokenizer.get_vocab_size(), dtype=np.int64)
    for token, index in tokenizer.get_vocab().items():
        lengths[index] = 0 if token == END_OF_TEXT else len(token)
    return lengths
