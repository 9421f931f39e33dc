"""The plain file of a draft: the truth about its text, for other programs as well.

What another program put there since it was last read or written is noticed, and never overwritten.
"""

import codecs
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.errors import PromptError, StorageError
from gpt2_tui.text.lines import as_lines

_ANY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True)
class Form:
    """What a file has beside its text: a byte order mark, and how its lines end."""

    mark: bool = False
    newline: str = "\n"

    def encode(self, text: str) -> bytes:
        data = text.replace("\n", self.newline).encode("utf-8", "replace")
        return codecs.BOM_UTF8 + data if self.mark else data


@dataclass(frozen=True)
class Look:
    """What tells cheaply that a file was not touched."""

    changed: int
    size: int
    inode: int

    @classmethod
    def of(cls, state: os.stat_result) -> "Look":
        return cls(state.st_mtime_ns, state.st_size, state.st_ino)


@dataclass(frozen=True)
class Contents:
    """A file's text with every end of line as a newline. `form` is None if writing the text back
    would change more than was edited: then the file must be left alone. `look` is how the file
    was before it was read, so that a change while it was is noticed."""

    text: str
    form: Form | None
    digest: str
    look: Look


class FileChangedError(StorageError):
    """Another program changed the file, or took the right to write it; it was left alone."""


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_contents(path: Path) -> Contents | None:
    """What is in the file; None if there is none. Raises PromptError."""
    try:
        data, state = storage.read(path)
    except FileNotFoundError:
        return None
    except StorageError as error:
        raise PromptError(str(error)) from error
    try:
        plain = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PromptError(
            f"{path} is not UTF-8 text (byte {error.start}); convert it with iconv"
        ) from None
    text = as_lines(plain)
    form = Form(data.startswith(codecs.BOM_UTF8), "\r\n" if "\r\n" in plain else "\n")
    kept_form = form if form.encode(text) == data else None
    return Contents(text, kept_form, digest_of(data), Look.of(state))


class PlainFile:
    """A file that is written only while it is as it was last seen. `digest` is the sha256 of what
    it held then, None while there was no file."""

    def __init__(self, path: Path, form: Form, contents: Contents | None) -> None:
        """`contents` is what the file was seen to hold, None if there was none."""
        self.path = path
        self.form = form
        self.digest = None if contents is None else contents.digest
        self._look = self._looked = None if contents is None else contents.look

    def digest_with(self, text: str) -> str:
        """The sha256 of the file when it holds `text`."""
        return digest_of(self.form.encode(text))

    def look(self) -> Contents | None:
        """What another program put into the file since it was last seen, if that can be taken
        over. It is given once."""
        look = _look_at(self.path)
        if look is None or look in (self._look, self._looked):
            return None
        self._looked = look
        try:
            contents = read_contents(self.path)
        except PromptError:
            return None
        if contents is None or contents.form is None or contents.digest == self.digest:
            return None
        return contents

    def take_over(self, contents: Contents) -> None:
        """From now on the file is expected to be as `look` found it."""
        if contents.form is not None:
            self.digest, self.form, self._look = contents.digest, contents.form, contents.look

    def write(self, text: str) -> None:
        """Write `text`, whole or not at all.

        Raises StorageError; FileChangedError if another program changed the file since it was
        last seen.
        """
        data = self.form.encode(text)
        digest = digest_of(data)
        if digest == self.digest:
            return
        if _look_at(self.path) != self._look and _digest_at(self.path) not in (self.digest, digest):
            raise FileChangedError(f"{self.path} was changed by another program")
        if self.digest is not None and is_protected(self.path):
            raise FileChangedError(f"{self.path} may not be written any more")
        state = storage.replace(self.path, data, _mode_of(self.path))
        self.digest, self._look = digest, Look.of(state)


def is_protected(path: Path) -> bool:
    """Whether there is a file that is meant to stay as it is. Its owner and root could write it
    all the same, and a rename over it asks for none of its rights."""
    try:
        return not path.stat().st_mode & _ANY_WRITE or not os.access(path, os.W_OK)
    except OSError:
        return False


def _look_at(path: Path) -> Look | None:
    try:
        return Look.of(path.stat())
    except OSError:
        return None


def _digest_at(path: Path) -> str | None:
    try:
        data, _ = storage.read(path)
    except FileNotFoundError:
        return None
    return digest_of(data)


def _mode_of(path: Path) -> int:
    """The rights of a file that is there; a new one is private."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return storage.PRIVATE_FILE
