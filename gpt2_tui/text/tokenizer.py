"""GPT-2's byte-level BPE: text to token ids, token ids to bytes."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from gpt2_tui import native_noise, storage
from gpt2_tui.errors import ModelError, first_line

END_OF_TEXT = "<|endoftext|>"


class Tokenizer:
    """A byte-level BPE tokenizer from a `tokenizer.json`.

    A token may hold part of a character, so tokens give bytes, and only bytes give text.
    """

    def __init__(self, data: bytes, where: str, vocabulary: int, end_of_text: int) -> None:
        """`vocabulary` and `end_of_text` are the model's. Raises ModelError that names `where`."""
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.end_of_text = end_of_text
        self._vocabulary = vocabulary
        self._bpe = _load_without_special_tokens(data, where)
        self._byte_of = byte_of_character()
        self._check(where)

    @classmethod
    def from_file(cls, path: Path, vocabulary: int, end_of_text: int) -> "Tokenizer":
        """Raises ModelError if the file cannot be read or is no such tokenizer."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read {path}: {storage.reason(error)}") from error
        return cls(data, str(path), vocabulary, end_of_text)

    def encode(self, text: str, *, special: bool = False) -> list[int]:
        """Token ids of `text`. A written `<|endoftext|>` is plain text, or, with `special`, the
        token."""
        if not special:
            return self._encode_plain(text)
        ids: list[int] = []
        for number, part in enumerate(text.split(END_OF_TEXT)):
            if number > 0:
                ids.append(self.end_of_text)
            ids += self._encode_plain(part)
        return ids

    @cached_property
    def after_a_space(self) -> tuple[int, ...]:
        """The ids, rising, of what can follow a text whose last space was left out: tokens that
        begin with a space, and `<|endoftext|>`."""
        return tuple(
            token_id
            for token_id in range(self._vocabulary)
            if self.bytes_of(token_id).startswith(b" ") or token_id == self.end_of_text
        )

    def bytes_of(self, token_id: int) -> bytes:
        """The bytes of one of the model's tokens; those of `<|endoftext|>` are its name, one that
        has no text gives none. Raises IndexError if the model has no such token."""
        if not 0 <= token_id < self._vocabulary:
            raise IndexError(token_id)
        if token_id == self.end_of_text:
            return END_OF_TEXT.encode()
        token = self._bpe.id_to_token(token_id) or ""
        try:
            return bytes(self._byte_of[character] for character in token)
        except KeyError:
            return token.encode()

    def decode(self, ids: Sequence[int]) -> bytes:
        """The bytes of a sequence of tokens; not always valid UTF-8. Raises as `bytes_of`."""
        return b"".join(map(self.bytes_of, ids))

    def _encode_plain(self, text: str) -> list[int]:
        # A surrogate, as a terminal can send one, has no UTF-8.
        safe = text.encode("utf-8", "replace").decode()
        return list(self._bpe.encode(safe, add_special_tokens=False).ids) if safe else []

    def _check(self, where: str) -> None:
        count = self._bpe.get_vocab_size(with_added_tokens=False)
        # Reading the whole vocabulary would take several times as long.
        tokens = map(self._bpe.id_to_token, range(self._vocabulary))
        if sum(token is not None for token in tokens) < count:
            raise ModelError(
                f"{where} has token ids beyond the model's {self._vocabulary}; "
                "they do not belong together"
            )
        written = self._bpe.token_to_id(END_OF_TEXT)
        if written not in (None, self.end_of_text):
            raise ModelError(
                f"{where} has {END_OF_TEXT} as token {written}, the model as "
                f"{self.end_of_text}; they do not belong together"
            )
        if any(self._bpe.token_to_id(character) is None for character in self._byte_of):
            raise _not_gpt2s_kind(where)


def byte_of_character() -> dict[str, int]:
    """The byte behind each of the 256 characters that byte-level BPE writes bytes with.

    The mapping is `bytes_to_unicode` of OpenAI's `encoder.py`: printable bytes stand for
    themselves, the others for the characters from U+0100 on.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in printable}
    others = (byte for byte in range(256) if byte not in set(printable))
    table.update((chr(0x100 + number), byte) for number, byte in enumerate(others))
    return table


@contextmanager
def library_faults(where: str) -> Iterator[None]:
    """Turn whatever the tokenizers library raises in the block into a ModelError.

    For some files it panics: it then raises a class that derives from BaseException and prints a
    backtrace to file descriptor 2, past Python.
    """
    try:
        with native_noise.silenced():
            yield
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        # Only the kind of the error: a panic's own words are about the library's inside.
        reason = first_line(error) if isinstance(error, Exception) else "its library gave up"
        raise ModelError(f"{where} is damaged or not a tokenizer: {reason}") from None


def _load_without_special_tokens(data: bytes, where: str) -> Any:
    """The tokenizer without its added tokens, which would turn typed text into control tokens,
    and without what adds to a prompt or cuts it: it must reach the model whole, as it is."""
    import tokenizers

    with library_faults(where):
        whole = tokenizers.Tokenizer.from_buffer(data)
    model = whole.model
    if not isinstance(model, tokenizers.models.BPE):
        raise _not_gpt2s_kind(where)
    # It leaves merges out by chance, and the same text would give other tokens each time.
    model.dropout = None
    bare = tokenizers.Tokenizer(model)
    if whole.normalizer is not None:
        bare.normalizer = whole.normalizer
    if whole.pre_tokenizer is not None:
        bare.pre_tokenizer = whole.pre_tokenizer
    return bare


def _not_gpt2s_kind(where: str) -> ModelError:
    return ModelError(f"{where} is not GPT-2's kind of tokenizer (byte-level BPE)")
