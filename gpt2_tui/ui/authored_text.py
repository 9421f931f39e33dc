"""Text on the screen with whose words are whose.

Not by colour alone: a screen without colour, and an eye without it, must see the difference.
"""

from dataclasses import replace

from rich.style import Style
from rich.text import Text

from gpt2_tui.labels.authorship import AuthoredText, Origin
from gpt2_tui.text.visible import visible

_STYLES = {
    Origin.MACHINE: Style(italic=True, underline=True),
    Origin.EDITED: Style(italic=True, underline2=True),
}


def styled(authored: AuthoredText) -> Text:
    """The text, literally, with control characters made visible and synthetic text marked."""
    text = Text(visible(authored.text), end="")
    for span in authored.spans:
        style = _STYLES.get(span.origin)
        if style is not None:
            text.stylize(style, span.start, span.end)
    return text


def joined(before: AuthoredText, after: AuthoredText) -> AuthoredText:
    """One behind the other."""
    end = len(before.text)
    return before.replaced(end, end, after)


def made_visible(authored: AuthoredText) -> AuthoredText:
    """The text with control characters made visible; where that changes what the model wrote, it
    is edited."""
    spans = []
    text = visible(authored.text)
    for span in authored.spans:
        same = text[span.start : span.end] == authored.text[span.start : span.end]
        is_changed = span.origin is Origin.MACHINE and not same
        spans.append(replace(span, origin=Origin.EDITED) if is_changed else span)
    return AuthoredText(text, tuple(spans))
