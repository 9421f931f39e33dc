"""Named ways to draw tokens, chosen as one: those of the program and the user's own."""

from collections.abc import Iterable
from dataclasses import dataclass

from gpt2_tui.errors import SettingsError
from gpt2_tui.settings import Sampling

LONGEST_NAME = 40
USUAL = "usual"
"""The name of the stored defaults among the presets."""


@dataclass(frozen=True)
class Preset:
    """How the next token is drawn, under a name. The watermark is no part of it."""

    name: str
    sampling: Sampling
    is_own: bool = False

    def matches(self, sampling: Sampling) -> bool:
        mine = self.sampling
        drawn_alike = (mine.temperature, mine.top_k, mine.top_p) == (
            sampling.temperature,
            sampling.top_k,
            sampling.top_p,
        )
        # With top-p off both rules are the same.
        return drawn_alike and (mine.top_p == 1 or mine.top_p_rule == sampling.top_p_rule)


BUILT_IN = (
    Preset("careful", Sampling(temperature=0.6, top_k=40, top_p=0.9)),
    # "Language Models are Unsupervised Multitask Learners" shows samples drawn with top-k 40; its
    # code leaves temperature and top-p as they are.
    Preset("GPT-2 paper: top-k 40", Sampling(temperature=1.0, top_k=40, top_p=1.0)),
    Preset("wild", Sampling(temperature=1.2, top_k=0, top_p=0.98)),
)
_TAKEN = frozenset([USUAL, *(preset.name.lower() for preset in BUILT_IN)])


def check_name(name: str) -> str:
    """`name` as the name of an own preset. Raises SettingsError."""
    name = name.strip()
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise SettingsError(f"a preset needs a name of 1 to {LONGEST_NAME} characters on one line")
    if name.lower() in _TAKEN:
        raise SettingsError(f"the program has a preset called {name}; choose another name")
    return name


def all_presets(usual: Sampling, own: Iterable[Preset]) -> tuple[Preset, ...]:
    """Every preset in the order of the screen; the first are the stored defaults."""
    return (Preset(USUAL, usual), *BUILT_IN, *own)
