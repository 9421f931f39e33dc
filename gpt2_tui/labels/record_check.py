"""Whether a record that was read is whole and fits together."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gpt2_tui.engine import randomness, watermark_key
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.json_fields import JsonFields
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.labels.schema import (
    HUMAN_AND_MACHINE,
    MACHINE_ONLY,
    SCHEMA,
    identity,
    label_line,
)
from gpt2_tui.settings import Sampling, Settings, TopPRule

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DECIMAL = re.compile(r"(?=.{1,40}\Z)[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")


@dataclass(frozen=True)
class LabelSpan:
    """Bytes `start` to `end` of a body; `generation` is the number of the one they came from."""

    start: int
    end: int
    origin: Origin
    sha256: str
    generation: int | None


@dataclass(frozen=True)
class Generation:
    """What a caption and a row need of a generation."""

    settings: Settings
    lane: int
    tokens: int
    stop_reason: StopReason


@dataclass(frozen=True)
class Record:
    """A record that is whole and fits together; `value` is all of it, `line` how it is written."""

    value: Mapping[str, Any]
    line: str
    length: int
    sha256: str
    spans: tuple[LabelSpan, ...]
    generations: tuple[Generation, ...]
    model: str


def parse_json(text: bytes) -> object:
    """Strict JSON. Raises ValueError or RecursionError."""
    return json.loads(
        text.decode(),
        object_pairs_hook=_object,
        # No field of a label holds such a number, so it is refused where it is looked at.
        parse_float=lambda _: None,
        parse_constant=_constant,
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return value


def _constant(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


def read_record(value: object) -> Record:
    """The record that parsed JSON holds. Raises ValueError or SettingsError."""
    top = JsonFields(value, "the record")
    if (schema := top.text("schema")) != SCHEMA:
        raise ValueError(f"its schema is {schema!r:.60}, this program reads {SCHEMA!r}")
    names = "schema id created notice digital_source_type body spans gens model tokenizer engine"
    top.only(names)
    top.matching("created", _MOMENT)
    top.text("notice")
    body = top.object("body", "bytes sha256")
    generations = tuple(_generation(each) for each in top.list("gens"))
    spans = tuple(_spans(top.list("spans"), len(generations), body.whole("bytes")))
    machine_only = all(span.origin is Origin.MACHINE for span in spans)
    if top.get("digital_source_type") != (MACHINE_ONLY if machine_only else HUMAN_AND_MACHINE):
        raise ValueError("its digital source type does not fit its spans")
    model = top.object("model", "name files")
    files = JsonFields(model.get("files"), "files")
    if not files.names:
        raise ValueError("it names no file of the model")
    for name in files.names:
        files.matching(name, _SHA256)
    top.object("tokenizer", "sha256").matching("sha256", _SHA256)
    engine = top.object("engine", "app onnxruntime provider precision numpy arch cpu")
    for name in engine.names:
        engine.text(name)
    record: dict[str, Any] = {name: top.get(name) for name in top.names}
    named = top.matching("id", _SHA256)
    line = label_line(record)
    if named != identity(record):
        raise ValueError("its id does not fit it: the record was changed")
    sha256 = body.matching("sha256", _SHA256)
    length = body.whole("bytes")
    return Record(record, line, length, sha256, spans, generations, model.text("name"))


def _spans(values: Sequence[object], generations: int, length: int) -> Iterator[LabelSpan]:
    reached = 0
    for number, value in enumerate(values, 1):
        fields = JsonFields(value, f"span {number}")
        origin = Origin(fields.one_of("origin", *Origin))
        human = origin is Origin.HUMAN
        fields.only("start end origin sha256" + ("" if human else " gen"))
        start, end = fields.whole("start"), fields.whole("end")
        if start != reached or end <= start or end > length:
            fault = "overlaps the one before" if start < reached else "leaves a gap"
            fault = fault if start != reached else "has no bytes or leaves the text"
            raise ValueError(f"span {number} {fault}")
        generation = None if human else fields.whole("gen")
        if generation is not None and generation >= generations:
            raise ValueError(f"span {number} names a generation that is not there")
        yield LabelSpan(start, end, origin, fields.matching("sha256", _SHA256), generation)
        reached = end
    if reached != length:
        raise ValueError("its spans leave a gap at the end")


def _generation(value: object) -> Generation:
    fields = JsonFields(value, "a generation")
    fields.only("prompt_ids ids seed lane sampler stop_reason watermark")
    ids = fields.wholes("ids")
    if not fields.wholes("prompt_ids"):
        raise ValueError("a generation has no prompt")
    sampler = fields.object(
        "sampler",
        "order temperature top_k top_k_rule top_p top_p_rule draw random length stop keep_going",
    )
    sampler.one_of("order", "temperature, top-k, top-p")
    sampler.one_of("top_k_rule", "ties kept")
    sampler.one_of("draw", "inverse cumulative sum by falling logit, ties by lower id")
    sampler.one_of("random", randomness.RULE)
    if not isinstance(sampler.get("keep_going"), bool):
        raise ValueError("'keep_going' in a sampler is neither true nor false")
    stop = sampler.list("stop")
    if not all(isinstance(text, str) for text in stop):
        raise ValueError("'stop' in a sampler is not a list of texts")
    sampling = Sampling(
        float(sampler.matching("temperature", _DECIMAL)),
        sampler.whole("top_k"),
        float(sampler.matching("top_p", _DECIMAL)),
        TopPRule(sampler.one_of("top_p_rule", *TopPRule)),
        watermark=_has_watermark(fields),
    )
    if sampling.watermark != sampling.leaves_marks:
        raise ValueError("a generation that drew nothing names a watermark")
    settings = Settings(sampling, sampler.whole("length"), fields.whole("seed"), tuple(stop))
    reason = StopReason(fields.one_of("stop_reason", *StopReason))
    return Generation(settings, fields.whole("lane"), len(ids), reason)


def _has_watermark(generation: JsonFields) -> bool:
    if "watermark" not in generation.names:
        return False
    watermark = generation.object("watermark", "rule key sub_key")
    watermark.one_of("rule", watermark_key.RULE)
    watermark.one_of("key", watermark_key.KEY)
    sub_key = watermark_key.sub_key(generation.whole("seed"), generation.whole("lane"))
    if watermark.whole("sub_key") != sub_key:
        raise ValueError("the sub-key of a watermark does not follow from seed and lane")
    return True
