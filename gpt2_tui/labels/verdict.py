"""What can be said of a labeled file: whether the text and its label still fit together.

None of the verdicts says who wrote a text that has no label.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.labels.caption import caption, draft_caption, front_matter_sentence
from gpt2_tui.labels.found import Found, shown_text
from gpt2_tui.labels.reading import Reading, read_labels
from gpt2_tui.labels.record_check import LabelSpan, Record
from gpt2_tui.labels.schema import bytes_by_origin, is_in_part, model_names, sha256
from gpt2_tui.labels.signing import SignatureCheck, check_signature
from gpt2_tui.labels.web_page import web_page
from gpt2_tui.text.visible import one_line

NO_LABEL = "there is no label, which says nothing about who wrote it"
_OTHER_PAGE = "the page around the text, its caption or its marks were changed; the text is not"

_ROW_FIELDS = ("id", "ended", "length")


class Verdict(StrEnum):
    """Whether a sample is as it was written."""

    INTACT = "INTACT"
    MODIFIED = "MODIFIED"
    MALFORMED = "MALFORMED"
    UNLABELED = "UNLABELED"


@dataclass(frozen=True)
class Judgment:
    """A verdict on one sample, or on what belongs to none.

    `detail` is the remark or the reason; `where` is the first span, and its number from 1, that
    no longer holds; `shares` are the bytes of each origin as the record tells them; `signature` is
    there if the record has one, whatever the verdict.
    """

    verdict: Verdict
    detail: str = ""
    where: tuple[int, LabelSpan] | None = None
    shares: Mapping[Origin, int] = field(default_factory=dict)
    record: Record | None = None
    signature: SignatureCheck | None = None


def judge_file(data: bytes) -> list[Judgment]:
    """The verdicts on every sample in the bytes of a file, and on what is outside of them."""
    return judge_reading(read_labels(data))


def judge_reading(reading: Reading) -> list[Judgment]:
    """The verdicts on the samples that were read, in their order, and on what is outside of them;
    on the file as a whole where it has none."""
    judgments = [judge(found) for found in reading.samples]
    if not judgments:
        return [Judgment(Verdict.UNLABELED, NO_LABEL)]
    if reading.rest:
        detail = f"{reading.rest} bytes stand outside of the labeled text"
        judgments.append(Judgment(Verdict.UNLABELED, detail))
    return judgments


def judge(found: Found) -> Judgment:
    """The verdict on one sample."""
    record = found.record
    if record is None or record.fault:
        return Judgment(Verdict.MALFORMED, found.fault if record is None else record.fault)
    body = found.body
    signature = check_signature(record)
    where = None
    changes = list(found.changes)
    if found.row is not None and not _row_fits(found.row, record):
        changes.append("id, ended or length of the line is not what the record gives")
    if len(body) != record.length or sha256(body) != record.sha256:
        verdict = Verdict.MODIFIED
        where, detail = _difference(record, body)
    elif any(sha256(body[span.start : span.end]) != span.sha256 for span in record.spans):
        return Judgment(Verdict.MALFORMED, "its record contradicts itself: a span does not fit")
    elif fault := _fault_around(found, record):
        verdict, detail = Verdict.MODIFIED, fault
    elif signature is not None and signature.fits is False:
        verdict, detail = Verdict.MODIFIED, "its signature does not fit: it is of another record"
    elif len(changes) > 1:
        verdict = Verdict.MODIFIED
        detail = "it differs in more than one way: " + "; ".join(changes)
    else:
        verdict, detail = Verdict.INTACT, "".join(changes)
    return Judgment(verdict, detail, where, bytes_by_origin(record.value), record, signature)


def _fault_around(found: Found, record: Record) -> str:
    """What is wrong around a text that is as it was."""
    in_row = found.row is not None
    if found.exact is not None and found.shown != shown_text(found.exact, in_row=in_row):
        return "the readable text is not that of the exact bytes beside the record"
    if found.page is not None:
        return "" if _is_page_of(found.page, found, record) else _OTHER_PAGE
    if not in_row and found.head not in _heads(record):
        return "the caption was changed or removed; the text is as it was"
    return ""


def _is_page_of(page: bytes, found: Found, record: Record) -> bool:
    with_exact = found.exact is not None
    pages = (
        web_page(each, record.value, found.body, with_exact=with_exact)
        for each in _captions(record)
    )
    return any(page == each.encode() for each in pages)


def holding_spans(record: Record, body: bytes) -> tuple[int, int]:
    """How many spans hold from the start of a body on, and the first of those that hold up to its
    end; what lies between them was changed."""
    spans = record.spans
    shift = len(body) - record.length
    first = 0
    while first < len(spans) and _holds(spans[first], body, 0):
        first += 1
    last = len(spans)
    floor = spans[first - 1].end if first else 0
    while (
        last > first
        and spans[last - 1].start + shift >= floor
        and _holds(spans[last - 1], body, shift)
    ):
        last -= 1
    return first, last


def _difference(record: Record, body: bytes) -> tuple[tuple[int, LabelSpan] | None, str]:
    """Where a body differs first: the spans that hold at its start and at its end bound it."""
    first, last = holding_spans(record, body)
    shift = len(body) - record.length
    size = f"; it has {abs(shift)} bytes too {'many' if shift > 0 else 'few'}" if shift else ""
    if first == last:
        floor = record.spans[first - 1].end if first else 0
        return None, f"bytes were put in at byte {floor}, between spans{size}"
    span = record.spans[first]
    more = f" or up to span {last}" if last > first + 1 else ""
    return (first + 1, span), (
        f"span {first + 1} ({span.origin}, bytes {span.start} to {span.end}){more} "
        f"was changed{size}"
    )


def _holds(span: LabelSpan, body: bytes, shift: int) -> bool:
    return sha256(body[span.start + shift : span.end + shift]) == span.sha256


def _may_be_draft(record: Record) -> bool:
    """Whether it can be that of a whole draft, which keeps a part of every generation."""
    kept = {span.generation for span in record.spans}
    return kept.issuperset(range(len(record.generations)))


def _may_be_sample(record: Record) -> bool:
    """Whether it can be that of a sample: all that its last generation wrote stands at the end."""
    last = len(record.generations) - 1
    written = [span for span in record.spans if span.generation == last]
    if last < 0 or not written:
        return last >= 0
    return written == [record.spans[-1]] and written[0].origin is Origin.MACHINE


def _captions(record: Record) -> Iterator[str]:
    """The captions that it can have."""
    if _may_be_draft(record):
        in_part = is_in_part(record.value)
        yield draft_caption(model_names(record.value), in_part=in_part)
        if not in_part:
            # Labels have been written with this over a draft of models alone too.
            yield draft_caption(model_names(record.value), in_part=True)
    if _may_be_sample(record):
        last = record.generations[-1]
        yield caption(last.maker.model, last.settings, last.lane)


def _heads(record: Record) -> Iterator[bytes]:
    """What stands before the text in a text file or under front matter."""
    shares = bytes_by_origin(record.value)
    sentence = front_matter_sentence(shares[Origin.MACHINE], shares[Origin.EDITED], record.length)
    for each in map(one_line, _captions(record)):
        yield f"[{each}]\n\n".encode()
        yield f"\n> **{each}**\n> {sentence}\n\n".encode()


def _row_fits(row: Mapping[str, object], record: Record) -> bool:
    """Whether the fields for the output dataset's tools are those of a sample or of a draft."""
    rows: list[dict[str, object]] = []
    if _may_be_draft(record):
        length = sum(len(each.ids) for each in record.generations)
        rows.append({"id": 0, "ended": False, "length": length})
    if _may_be_sample(record):
        last = record.generations[-1]
        ended = last.stop_reason is StopReason.END_OF_TEXT
        rows.append({"id": last.lane, "ended": ended, "length": len(last.ids)})
    return {name: row.get(name) for name in _ROW_FIELDS} in rows
