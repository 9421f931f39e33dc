"""Same-luck comparisons: one prompt, rows that differ in one setting and share their random stream.

At each place every row draws with the same number, so where two texts part it is the setting that
parts them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gpt2_tui.errors import SettingsError
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.models.registry import list_models, model_path
from gpt2_tui.settings import MOST_PANES, TEMPERATURE, TOP_K, TOP_P, NumberField, Settings

if TYPE_CHECKING:
    # The screen plans a comparison before numpy is loaded.
    from gpt2_tui.continuations import Event
    from gpt2_tui.loading import LoadedModel


class Varied(StrEnum):
    """The one thing in which the rows of a comparison differ."""

    TEMPERATURE = "temperature"
    TOP_K = "top-k"
    TOP_P = "top-p"
    PROMPT = "prompt"
    MODEL = "model"

    @property
    def field(self) -> NumberField | None:
        """The setting's field; None for the prompt and the model."""
        return _FIELDS.get(self)

    @property
    def examples(self) -> str:
        """Values to begin with, as they are typed; of models those of this machine."""
        if self is Varied.MODEL:
            usable = [each.name for each in list_models() if each.model is not None]
            return ", ".join(usable[:MOST_PANES])
        return _EXAMPLES[self]


_FIELDS = {Varied.TEMPERATURE: TEMPERATURE, Varied.TOP_K: TOP_K, Varied.TOP_P: TOP_P}
_EXAMPLES = {
    Varied.TEMPERATURE: "0, 0.4, 0.7, 0.9, 1, 1.3",
    Varied.TOP_K: "1, 5, 10, 40, 200, off",
    Varied.TOP_P: "0.3, 0.5, 0.7, 0.9, 0.95, off",
    Varied.PROMPT: '| Suddenly| Then she| "I',
}


@dataclass(frozen=True)
class Variant:
    """One row: `name` is the value that sets it apart, the rest all that decides its text. `model`
    is as `open_model` reads it; None: the one in use, which need not be on any list."""

    name: str
    prompt: AuthoredText
    settings: Settings
    lane: int
    model: str | None = None


def plan(
    prompt: AuthoredText, settings: Settings, lane: int, varied: Varied, values: str
) -> tuple[Variant, ...]:
    """The rows that differ in `varied` alone, as `values` lists them: numbers or models with commas
    between them, or ends of the prompt with | between them (one can be empty: the prompt as it is).

    Raises SettingsError for a value out of range, one that is there twice, fewer than two, or more
    than MOST_PANES, and ModelError for a model that there is not.
    """
    field = varied.field
    if varied is Varied.MODEL:
        models = [text.strip() for text in values.split(",") if text.strip()]
        variants = [
            Variant(name, prompt, settings, lane, name)
            for name in {model_path(name): name for name in models}.values()
        ]
        count = len(models)
    elif field is None:
        ends = values.split("|")
        variants = [
            Variant(end, _with_end(prompt, end), settings, lane) for end in dict.fromkeys(ends)
        ]
        count = len(ends)
    else:
        numbers = [field.parse(text) for text in values.split(",") if text.strip()]
        variants = [
            Variant(field.format(number), prompt, _with_number(settings, field, number), lane)
            for number in dict.fromkeys(numbers)
        ]
        count = len(numbers)
    if len(variants) < count:
        raise SettingsError("two of the values are the same; take one of them out")
    if not 2 <= count <= MOST_PANES:
        raise SettingsError(f"a comparison needs 2 to {MOST_PANES} values, not {count}")
    return tuple(variants)


def write_variants(
    model_of: "Callable[[str | None], LoadedModel]",
    variants: Sequence[Variant],
    should_stop: Callable[[], bool],
) -> "Iterator[Event]":
    """Write all variants; events name each by its place in `variants`.

    One model after the other writes, since not all may fit into the memory: `model_of` is asked
    for the next one when the last one is not needed any more. Once it is to stop, those that have
    not begun are not asked for, and nothing comes of their variants.
    """
    of_models: dict[str | None, dict[int, Variant]] = {}
    for number, variant in enumerate(variants):
        of_models.setdefault(variant.model, {})[number] = variant
    for reference, its in of_models.items():
        if should_stop():
            return
        yield from _write_with(model_of(reference), its, should_stop)


def _write_with(
    model: "LoadedModel", variants: Mapping[int, Variant], should_stop: Callable[[], bool]
) -> "Iterator[Event]":
    """Write variants of one model, by their numbers.

    Those with the same prompt are rows of one batch; batches are written by turns. A prompt is
    encoded to its end before the next one is begun, so that what they share is encoded once.
    """
    from gpt2_tui.continuations import Row, Started, encode_prompt, write_rows
    from gpt2_tui.engine.session import PromptProgress

    batches: dict[str, dict[int, Row]] = {}
    for number, variant in variants.items():
        rows = batches.setdefault(variant.prompt.text, {})
        rows[number] = Row(variant.settings, variant.lane)
    readers = []
    for prompt, rows in batches.items():
        special = next(iter(rows.values())).settings.special
        ids = encode_prompt(model, prompt, special=special)
        readers.append(write_rows(model, prompt, ids, rows, should_stop))
    while readers:
        for reader in list(readers):
            for event in reader:
                yield event
                if not isinstance(event, Started | PromptProgress):
                    break
            else:
                readers.remove(reader)


@dataclass(frozen=True)
class Beginning:
    """The first `length` tokens of a row are those of the earlier row `like`, and the next is not,
    or not yet. `like` is None where no earlier row begins with the same token."""

    like: int | None
    length: int


def shared_beginnings(rows: Sequence[Sequence[str]]) -> tuple[Beginning, ...]:
    """For each row, given as the pieces of its tokens, the earlier row that it follows longest."""
    found = []
    for number, row in enumerate(rows):
        lengths = [_common(row, other) for other in rows[:number]]
        longest = max(lengths, default=0)
        found.append(Beginning(lengths.index(longest) if longest else None, longest))
    return tuple(found)


def _with_number(settings: Settings, field: NumberField, number: float) -> Settings:
    change: dict[str, Any] = {field.name: number}
    return replace(settings, sampling=replace(settings.sampling, **change))


def _with_end(prompt: AuthoredText, end: str) -> AuthoredText:
    last = len(prompt.text)
    return prompt.replaced(last, last, AuthoredText.human(end))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
