"""A labeled text as a text with authors again, to be written on.

What a label calls machine's is never taken for a person's, whatever happened to the text since.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gpt2_tui.continuations import Continuation
from gpt2_tui.labels.authorship import AuthoredText, Origin, Span
from gpt2_tui.labels.found import Found
from gpt2_tui.labels.record_check import Record
from gpt2_tui.labels.verdict import Judgment, Verdict, holding_spans, judge
from gpt2_tui.settings import Settings
from gpt2_tui.text.lines import as_lines


@dataclass(frozen=True)
class Restored:
    """A labeled text with its authors, and the settings of its last generation (None where a
    person wrote all)."""

    authored: AuthoredText
    settings: Settings | None
    judgment: Judgment


def restore(found: Found) -> Restored | None:
    """The text of a label; None where the label itself is damaged.

    Spans whose hash holds have the origin that the record tells. Between them a text that was
    changed is EDITED if the record has the model's text there. A text is as an editor holds it:
    with newlines alone. Where that is not what the model wrote, byte for byte, it is EDITED too.
    """
    judgment = judge(found)
    record = found.record
    if record is None or judgment.verdict is Verdict.MALFORMED:
        return None
    body = found.body
    parts = list(_parts(record, body))
    continuations = _continuations(record, body, parts)
    text = ""
    spans: list[Span] = []
    for start, end, origin, generation in parts:
        raw = body[start:end]
        part = as_lines(raw.decode("utf-8", "replace"))
        if not part:
            continue
        if origin is Origin.MACHINE and part.encode() != raw:
            origin = Origin.EDITED
        made = None if generation is None else continuations[generation]
        span = Span(len(text), len(text) + len(part), origin, made)
        if spans and spans[-1].is_like(span):
            spans[-1] = Span(spans[-1].start, span.end, origin, made)
        else:
            spans.append(span)
        text += part
    return Restored(
        AuthoredText(text, tuple(spans)),
        record.generations[-1].settings if record.generations else None,
        judgment,
    )


_Part = tuple[int, int, Origin, int | None]


def _parts(record: Record, body: bytes) -> Iterator[_Part]:
    """The body cut at the spans that hold, from its start and from its end."""
    spans = record.spans
    shift = len(body) - record.length
    first, last = holding_spans(record, body)
    floor = spans[first - 1].end if first else 0
    for span in spans[:first]:
        yield span.start, span.end, span.origin, span.generation
    ceiling = spans[last].start + shift if last < len(spans) else len(body)
    if floor < ceiling:
        # Where something was only put in, it may be the model's text as well as anybody's.
        around = spans[max(first - 1, 0) : last + 1] if first == last else spans[first:last]
        generation = next((each.generation for each in around if each.generation is not None), None)
        yield floor, ceiling, Origin.HUMAN if generation is None else Origin.EDITED, generation
    for span in spans[last:]:
        yield span.start + shift, span.end + shift, span.origin, span.generation


def _continuations(record: Record, body: bytes, parts: list[_Part]) -> list[Continuation]:
    """Each generation of the record. Of its prompt and of what it wrote there is no more than
    what stands in the text; its tokens are the record's."""
    made: list[Continuation] = []
    for number, generation in enumerate(record.generations):
        own = [(start, end) for start, end, _, of in parts if of == number]
        start, end = own[0] if own else (len(body), len(body))
        made.append(
            Continuation(
                maker=generation.maker,
                prompt=body[:start].decode("utf-8", "replace"),
                prompt_ids=generation.prompt_ids,
                ids=generation.ids,
                written=body[start:end],
                settings=generation.settings,
                lane=generation.lane,
                stop_reason=generation.stop_reason,
                seconds=0.0,
                after_space=generation.after_space,
            )
        )
    return made
