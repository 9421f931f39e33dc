"""The label that a person reads: the same words at the desk, in a pipe and in a file."""

from collections.abc import Sequence

from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.settings import SEED, TEMPERATURE, TOP_K, TOP_P, Settings, TopPRule

SYNTHETIC = "SYNTHETIC"

STOP_REASONS = {
    StopReason.LENGTH: "length",
    StopReason.END_OF_TEXT: "end of text",
    StopReason.STOP_TEXT: "stop text",
    StopReason.SENTENCE: "end of sentence",
    StopReason.LOOP: "loop",
    StopReason.STOPPED: "stopped",
}


def caption(model: str, settings: Settings, lane: int) -> str:
    """One line: SYNTHETIC, the model, and the settings that made the text."""
    return " · ".join(caption_parts(model, settings, lane))


def caption_parts(model: str, settings: Settings, lane: int) -> list[str]:
    return [SYNTHETIC, model, *settings_parts(settings, lane)]


def draft_caption(models: Sequence[str], *, in_part: bool) -> str:
    """One line over a draft; `in_part` says that a person had a part in it."""
    return f"{SYNTHETIC}{' IN PART' if in_part else ''} · {', '.join(models)}"


def who_wrote_what(machine: int, edited: int, total: int, which: str) -> str:
    """A sentence on a text of `total` bytes, of which a model wrote `machine`, and `edited` that a
    person changed afterwards; `which` says where to see which bytes they are."""
    changed = ", and a person changed parts of that" if edited else ""
    whose = (
        "All of this text was written by the model."
        if machine == total
        else f"The model wrote {machine + edited} of the {total} bytes below{changed}; {which}."
    )
    return f"{whose} It may be false, biased or offensive."


def front_matter_sentence(machine: int, edited: int, total: int) -> str:
    """`who_wrote_what` as it stands in Markdown."""
    return who_wrote_what(machine, edited, total, "the spans in the front matter say which")


def settings_parts(settings: Settings, lane: int) -> list[str]:
    """The settings of a caption, each with its name."""
    sampling = settings.sampling
    parts = [
        f"{TEMPERATURE.label} {TEMPERATURE.format(sampling.temperature)}",
        f"{TOP_K.label} {TOP_K.format(sampling.top_k)}",
        f"{TOP_P.label} {TOP_P.format(sampling.top_p)}",
    ]
    if sampling.top_p_rule is not TopPRule.USUAL and sampling.top_p < 1:
        parts[-1] += f" ({sampling.top_p_rule} rule)"
    if sampling.leaves_marks:
        parts.append("watermark")
    return [*parts, f"{SEED.label} {settings.seed}", f"lane {lane}"]
