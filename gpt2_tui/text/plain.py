"""Bytes that somebody else wrote, as text."""

from gpt2_tui.errors import PromptError


def decode(data: bytes, name: str) -> str:
    """The text of a file's bytes, with every end of line as a newline. Raises PromptError, which
    calls the file `name`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PromptError(
            f"{name} is not UTF-8 text (byte {error.start}); convert it with iconv"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
