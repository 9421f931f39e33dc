"""The errors that a user is meant to read.

Each is one line that says what is wrong and how to mend it. Commands print it as
`gpt2-tui: error: …` and exit with 2; the desk shows it as a message and goes on.
Both the program and the exporter raise them, so they live here and nowhere else.
"""

_LONGEST_REASON = 300


class UserError(Exception):
    """Something the user can understand and mend. `str(error)` is one line."""


class SettingsError(UserError):
    """A setting is out of its range or of the wrong kind."""


class PromptError(UserError):
    """The prompt cannot be read."""


class ModelError(UserError):
    """A model folder or a checkpoint is missing, damaged, or not GPT-2."""


class HubError(UserError):
    """The hub does not have what was asked for, or does not hand it out."""


class HubUnreachableError(HubError):
    """The hub does not answer, or nobody may ask it."""


class DeviceError(UserError):
    """The device that was asked for cannot be had."""


class StorageError(UserError):
    """A file or folder cannot be written or read."""


class SigningError(UserError):
    """A label cannot be signed."""


class ReplayError(UserError):
    """A label's text cannot be generated again here."""


class TerminalError(UserError):
    """This terminal cannot show the desk."""


class BenchmarkError(UserError):
    """Something cannot be measured."""


def first_line(error: Exception) -> str:
    """What a library says is wrong, as much of it as a message has room for. Those in native code
    say it in many lines, and a lack of memory often comes without a word."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = lines[0].rstrip()
    return line if len(line) <= _LONGEST_REASON else line[:_LONGEST_REASON] + "…"
