"""Continuations and samples made by hand."""

from datetime import UTC, datetime

from gpt2_tui.continuations import Continuation
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.authorship import AuthoredText, common_ends
from gpt2_tui.labels.record import Sample, make_sample
from gpt2_tui.models.maker import Maker
from gpt2_tui.settings import Settings

MAKER = Maker(
    model="tiny",
    files={"model.onnx": "a" * 64, "tokenizer.json": "b" * 64},
    tokenizer_sha256="b" * 64,
    engine={
        "app": "gpt2-tui 0.0",
        "onnxruntime": "1.0",
        "provider": "CPUExecutionProvider",
        "precision": "fp32",
        "numpy": "2.0",
        "arch": "x86_64",
        "cpu": "A processor",
    },
)
NOON = datetime(2026, 8, 2, 12, 0, 0, tzinfo=UTC)


def continuation(
    written: bytes | str,
    prompt: str = "",
    *,
    settings: Settings | None = None,
    lane: int = 0,
    stop_reason: StopReason = StopReason.LENGTH,
    maker: Maker = MAKER,
    after_space: bool = False,
) -> Continuation:
    data = written if isinstance(written, bytes) else written.encode()
    return Continuation(
        maker=maker,
        prompt=prompt,
        prompt_ids=tuple(prompt.encode("utf-8", "replace")) or (296,),
        ids=tuple(data),
        written=data,
        settings=settings or Settings(seed=7),
        lane=lane,
        stop_reason=stop_reason,
        seconds=0.5,
        after_space=after_space,
    )


def sample(written: bytes | str, prompt: str = "", settings: Settings | None = None) -> Sample:
    made = continuation(written, prompt, settings=settings)
    return make_sample(AuthoredText.human(prompt), made, NOON)


def edited_to(before: AuthoredText, text: str) -> AuthoredText:
    """What a person's edit makes of a text: what lies between the longest common start and the
    longest common end was typed."""
    start, tail = common_ends(before.text, text)
    typed = AuthoredText.human(text[start : len(text) - tail])
    return before.replaced(start, len(before.text) - tail, typed)
