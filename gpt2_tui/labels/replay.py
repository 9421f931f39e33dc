"""Generating a text again from its label, and comparing token by token.

The prompt's ids, the settings, the seed and the lane of a generation decide its tokens, bit for
bit on the same engine and class of processor. So whoever has the model can check that the model
did write what a label says it wrote.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from gpt2_tui.errors import ReplayError, UserError
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.labels.found import Found
from gpt2_tui.labels.record_check import Record, RecordedGeneration
from gpt2_tui.labels.recorded_model import engine_differences
from gpt2_tui.labels.rerun import Difference, Rerun
from gpt2_tui.labels.verdict import Verdict, judge
from gpt2_tui.loading import LoadedModel
from gpt2_tui.models.maker import Maker


class Outcome(StrEnum):
    """Whether a label's generations come out again."""

    MATCH = "MATCH"
    DIFFERS = "DIFFERS"
    CANNOT = "CANNOT"


@dataclass(frozen=True)
class Replayed:
    """What replay says of a sample. `detail` is a remark or the reason; `tokens` were compared;
    `engine` holds in what the engine here is another one: name, then there and here."""

    outcome: Outcome
    detail: str
    record: Record | None = None
    tokens: int = 0
    difference: Difference | None = None
    engine: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """All of that but the outcome, in words."""
        differences = ", ".join(
            f"{name} {was} in the label, {here} here" for name, (was, here) in self.engine.items()
        )
        parts = [
            self.detail,
            f"the engine is another one: {differences}" if differences else "",
            f"{self.tokens} tokens are the same" if self.tokens else "",
        ]
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True)
class Repeated:
    """A generation (its number from 1) came out as the label has it up to here. `tokens` are the
    same so far, of all generations; `written` is more of its text, which may end inside a
    character."""

    generation: int
    tokens: int
    written: bytes


Progress = Callable[[Repeated], None]


def replay(
    found: Found,
    load: Callable[[Maker], LoadedModel],
    progress: Progress = lambda _: None,
) -> Replayed:
    """Generate again all that the label of a sample names, each generation with the model that
    `load` gives for it.

    `load` may raise ReplayError, as `load_recorded` does, and a model may fail while it writes:
    then it cannot be replayed. `load` is asked for one model after the other, and what it gave
    before is not needed any more. `progress` is called after each token
    that is the same, and with what is left of the text once a generation ends.
    """
    record = found.record
    if record is None:
        return Replayed(Outcome.CANNOT, f"its label is damaged: {found.fault}")
    again = _Again(record, progress)
    try:
        for maker in _makers(record):
            if not again.write(maker, load(maker)):
                return again.replayed(Outcome.DIFFERS, again.detail)
    except UserError as error:
        return again.replayed(Outcome.CANNOT, str(error))
    judgment = judge(found)
    fault = judgment.detail if judgment.verdict is not Verdict.INTACT else ""
    if fault := fault or _text_fault(found.body, record, again.written):
        detail = f"the tokens of its label come out again, but {fault}"
        return again.replayed(Outcome.DIFFERS, detail)
    return again.replayed(Outcome.MATCH, _remark(found.body, record, again.prompts))


def _makers(record: Record) -> list[Maker]:
    """All that wrote for a record, each once."""
    found: list[Maker] = []
    for generation in record.generations:
        if generation.maker not in found:
            found.append(generation.maker)
    return found


@dataclass(frozen=True)
class _Prompt:
    """The text of a prompt's tokens; `is_nothing` where the model was to write from nothing."""

    text: bytes
    is_nothing: bool


class _Again:
    """What was generated again so far, by the number of the generation in the record."""

    def __init__(self, record: Record, progress: Progress) -> None:
        self.written: dict[int, bytes] = {}
        self.prompts: dict[int, _Prompt] = {}
        self.detail = ""
        self._record = record
        self._progress = progress
        self._tokens = 0
        self._difference: Difference | None = None
        self._engine: dict[str, tuple[str, str]] = {}

    def write(self, maker: Maker, model: LoadedModel) -> bool:
        """All generations of `maker`, until one differs; whether none did. Raises ReplayError
        where the model cannot have written one."""
        its = [(n, each) for n, each in enumerate(self._record.generations) if each.maker == maker]
        for _, generation in its:
            _check_usable(generation, model)
        self._engine |= engine_differences(maker, model)
        for number, generation in its:
            run = Rerun(model, generation, partial(self._tell, number + 1, self._tokens))
            self._tokens += run.place
            if run.differs:
                self._difference = run.difference(number + 1)
                self.detail = run.told(self._difference)
                self.detail += f"; {self._record.fault}" if self._record.fault else ""
                return False
            self.written[number] = run.written
            self.prompts[number] = _Prompt(
                model.tokenizer.decode(generation.prompt_ids),
                generation.prompt_ids == (model.tokenizer.end_of_text,),
            )
        return True

    def _tell(self, number: int, before: int, tokens: int, written: bytes) -> None:
        self._progress(Repeated(number, before + tokens, written))

    def replayed(self, outcome: Outcome, detail: str) -> Replayed:
        return Replayed(outcome, detail, self._record, self._tokens, self._difference, self._engine)


def _check_usable(generation: RecordedGeneration, model: LoadedModel) -> None:
    if len(generation.prompt_ids) > model.window:
        raise ReplayError(
            f"a prompt of {len(generation.prompt_ids)} tokens does not fit into the model's "
            f"window of {model.window}"
        )
    if max(generation.prompt_ids) >= model.session.architecture.vocabulary:
        raise ReplayError(f"the model has no token {max(generation.prompt_ids)} of its prompt")


def _text_fault(body: bytes, record: Record, written: Mapping[int, bytes]) -> str:
    """Whether a span that counts as the model's holds something that it did not write."""
    for number, span in enumerate(record.spans, 1):
        if span.origin is Origin.MACHINE and span.generation is not None:
            text = body[span.start : span.end]
            if text not in written[span.generation]:
                return f"span {number} (machine, bytes {span.start} to {span.end}) is another text"
    return ""


def _remark(body: bytes, record: Record, prompts: Mapping[int, _Prompt]) -> str:
    """A prompt is recorded as tokens; that it is the text before the span is for us to look at."""
    for number, span in enumerate(record.spans, 1):
        if span.origin is not Origin.MACHINE or span.generation is None:
            continue
        prompt = prompts[span.generation]
        space = b" " if record.generations[span.generation].after_space else b""
        from_nothing = body[: span.start] == space and prompt.is_nothing
        if not from_nothing and not body.endswith(prompt.text + space, 0, span.start):
            return f"what stands before span {number} is not the prompt that it was written from"
    return ""
