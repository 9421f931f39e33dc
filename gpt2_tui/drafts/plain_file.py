"""The plain file of a draft: the truth about its text, for other programs as well.

What another program put there since it was last read or written is noticed, and never overwritten.
"""

import codecs
import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from gpt2_tui import storage
from gpt2_tui.errors import PromptError, StorageError
from gpt2_tui.text.lines import as_lines


@dataclass(frozen=True)
class Form:
    """What a file has beside its text: a byte order mark, and how its lines end."""

    mark: bool = False
    newline: str = "\n"

    def encode(self, text: str) -> bytes:
        data = text.replace("\n", self.newline).encode("utf-8", "replace")
        return codecs.BOM_UTF8 + data if self.mark else data


@dataclass(frozen=True)
class Contents:
    """A file's text with every end of line as a newline. `form` is None if writing the text back
    would change more than was edited: then the file must be left alone."""

    text: str
    form: Form | None
    digest: str


@dataclass(frozen=True)
class _Look:
    """What tells cheaply that a file was not touched."""

    changed: int
    size: int
    inode: int


class FileChangedError(StorageError):
    """Another program changed the file; it was not overwritten."""


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_contents(path: Path) -> Contents | None:
    """What is in the file; None if there is none. Raises PromptError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PromptError(f"cannot read {path}: {storage.reason(error)}") from error
    try:
        plain = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PromptError(
            f"{path} is not UTF-8 text (byte {error.start}); convert it with iconv"
        ) from None
    text = as_lines(plain)
    form = Form(data.startswith(codecs.BOM_UTF8), "\r\n" if "\r\n" in plain else "\n")
    return Contents(text, form if form.encode(text) == data else None, digest_of(data))


class PlainFile:
    """A file that is written only while it is as it was last seen. `digest` is the sha256 of what
    it held then, None while there was no file."""

    def __init__(self, path: Path, form: Form, digest: str | None) -> None:
        self.path = path
        self.form = form
        self.digest = digest
        self._look = self._looked = _look_at(path)

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
            self.digest, self.form, self._look = contents.digest, contents.form, self._looked

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
        storage.replace(self.path, data, _mode_of(self.path))
        self.digest, self._look = digest, _look_at(self.path)


def _look_at(path: Path) -> _Look | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Look(found.st_mtime_ns, found.st_size, found.st_ino)


def _digest_at(path: Path) -> str | None:
    try:
        return digest_of(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"cannot read {path}: {storage.reason(error)}") from error


def _mode_of(path: Path) -> int:
    """The rights of a file that is there; a new one is private."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return storage.PRIVATE_FILE
