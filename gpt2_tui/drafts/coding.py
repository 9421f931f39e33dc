"""Nodes, spans and continuations as JSON for the store, and back.

What is read may be damaged: reading raises ValueError, TypeError or SettingsError, never takes it
for something else.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gpt2_tui.drafts.tree import Change
from gpt2_tui.json_fields import JsonFields
from gpt2_tui.labels.authorship import AuthoredText, Origin, Span
from gpt2_tui.models.maker import ENGINE_FACTS, Maker

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation

_SHA256 = re.compile(r"[0-9a-f]{64}")

Number = Callable[["Continuation"], int]
Find = Callable[[int], "Continuation"]


def spans_json(authored: AuthoredText, number: Number) -> list[list[int | str]]:
    """Each span as its length, its origin and, unless it is human, the number of its
    continuation."""
    return [
        [len(span), span.origin.value]
        + ([] if span.continuation is None else [number(span.continuation)])
        for span in authored.spans
    ]


def authored_from(text: str, value: object, find: Find) -> AuthoredText:
    if not isinstance(value, list):
        raise ValueError("spans are not a list")
    spans: list[Span] = []
    start = 0
    for item in value:
        length, origin, *made = item
        if not isinstance(length, int) or length <= 0:
            raise ValueError("a span has no length")
        continuation = find(made[0]) if made else None
        spans.append(Span(start, start + length, Origin(origin), continuation))
        start += length
    if start != len(text):
        raise ValueError("spans do not cover their text")
    return AuthoredText(text, tuple(spans))


def change_json(change: Change | None, number: Number) -> str | None:
    if change is None:
        return None
    value = {
        "start": change.start,
        "before": [change.before.text, spans_json(change.before, number)],
        "after": [change.after.text, spans_json(change.after, number)],
    }
    return json.dumps(value)


def change_from(line: str | None, find: Find) -> Change | None:
    if line is None:
        return None
    change = JsonFields(json.loads(line), "a change")
    before, after = (
        authored_from(_text(text), spans, find)
        for text, spans in (change.list("before"), change.list("after"))
    )
    return Change(change.whole("start"), before, after)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a change has no text")
    return value


def continuation_json(made: "Continuation", prompt: str) -> str:
    """A continuation without its maker; `prompt` is the name under which its prompt is stored."""
    value = {
        "prompt": prompt,
        "prompt_ids": list(made.prompt_ids),
        "ids": list(made.ids),
        "written": base64.b64encode(made.written).decode(),
        "settings": asdict(made.settings),
        "lane": made.lane,
        "stop_reason": made.stop_reason.value,
        "seconds": made.seconds,
        "after_space": made.after_space,
    }
    return json.dumps(value)


def continuation_from(
    line: str, maker: Maker, prompt_named: Callable[[str], str]
) -> "Continuation":
    # numpy comes with it: only a draft that has such text waits for that.
    from gpt2_tui.continuations import Continuation
    from gpt2_tui.engine.stop_reason import StopReason

    value = JsonFields(json.loads(line), "a continuation")
    return Continuation(
        maker=maker,
        prompt=prompt_named(value.matching("prompt", _SHA256)),
        prompt_ids=tuple(value.wholes("prompt_ids")),
        ids=tuple(value.wholes("ids")),
        written=base64.b64decode(value.text("written", may_be_empty=True), validate=True),
        settings=_settings_from(value.get("settings")),
        lane=value.whole("lane"),
        stop_reason=StopReason(value.text("stop_reason")),
        seconds=float(str(value.get("seconds"))),
        after_space="after_space" in value.names and value.get("after_space") is True,
    )


def _settings_from(value: object) -> Any:
    from gpt2_tui.settings import Sampling, Settings, TopPRule

    settings = dict(JsonFields(value, "settings").items())
    sampling = dict(JsonFields(settings.pop("sampling"), "sampling").items())
    rule = TopPRule(sampling.pop("top_p_rule"))
    stop = tuple(settings.pop("stop"))
    return Settings(sampling=Sampling(top_p_rule=rule, **sampling), stop=stop, **settings)


def maker_json(maker: Maker) -> str:
    return json.dumps({**vars(maker), "files": dict(maker.files), "engine": dict(maker.engine)})


def maker_from(line: str) -> Maker:
    value = JsonFields(json.loads(line), "a maker")
    # The first histories noted no more of an engine than what chooses the graph.
    engine = JsonFields(value.get("engine"), "an engine") if "engine" in value.names else value
    facts = {name: engine.text(name) for name in ENGINE_FACTS if name in engine.names}
    return Maker(
        model=value.text("model"),
        files=dict(JsonFields(value.get("files"), "files").items()),
        tokenizer_sha256=value.matching("tokenizer_sha256", _SHA256),
        engine=dict.fromkeys(ENGINE_FACTS, "unknown") | facts,
    )
