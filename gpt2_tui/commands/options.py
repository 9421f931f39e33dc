"""Flags that several commands share: the settings, the model and the device."""

import argparse
import sys
from collections.abc import Callable

from gpt2_tui.errors import SettingsError
from gpt2_tui.preferences import file
from gpt2_tui.preferences.options import DEVICE, TOP_P_RULE, WATERMARK, SwitchField
from gpt2_tui.preferences.schema import Preferences
from gpt2_tui.settings import (
    FINISH_SENTENCE,
    LENGTH,
    SEED,
    TEMPERATURE,
    TOP_K,
    TOP_P,
    NumberField,
    Sampling,
    Settings,
    TopPRule,
    fresh_seed,
)
from gpt2_tui.text.visible import one_line

_THREADS = NumberField(
    "threads",
    "threads",
    default=1,
    minimum=1,
    maximum=1024,
    step=1,
    help="how many threads compute; no more than the model has heads are used",
)


def add_number(parser: argparse.ArgumentParser, field: NumberField, *names: str) -> None:
    """A flag for `field`, with its range and default in the help."""
    given = f"default {field.format(field.default)}" if field is not SEED else "default: drawn"
    parser.add_argument(
        field.flag,
        *names,
        dest=field.name,
        metavar="N",
        type=_number_type(field),
        default=None,
        help=f"{field.help} ({field.range_text}; {given})",
    )


def read_preferences() -> Preferences:
    """The defaults that the user stored; what is wrong with them is told on standard error."""
    stored = file.read()
    for fault in stored.faults:
        sys.stderr.write(f"gpt2-tui: {one_line(fault)}\n")
    return stored.preferences


def add_filter(parser: argparse.ArgumentParser, field: NumberField) -> None:
    """A flag that looks for texts that were made with a value of `field`."""
    parser.add_argument(
        field.flag,
        dest=field.name,
        metavar="N",
        type=_number_type(field),
        default=None,
        help=f"only texts made with this {field.label}",
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The flags of a generation's settings."""
    for field in (LENGTH, TEMPERATURE, TOP_K, TOP_P):
        add_number(parser, field)
    parser.add_argument(
        "--top-p-rule",
        choices=TOP_P_RULE.choices,
        metavar="RULE",
        help=f"{TOP_P_RULE.help} (default {TOP_P_RULE.default})",
    )
    add_switch(parser, WATERMARK)
    add_number(parser, SEED)
    parser.add_argument(
        "--stop",
        action="append",
        default=[],
        metavar="TEXT",
        help="end a continuation before this text appears; may be given several times",
    )
    add_number(parser, FINISH_SENTENCE)
    parser.add_argument(
        "--loop-alarm",
        action="store_true",
        help="end a continuation that goes round in a circle (the same tokens three times in a "
        "row, 40 tokens at least)",
    )
    parser.add_argument(
        "--keep-going",
        action="store_true",
        help="write on past <|endoftext|>; else it ends a continuation",
    )
    parser.add_argument(
        "--special",
        action="store_true",
        help="a typed <|endoftext|> is the token; else it is plain text",
    )


def settings_from(arguments: argparse.Namespace, preferences: Preferences) -> Settings:
    """The settings that the flags of `add_settings` give, and the stored ones where they give none;
    a seed is drawn."""

    def number(field: NumberField) -> float:
        value: float | None = getattr(arguments, field.name)
        return float(preferences.value(field)) if value is None else value

    sampling = Sampling(
        temperature=number(TEMPERATURE),
        top_k=int(number(TOP_K)),
        top_p=number(TOP_P),
        top_p_rule=TopPRule(arguments.top_p_rule or preferences.top_p_rule),
        watermark=switch_from(arguments, preferences, WATERMARK),
    )
    more = arguments.finish_sentence
    return Settings(
        sampling=sampling,
        length=int(number(LENGTH)),
        seed=fresh_seed() if arguments.seed is None else int(arguments.seed),
        stop=tuple(arguments.stop),
        keep_going=arguments.keep_going,
        special=arguments.special,
        finish_sentence=int(FINISH_SENTENCE.default if more is None else more),
        loop_alarm=arguments.loop_alarm,
    )


def add_switch(parser: argparse.ArgumentParser, field: SwitchField) -> None:
    """A flag that switches `field` on, and one that switches it off where it is stored."""
    parser.add_argument(
        field.flag,
        action=argparse.BooleanOptionalAction,
        help=f"{field.help} (default: the stored setting, else off)",
    )


def switch_from(
    arguments: argparse.Namespace, preferences: Preferences, field: SwitchField
) -> bool:
    """What is asked for, or else stored."""
    given: bool | None = getattr(arguments, field.name)
    return bool(preferences.value(field)) if given is None else given


def add_model(parser: argparse.ArgumentParser) -> None:
    """`--model` and `--device`."""
    parser.add_argument(
        "--model",
        metavar="M",
        help="a model's name, or the path of a model folder (default: the stored one, else the "
        "bundled starter)",
    )
    parser.add_argument(
        "--device",
        choices=DEVICE.choices,
        help=f"where the model runs (default: the stored one, else {DEVICE.default})",
    )


def model_from(arguments: argparse.Namespace, preferences: Preferences) -> str | None:
    """The model that is asked for, or else stored; None is the bundled one."""
    model: str | None = arguments.model
    return (preferences.model or None) if model is None else model


def device_from(arguments: argparse.Namespace, preferences: Preferences) -> str:
    device: str | None = arguments.device
    return preferences.device if device is None else device


def add_threads(parser: argparse.ArgumentParser) -> None:
    """`--threads`; None where it is not given."""
    parser.add_argument(
        _THREADS.flag,
        metavar="N",
        type=_number_type(_THREADS),
        default=None,
        help=f"{_THREADS.help} ({_THREADS.range_text}; default: one for each processor)",
    )


def _number_type(field: NumberField) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            return field.parse(text)
        except SettingsError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse
