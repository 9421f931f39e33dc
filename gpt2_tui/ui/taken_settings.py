"""What is said when the desk takes over the settings of a text."""

from collections.abc import Iterator

from gpt2_tui.settings import Settings

_SAID = (
    "The settings are those of the text, and its seed is used until Delete on it makes it new again"
)


def taken_over(before: Settings, now: Settings) -> str:
    """Names what changed besides, which nobody would see on the bar."""
    beside = ", ".join(_beside(before, now))
    return f"{_SAID}. Also: {beside}" if beside else _SAID


def _beside(before: Settings, now: Settings) -> Iterator[str]:
    if now.stop != before.stop:
        yield f"{len(now.stop) or 'no'} stop text{'s'[: len(now.stop) != 1]}"
    if now.sampling.top_p_rule != before.sampling.top_p_rule:
        yield f"the {now.sampling.top_p_rule} rule of top-p"
    switches = {
        "end at a sentence": (before.finish_sentence, now.finish_sentence),
        "past <|endoftext|>": (before.keep_going, now.keep_going),
        "loop alarm": (before.loop_alarm, now.loop_alarm),
        "watermark": (before.sampling.watermark, now.sampling.watermark),
    }
    for name, (was, is_now) in switches.items():
        if was != is_now:
            yield f"{name} {'on' if is_now else 'off'}"
