"""The label record: one canonical JSON object, the same in every format.

It says to a machine what the caption says to a person: which bytes were written by a model, by
which model and engine, and with which settings, seed and lane, so that the text can be checked and
generated again. Canonical JSON is RFC 8785; it holds no floats, decimal numbers are strings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gpt2_tui.continuations import Continuation, prompt_bytes
from gpt2_tui.engine import loop_alarm, randomness, watermark_key
from gpt2_tui.labels.authorship import AuthoredText, Origin
from gpt2_tui.labels.caption import caption, draft_caption
from gpt2_tui.labels.schema import (
    HUMAN_AND_MACHINE,
    MACHINE_ONLY,
    SCHEMA,
    identity,
    is_in_part,
    label_line,
    model_names,
    sha256,
)
from gpt2_tui.models.maker import Maker
from gpt2_tui.text.visible import visible

NOTICE = (
    "This text is synthetic: a language model wrote the spans marked machine, and wrote the spans "
    "marked edited before a person changed them. It was trained to continue text, not to be "
    "right; what it says may be false, biased or offensive."
)
_WATERMARK_NOTICE = " Its choice of tokens carries a watermark that `gpt2-tui detect` looks for."


@dataclass(frozen=True)
class Sample:
    """A labeled text, ready to be written in any format: its bytes, its record, and the
    continuation that it ends with (None for a whole draft)."""

    body: bytes
    record: Mapping[str, Any]
    continuation: Continuation | None

    @property
    def caption(self) -> str:
        """The label that a person reads, in one line."""
        made = self.continuation
        if made is None:
            return draft_caption(model_names(self.record), in_part=is_in_part(self.record))
        return caption(made.maker.model, made.settings, made.lane)

    @property
    def label(self) -> str:
        """The record as one line of JSON: the canonical form, except that characters which act
        on a terminal or end a line are escaped."""
        return label_line(self.record)

    @property
    def text(self) -> str:
        """The body for people; bytes that are no characters are U+FFFD."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_utf8(self) -> bool:
        """Whether `text` is the body exactly."""
        return self.text.encode() == self.body

    @property
    def is_plain(self) -> bool:
        """Whether a text file carries the body unharmed, and harms no terminal."""
        return self.is_utf8 and visible(self.text) == self.text


def make_sample(
    prompt: AuthoredText, continuation: Continuation, created: datetime | None = None
) -> Sample:
    """The labeled sample of `prompt` and what was written behind it.

    `prompt.text` is the continuation's prompt; `created` is now unless it is given.
    """
    body = prompt_bytes(prompt.text) + continuation.written
    spans = _byte_spans(prompt)
    if continuation.written:
        start = len(body) - len(continuation.written)
        spans.append(_ByteSpan(start, len(body), Origin.MACHINE, continuation))
    generations = _generations(spans, continuation)
    record = _record(body, spans, generations, continuation.maker, created)
    return Sample(body, record, continuation)


def label_draft(draft: AuthoredText, created: datetime | None = None) -> Sample:
    """The labeled text of a whole draft, with all that was kept in it. Raises ValueError if none
    of it is synthetic: there is nothing to label."""
    body = prompt_bytes(draft.text)
    spans = _byte_spans(draft)
    generations = _generations(spans)
    if not generations:
        raise ValueError("a text without synthetic parts has no label")
    return Sample(body, _record(body, spans, generations, generations[0].maker, created), None)


def _generations(spans: Sequence["_ByteSpan"], *more: Continuation) -> list[Continuation]:
    """Each continuation once, in the order of the spans."""
    found: list[Continuation] = []
    for made in (*(span.continuation for span in spans), *more):
        if made is not None and all(made is not other for other in found):
            found.append(made)
    return found


def _record(
    body: bytes,
    spans: Sequence["_ByteSpan"],
    generations: Sequence[Continuation],
    maker: Maker,
    created: datetime | None,
) -> dict[str, Any]:
    marked = any(each.settings.sampling.leaves_marks for each in generations)
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "created": (created or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notice": NOTICE + (_WATERMARK_NOTICE if marked else ""),
        "digital_source_type": _source_type(spans),
        "body": {"bytes": len(body), "sha256": sha256(body)},
        "spans": [_span_record(span, body, generations) for span in spans],
        "gens": [_generation_record(each, maker) for each in generations],
        **_maker_record(maker),
    }
    record["id"] = identity(record)
    return record


@dataclass(frozen=True)
class _ByteSpan:
    start: int
    end: int
    origin: Origin
    continuation: Continuation | None


def _byte_spans(prompt: AuthoredText) -> list[_ByteSpan]:
    spans = []
    start = 0
    for span in prompt.spans:
        end = start + len(prompt_bytes(prompt.text[span.start : span.end]))
        spans.append(_ByteSpan(start, end, span.origin, span.continuation))
        start = end
    return spans


def _span_record(
    span: _ByteSpan, body: bytes, generations: Sequence[Continuation]
) -> dict[str, Any]:
    record: dict[str, Any] = {
        "start": span.start,
        "end": span.end,
        "origin": span.origin.value,
        "sha256": sha256(body[span.start : span.end]),
    }
    for number, generation in enumerate(generations):
        if generation is span.continuation:
            record["gen"] = number
    return record


def _generation_record(continuation: Continuation, maker: Maker) -> dict[str, Any]:
    """A generation; it says itself what wrote it, unless that is the record's `maker`."""
    settings = continuation.settings
    sampling = settings.sampling
    record: dict[str, Any] = {
        "prompt_ids": list(continuation.prompt_ids),
        "ids": list(continuation.ids),
        "seed": settings.seed,
        "lane": continuation.lane,
        "sampler": {
            "order": "temperature, top-k, top-p",
            "temperature": decimal(sampling.temperature),
            "top_k": int(sampling.top_k),
            "top_k_rule": "ties kept",
            "top_p": decimal(sampling.top_p),
            "top_p_rule": sampling.top_p_rule.value,
            "draw": "inverse cumulative sum by falling logit, ties by lower id",
            "random": randomness.RULE,
            "length": int(settings.length),
            "stop": list(settings.stop),
            "keep_going": settings.keep_going,
        },
        "stop_reason": continuation.stop_reason.value,
    }
    # Labels that were written before there were these have no such field, and mean the same.
    if settings.finish_sentence:
        record["sampler"]["finish_sentence"] = int(settings.finish_sentence)
    if settings.loop_alarm:
        record["sampler"]["loop_alarm"] = loop_alarm.RULE
    if continuation.after_space:
        record["after_space"] = True
    if continuation.maker != maker:
        record |= _maker_record(continuation.maker)
    if sampling.leaves_marks:
        record["watermark"] = {
            "rule": watermark_key.RULE,
            "key": watermark_key.KEY,
            "sub_key": watermark_key.sub_key(settings.seed, continuation.lane),
        }
    return record


def _maker_record(maker: Maker) -> dict[str, Any]:
    return {
        "model": {"name": maker.model, "files": dict(maker.files)},
        "tokenizer": {"sha256": maker.tokenizer_sha256},
        "engine": dict(maker.engine),
    }


def _source_type(spans: Sequence[_ByteSpan]) -> str:
    machine_only = all(span.origin is Origin.MACHINE for span in spans)
    return MACHINE_ONLY if machine_only else HUMAN_AND_MACHINE


def decimal(value: float) -> str:
    """A number as a decimal string: `1`, `0.8`; reading it gives the same number again."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
