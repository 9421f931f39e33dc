"""GPT-2's byte-level BPE: text to token ids, token ids to bytes."""

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from gpt2_tui import native_noise, storage
from gpt2_tui.errors import ModelError

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
            for token_id, data in enumerate(self._bytes)
            if data.startswith(b" ") or token_id == self.end_of_text
        )

    def bytes_of(self, token_id: int) -> bytes:
        """The bytes of one token; those of `<|endoftext|>` are its name."""
        return self._bytes[token_id]

    def decode(self, ids: Sequence[int]) -> bytes:
        """The bytes of a sequence of tokens; not always valid UTF-8."""
        return b"".join(self._bytes[token_id] for token_id in ids)

    def _encode_plain(self, text: str) -> list[int]:
        # A surrogate, as a terminal can send one, has no UTF-8.
        safe = text.encode("utf-8", "replace").decode()
        return list(self._bpe.encode(safe, add_special_tokens=False).ids) if safe else []

    @cached_property
    def _bytes(self) -> list[bytes]:
        table = [b""] * self._vocabulary
        to_byte = byte_of_character()
        for token, token_id in self._bpe.get_vocab().items():
            if token_id < self._vocabulary:
                table[token_id] = _token_bytes(token, to_byte)
        table[self.end_of_text] = END_OF_TEXT.encode()
        return table

    def _check(self, where: str) -> None:
        vocabulary = self._bpe.get_vocab(with_added_tokens=False)
        largest = max(vocabulary.values(), default=-1)
        if largest >= self._vocabulary:
            raise ModelError(
                f"{where} has token ids up to {largest}, the model only {self._vocabulary}; "
                "they do not belong together"
            )
        if vocabulary.get(END_OF_TEXT, self.end_of_text) != self.end_of_text:
            raise ModelError(
                f"{where} has {END_OF_TEXT} as token {vocabulary[END_OF_TEXT]}, the model as "
                f"{self.end_of_text}; they do not belong together"
            )
        alone = set(byte_of_character())
        if not alone <= vocabulary.keys():
            raise ModelError(f"{where} is not GPT-2's kind of tokenizer (byte-level BPE)")


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


def _token_bytes(token: str, to_byte: dict[str, int]) -> bytes:
    try:
        return bytes(to_byte[character] for character in token)
    except KeyError:
        return token.encode()


def _load_without_special_tokens(data: bytes, where: str) -> Any:
    """The tokenizer without its added tokens, which would turn typed text into control tokens."""
    import tokenizers

    damaged = ModelError(f"{where} is damaged or no tokenizer; export the model again")
    try:
        description = json.loads(data)
        description["added_tokens"] = []
        # Templates name special tokens that are gone now; ids are put where they belong by us.
        description["post_processor"] = None
        # A prompt must reach the model whole and with nothing added.
        description["truncation"] = description["padding"] = None
        text = json.dumps(description)
    except (ValueError, TypeError, RecursionError):
        raise damaged from None
    try:
        with native_noise.silenced():
            return tokenizers.Tokenizer.from_str(text)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # The library panics on some files, and its panic is no Exception.
        raise damaged from error
