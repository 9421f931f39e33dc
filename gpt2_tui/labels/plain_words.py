"""What a label says, in sentences for a person who reads it on a screen or a terminal."""

from collections.abc import Iterator, Mapping

from gpt2_tui.engine.runtime import PROVIDER_NAMES
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.labels.caption import STOP_REASONS, caption_parts, draft_caption, who_wrote_what
from gpt2_tui.labels.record_check import Record
from gpt2_tui.labels.schema import bytes_by_origin, is_in_part, model_names
from gpt2_tui.labels.signing import who_signed
from gpt2_tui.labels.verdict import Judgment, Verdict

_VERDICTS = {
    Verdict.INTACT: "the text fits its label",
    Verdict.MODIFIED: "it was changed after it was labeled",
    Verdict.MALFORMED: "its label is damaged",
}


def recorded_caption(record: Record) -> str:
    """The caption of a record in one line."""
    return " · ".join(recorded_caption_parts(record))


def recorded_caption_parts(record: Record) -> list[str]:
    """The parts of a record's caption: that of a sample if its text ends with what one generation
    wrote, else that of a draft."""
    last = record.spans[-1] if record.spans else None
    if last is None or last.origin is not Origin.MACHINE or len(record.generations) != 1:
        return [draft_caption(model_names(record.value), in_part=is_in_part(record.value))]
    made = record.generations[0]
    return caption_parts(made.maker.model, made.settings, made.lane)


def verdict_line(judgment: Judgment) -> str:
    """The verdict with its reason or remark."""
    meaning = _VERDICTS.get(judgment.verdict)
    return f"{judgment.verdict}: " + "; ".join(filter(None, (meaning, judgment.detail)))


def label_lines(judgment: Judgment, names: Mapping[str, str]) -> Iterator[str]:
    """The caption, whose words they are, what wrote them and when, and who signed that; `names`
    are those of signers. Nothing without a readable label."""
    record = judgment.record
    if record is None:
        return
    lengths = bytes_by_origin(record.value)
    yield recorded_caption(record)
    yield who_wrote_what(
        lengths[Origin.MACHINE], lengths[Origin.EDITED], record.length, "the marks show which"
    )
    engine = record.maker.engine
    provider = PROVIDER_NAMES.get(engine["provider"], engine["provider"])
    yield (
        f"Labeled {record.value['created']} by {engine['app']}, {engine['precision']} on {provider}"
    )
    for number, made in enumerate(record.generations, 1):
        which = f"Generation {number}: " if len(record.generations) > 1 else ""
        reason = STOP_REASONS[made.stop_reason]
        yield f"{which}{len(made.ids)} tokens, ended by: {reason}, seed {made.settings.seed}"
    if judgment.signature is not None:
        yield f"Signature: {who_signed(judgment.signature, names)}"
