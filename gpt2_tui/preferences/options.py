"""One stored option each: its kind, default, sentence of help, and what may stand in the file.

Together with `settings.NumberField`, which is one too, these are all that the file, the settings
screen and the commands need to know of an option.
"""

from dataclasses import dataclass
from typing import Protocol

from gpt2_tui.errors import SettingsError
from gpt2_tui.settings import NumberField, TopPRule
from gpt2_tui.text.visible import quoted

_LONGEST_TEXT = 4096
_OFF, _ON = "off", "on"

Value = str | float | bool
"""What an option can hold; a whole number is an `int`."""


class Option(Protocol):
    """What all kinds of option have in common."""

    @property
    def name(self) -> str:
        """Its name as an attribute of `Preferences`."""

    @property
    def label(self) -> str:
        """What users read."""

    @property
    def help(self) -> str:
        """One sentence."""

    @property
    def default(self) -> Value: ...

    def parse(self, text: str) -> Value:
        """The value that was typed as `text`. Raises SettingsError."""


@dataclass(frozen=True)
class ChoiceField:
    """One of a few words."""

    name: str
    label: str
    choices: tuple[str, ...]
    help: str

    @property
    def default(self) -> str:
        """The first of them."""
        return self.choices[0]

    def parse(self, text: str) -> str:
        if text not in self.choices:
            known = " or ".join(self.choices)
            raise SettingsError(f"{self.label} must be {known}, not {_shown(text)}")
        return text


@dataclass(frozen=True)
class TextField:
    """One line of text; `empty` says what an empty one means."""

    name: str
    label: str
    empty: str
    help: str
    default: str = ""

    def parse(self, text: str) -> str:
        text = text.strip()
        if len(text) > _LONGEST_TEXT:
            raise SettingsError(f"{self.label} must have at most {_LONGEST_TEXT} characters")
        if not text.isprintable():
            raise SettingsError(f"{self.label} must be one line of text, not {_shown(text)}")
        return text


@dataclass(frozen=True)
class SwitchField:
    """Something that is off unless it is switched on; `true` or `false` in the file."""

    name: str
    label: str
    help: str
    default: bool = False

    @property
    def flag(self) -> str:
        return "--" + self.name

    @property
    def choices(self) -> tuple[str, ...]:
        """What it is called on the screen."""
        return (_OFF, _ON)

    def parse(self, text: str) -> bool:
        if text not in self.choices:
            raise SettingsError(f"{self.label} must be {_OFF} or {_ON}, not {_shown(text)}")
        return text == _ON

    def format(self, value: Value) -> str:
        """`value` as it stands on the screen."""
        return _ON if value else _OFF


TOP_P_RULE = ChoiceField(
    "top_p_rule",
    "top-p rule",
    tuple(TopPRule),
    help="usual keeps the token that crosses p, original drops it as OpenAI's code does",
)
WATERMARK = SwitchField(
    "watermark",
    "watermark",
    help="mark the choice of tokens with a published key, so that gpt2-tui detect finds it; at "
    "temperature 0 there is nothing to mark",
)
SIGN = SwitchField(
    "sign",
    "sign labels",
    help="sign each label that is saved with your own key; `gpt2-tui sample --sign` makes the key "
    "(needs the extra `signing`)",
)
MODEL = TextField(
    "model",
    "model",
    empty="the bundled starter",
    help="a model's name, or the path of a model folder, to begin with",
)
DEVICE = ChoiceField(
    "device", "device", ("auto", "cpu", "cuda"), help="where the model runs, from the next start on"
)
THEME = TextField(
    "theme",
    "theme",
    empty="textual-dark",
    help="the colours; the ansi themes take the terminal's own",
)


def key_in_file(option: Option) -> str:
    """The option's name in the settings file: the same as its flag."""
    return option.name.replace("_", "-")


def checked(option: Option, value: object) -> Value:
    """`value`, as a file holds it, if the option may have it. Raises SettingsError."""
    if isinstance(option, SwitchField):
        if not isinstance(value, bool):
            raise SettingsError(f"{option.label} must be true or false, not {_shown(value)}")
        return value
    if not isinstance(option, NumberField):
        if not isinstance(value, str):
            raise SettingsError(f"{option.label} must be a text in quotes, not {_shown(value)}")
        return option.parse(value)
    kinds = (int,) if option.whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        kind = "a whole number" if option.whole else "a number"
        raise SettingsError(f"{option.label} must be {kind}, not {_shown(value)}")
    return option.check(value)


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return quoted(repr(value) if isinstance(value, str) else str(value))
