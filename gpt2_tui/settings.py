"""The settings of a generation: their defaults, ranges and help, for the desk and the commands."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from gpt2_tui.errors import SettingsError

LARGEST_WHOLE = 2**53 - 1
"""Every JSON reader holds whole numbers up to here exactly, and labels record them."""

MOST_PANES = 12
_LONGEST_QUOTE = 60


class TopPRule(StrEnum):
    """Which token top-p keeps last.

    `USUAL` keeps the token that crosses p (Holtzman et al. 2020; Hugging Face), `ORIGINAL` drops
    it, as OpenAI's `sample.py` does.
    """

    USUAL = "usual"
    ORIGINAL = "original"


@dataclass(frozen=True)
class NumberField:
    """One number that the user may set: its limits, its step at the desk, its sentence of help."""

    name: str
    label: str
    default: float
    minimum: float
    maximum: float
    step: float
    help: str
    whole: bool = True
    minimum_allowed: bool = True
    decimals: int = 0
    off: float | None = None

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def range_text(self) -> str:
        top = "2^53 - 1" if self.maximum == LARGEST_WHOLE else self._plain(self.maximum)
        bottom = self._plain(self.minimum)
        return f"from {bottom} to {top}" if self.minimum_allowed else f"above {bottom}, up to {top}"

    def parse(self, text: str) -> float:
        """The number in `text`. Raises SettingsError, also when it is out of range."""
        text = text.strip()
        if self.off is not None and text.lower() == "off":
            return self.off
        try:
            value = int(text) if self.whole else float(text)
        except ValueError:
            kind = "a whole number" if self.whole else "a number"
            raise SettingsError(f"{self.label} must be {kind}, not {_short(repr(text))}") from None
        return self.check(value)

    def check(self, value: float) -> float:
        """`value` if it is in range, and 0 for minus zero. Raises SettingsError."""
        low = value >= self.minimum if self.minimum_allowed else value > self.minimum
        if not (low and value <= self.maximum):
            given = _short(self._plain(value))
            raise SettingsError(f"{self.label} must be {self.range_text}, not {given}")
        return value + 0

    def stepped(self, value: float, steps: int) -> float:
        """`value` moved by `steps` steps and kept in range."""
        lowest = self.minimum if self.minimum_allowed else self.minimum + self.step
        moved = round(value + steps * self.step, self.decimals)
        clamped = min(max(moved, lowest), self.maximum)
        return int(clamped) if self.whole else clamped

    def format(self, value: float) -> str:
        """`value` as the desk shows it, with at least `decimals` digits and nothing rounded off."""
        if value == self.off:
            return "off"
        fixed = f"{value:.{self.decimals}f}"
        return fixed if float(fixed) == value else self._plain(value)

    def _plain(self, value: float) -> str:
        whole = isinstance(value, int) or value.is_integer()
        return str(int(value)) if whole else repr(value)


TEMPERATURE = NumberField(
    "temperature",
    "temperature",
    default=0.8,
    minimum=0,
    maximum=10,
    step=0.05,
    decimals=2,
    whole=False,
    help="how freely it draws: 0 always takes the likeliest token, 1 draws as the model learned",
)
TOP_K = NumberField(
    "top_k",
    "top-k",
    default=40,
    minimum=0,
    maximum=LARGEST_WHOLE,
    step=5,
    off=0,
    help="draw from the k likeliest tokens alone; 0 turns it off",
)
TOP_P = NumberField(
    "top_p",
    "top-p",
    default=1.0,
    minimum=0,
    minimum_allowed=False,
    maximum=1,
    step=0.05,
    decimals=2,
    whole=False,
    off=1,
    help="draw from the likeliest tokens that together hold this probability; 1 turns it off",
)
LENGTH = NumberField(
    "length",
    "length",
    default=120,
    minimum=1,
    maximum=LARGEST_WHOLE,
    step=20,
    help="the most tokens that a continuation may have",
)
FINISH_SENTENCE = NumberField(
    "finish_sentence",
    "finish sentence",
    default=0,
    minimum=0,
    maximum=1000,
    step=20,
    off=0,
    help="after the length go on to the end of the sentence, at most so many tokens more; 0 turns "
    "it off",
)
SEED = NumberField(
    "seed",
    "seed",
    default=0,
    minimum=0,
    maximum=LARGEST_WHOLE,
    step=1,
    help="the same seed, prompt and settings give the same text; drawn and shown if not given",
)
COUNT = NumberField(
    "count",
    "count",
    default=1,
    minimum=0,
    maximum=LARGEST_WHOLE,
    step=1,
    help="how many continuations; 0 goes on without end",
)
PANES = NumberField(
    "panes",
    "panes",
    default=3,
    minimum=1,
    maximum=MOST_PANES,
    step=1,
    help="how many continuations are written side by side",
)

SAMPLING_FIELDS: Mapping[str, NumberField] = MappingProxyType(
    {each.name: each for each in (TEMPERATURE, TOP_K, TOP_P)}
)


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn. Out of range values raise SettingsError.

    `watermark` marks the drawn tokens with a published key.
    """

    temperature: float = TEMPERATURE.default
    top_k: int = int(TOP_K.default)
    top_p: float = TOP_P.default
    top_p_rule: TopPRule = TopPRule.USUAL
    watermark: bool = False

    @property
    def leaves_marks(self) -> bool:
        """Whether texts carry the watermark: where nothing is drawn there is nothing to mark."""
        return self.watermark and self.temperature > 0

    def __post_init__(self) -> None:
        for name, number in SAMPLING_FIELDS.items():
            number.check(getattr(self, name))


@dataclass(frozen=True)
class Settings:
    """Everything but the prompt, the model and the lane that decides a continuation.

    `stop` are texts that end a continuation before they appear; `keep_going` writes on past
    `<|endoftext|>`; `special` makes a typed `<|endoftext|>` the token instead of plain text.
    `finish_sentence` is how many tokens more than `length` the last sentence may take; what comes
    behind its end is left out. `loop_alarm` ends a continuation that goes round in a circle.
    """

    sampling: Sampling = field(default_factory=Sampling)
    length: int = int(LENGTH.default)
    seed: int = 0
    stop: tuple[str, ...] = ()
    keep_going: bool = False
    special: bool = False
    finish_sentence: int = int(FINISH_SENTENCE.default)
    loop_alarm: bool = False

    @property
    def most_tokens(self) -> int:
        """How many tokens are drawn at most."""
        return min(self.length + self.finish_sentence, LARGEST_WHOLE)

    def __post_init__(self) -> None:
        LENGTH.check(self.length)
        SEED.check(self.seed)
        FINISH_SENTENCE.check(self.finish_sentence)
        for text in self.stop:
            if not text:
                raise SettingsError("a stop text must not be empty")
            if not _is_unicode(text):
                raise SettingsError(f"a stop text must be UTF-8 text, not {_short(repr(text))}")


@dataclass(frozen=True)
class Stopping:
    """What ends a continuation at the desk, beside its length; the fields are those of Settings."""

    stop: tuple[str, ...] = ()
    finish_sentence: int = int(FINISH_SENTENCE.default)
    keep_going: bool = False
    loop_alarm: bool = True


def fresh_seed() -> int:
    """A seed for when none was given: short enough to be noted down and typed again."""
    return secrets.randbelow(1_000_000)


def _short(text: str) -> str:
    """What was typed, as much of it as a message has room for."""
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can hold it; a command line can bring bytes in that are no characters."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
