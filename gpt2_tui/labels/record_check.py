"""Whether a record that was read is whole and fits together."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gpt2_tui.engine import loop_alarm, randomness, watermark_key
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.json_fields import JsonFields
from gpt2_tui.labels.authorship import Origin
from gpt2_tui.labels.schema import (
    ALGORITHM,
    HUMAN_AND_MACHINE,
    MACHINE_ONLY,
    SCHEMA,
    identity,
    label_line,
)
from gpt2_tui.models.maker import ENGINE_FACTS, Maker
from gpt2_tui.models.manifest import PLAIN_NAME
from gpt2_tui.settings import Sampling, Settings, TopPRule
from gpt2_tui.text.visible import quoted

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DECIMAL = re.compile(r"(?=.{1,40}\Z)[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")
_PUBLIC_KEY = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_MAKER = "model tokenizer engine"
_ID_DOES_NOT_FIT = "its id does not fit it: the record was changed"


@dataclass(frozen=True)
class LabelSpan:
    """Bytes `start` to `end` of a body; `generation` is the number of the one they came from."""

    start: int
    end: int
    origin: Origin
    sha256: str
    generation: int | None


@dataclass(frozen=True)
class RecordedGeneration:
    """All that decides a generation, and what came of it. `prompt_ids` were in sight when it
    began; `ids` are the tokens drawn, without an `<|endoftext|>` that ended it; `after_space` as in
    `Continuation`."""

    maker: Maker
    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    settings: Settings
    lane: int
    stop_reason: StopReason
    after_space: bool


@dataclass(frozen=True)
class Signature:
    """Who says that the record is theirs: an Ed25519 public key and its signature, in hex."""

    key: str
    value: str


@dataclass(frozen=True)
class Record:
    """A record whose parts fit together; `value` is all of it, `line` how it is written.

    `fault` says what is wrong if its id is not the one that it should have.
    """

    value: Mapping[str, Any]
    line: str
    length: int
    sha256: str
    spans: tuple[LabelSpan, ...]
    generations: tuple[RecordedGeneration, ...]
    maker: Maker
    signature: Signature | None
    fault: str

    @property
    def id(self) -> str:
        return str(self.value["id"])


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
        raise ValueError(f"its schema is {quoted(repr(schema))}, this program reads {SCHEMA!r}")
    names = "schema id created notice digital_source_type body spans gens model tokenizer engine"
    top.only(f"{names} signature")
    top.matching("created", _MOMENT)
    top.text("notice")
    body = top.object("body", "bytes sha256")
    maker = _maker(top)
    generations = tuple(_generation(each, maker) for each in top.list("gens"))
    spans = tuple(_spans(top.list("spans"), len(generations), body.whole("bytes")))
    machine_only = all(span.origin is Origin.MACHINE for span in spans)
    if top.get("digital_source_type") != (MACHINE_ONLY if machine_only else HUMAN_AND_MACHINE):
        raise ValueError("its digital source type does not fit its spans")
    record: dict[str, Any] = {name: top.get(name) for name in names.split()}
    signature = None
    if "signature" in top.names:
        record["signature"] = top.get("signature")
        signature = _signature(top)
    return Record(
        value=record,
        line=label_line(record),
        length=body.whole("bytes"),
        sha256=body.matching("sha256", _SHA256),
        spans=spans,
        generations=generations,
        maker=maker,
        signature=signature,
        fault="" if top.matching("id", _SHA256) == identity(record) else _ID_DOES_NOT_FIT,
    )


def _maker(fields: JsonFields) -> Maker:
    model = fields.object("model", "name files")
    engine = fields.object("engine", " ".join(ENGINE_FACTS))
    return Maker(
        model=model.text("name"),
        files=_model_files(model),
        tokenizer_sha256=fields.object("tokenizer", "sha256").matching("sha256", _SHA256),
        engine={name: engine.text(name) for name in engine.names},
    )


def _model_files(model: JsonFields) -> dict[str, str]:
    files = JsonFields(model.get("files"), "files")
    if not files.names:
        raise ValueError("it names no file of the model")
    for name in files.names:
        if not PLAIN_NAME.fullmatch(name):
            raise ValueError(f"{quoted(repr(name))} is not the name of a model's file")
    return {name: files.matching(name, _SHA256) for name in files.names}


def _signature(top: JsonFields) -> Signature:
    fields = top.object("signature", "algorithm key value")
    fields.one_of("algorithm", ALGORITHM)
    return Signature(fields.matching("key", _PUBLIC_KEY), fields.matching("value", _SIGNATURE))


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


def _generation(value: object, maker: Maker) -> RecordedGeneration:
    """A generation that `maker` wrote, unless it names another model, tokenizer and engine."""
    fields = JsonFields(value, "a generation")
    fields.only(f"prompt_ids ids seed lane sampler stop_reason watermark after_space {_MAKER}")
    if not set(_MAKER.split()).isdisjoint(fields.names):
        maker = _maker(fields)
    prompt_ids = tuple(fields.wholes("prompt_ids"))
    if not prompt_ids:
        raise ValueError("a generation has no prompt")
    sampler = fields.object(
        "sampler",
        "order temperature top_k top_k_rule top_p top_p_rule draw random length stop keep_going",
        optional="finish_sentence loop_alarm",
    )
    sampler.one_of("order", "temperature, top-k, top-p")
    sampler.one_of("top_k_rule", "ties kept")
    sampler.one_of("draw", "inverse cumulative sum by falling logit, ties by lower id")
    sampler.one_of("random", randomness.RULE)
    keep_going = sampler.get("keep_going")
    if not isinstance(keep_going, bool):
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
    return RecordedGeneration(
        maker=maker,
        prompt_ids=prompt_ids,
        ids=tuple(fields.wholes("ids")),
        settings=Settings(
            sampling,
            sampler.whole("length"),
            fields.whole("seed"),
            tuple(stop),
            keep_going,
            finish_sentence=_finish_sentence(sampler),
            loop_alarm=_has_loop_alarm(sampler),
        ),
        lane=fields.whole("lane"),
        stop_reason=StopReason(fields.one_of("stop_reason", *StopReason)),
        after_space=_is_after_space(fields),
    )


def _finish_sentence(sampler: JsonFields) -> int:
    if "finish_sentence" not in sampler.names:
        return 0
    tokens = sampler.whole("finish_sentence")
    if tokens == 0:
        raise ValueError("'finish_sentence' in a sampler is no number of tokens")
    return tokens


def _has_loop_alarm(sampler: JsonFields) -> bool:
    if "loop_alarm" not in sampler.names:
        return False
    sampler.one_of("loop_alarm", loop_alarm.RULE)
    return True


def _is_after_space(generation: JsonFields) -> bool:
    if "after_space" not in generation.names:
        return False
    if generation.get("after_space") is not True:
        raise ValueError("'after_space' in a generation is not true")
    return True


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
