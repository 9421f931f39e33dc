"""The stored settings as one plain object; the file, its checks and the screen come from it.

A new option is one line in `Preferences`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gpt2_tui.preferences.options import (
    DEVICE,
    MODEL,
    SIGN,
    THEME,
    TOP_P_RULE,
    WATERMARK,
    Option,
    Value,
)
from gpt2_tui.preferences.presets import Preset
from gpt2_tui.settings import LENGTH, PANES, TEMPERATURE, TOP_K, TOP_P, Sampling, Stopping, TopPRule

_OPTION = "option"


def _stored(option: Option) -> Any:
    return field(default=option.default, metadata={_OPTION: option})


@dataclass(frozen=True)
class Preferences:
    """What the desk and the commands begin with. `keys` maps the name of an action to its key;
    `stopping` is the desk's."""

    temperature: float = _stored(TEMPERATURE)
    top_k: int = _stored(TOP_K)
    top_p: float = _stored(TOP_P)
    top_p_rule: str = _stored(TOP_P_RULE)
    watermark: bool = _stored(WATERMARK)
    length: int = _stored(LENGTH)
    panes: int = _stored(PANES)
    model: str = _stored(MODEL)
    device: str = _stored(DEVICE)
    sign: bool = _stored(SIGN)
    theme: str = _stored(THEME)
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    presets: tuple[Preset, ...] = ()
    stopping: Stopping = field(default_factory=Stopping)

    @property
    def sampling(self) -> Sampling:
        return Sampling(
            self.temperature, self.top_k, self.top_p, TopPRule(self.top_p_rule), self.watermark
        )

    def value(self, option: Option) -> Value:
        """What is stored for `option`."""
        value: Value = getattr(self, option.name)
        return value

    def with_values(self, values: Mapping[str, Value]) -> "Preferences":
        """These with other values for the options of those names."""
        return dataclasses.replace(self, **values)  # type: ignore[arg-type]


OPTIONS: tuple[Option, ...] = tuple(
    each.metadata[_OPTION] for each in dataclasses.fields(Preferences) if _OPTION in each.metadata
)
SAMPLING_OPTIONS: tuple[Option, ...] = (TEMPERATURE, TOP_K, TOP_P, TOP_P_RULE)
