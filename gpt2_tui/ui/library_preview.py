"""One text of the library: its verdict, its label in plain words, and how it begins."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.labels.plain_words import label_lines, verdict_line
from gpt2_tui.labels.signing import known_signers
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.authored_text import styled
from gpt2_tui.ui.librarian import Opened
from gpt2_tui.ui.safe_text import content

_LONGEST_TEXT = 20_000


class LibraryPreview(VerticalScroll, can_focus=False):
    """Shows what was opened last."""

    def __init__(self) -> None:
        super().__init__(id="library-detail")

    def compose(self) -> ComposeResult:
        yield Static(id="library-label")
        yield Static(id="library-text")

    def show(self, opened: Opened) -> None:
        lines = [opened.entry.title, *_label_lines(opened)]
        self.query_one("#library-label", Static).update(content("\n".join(map(one_line, lines))))
        self.query_one("#library-text", Static).update(_beginning(opened))
        self.scroll_home(animate=False)

    def clear(self) -> None:
        for part in self.query(Static):
            part.update("")

    def scroll_text(self, pages: int) -> None:
        self.scroll_relative(y=pages * max(self.size.height - 1, 1), animate=False)


def authored(opened: Opened) -> AuthoredText:
    """The text with its authors; without any that are known, it is only shown."""
    if opened.authored is not None:
        return opened.authored
    return AuthoredText.human("" if opened.shown is None else opened.shown.text)


def _label_lines(opened: Opened) -> list[str]:
    shown = opened.shown
    if shown is None:
        return []
    lines = [verdict_line(shown.judgment), *label_lines(shown.judgment, known_signers())]
    if shown.outside:
        lines.append(f"{shown.outside} bytes stand outside of the labeled text")
    text = authored(opened)
    if shown.found is None and text.synthetic_share:
        lines.append(f"SYNTHETIC IN PART: {text.synthetic_percent} %, as its history knows")
    return lines


def _beginning(opened: Opened) -> Text:
    if opened.shown is None:
        return Text(opened.fault)
    whole = authored(opened)
    text = styled(whole.part(0, _LONGEST_TEXT))
    if len(whole.text) > _LONGEST_TEXT:
        text.append("… (Enter opens all of it)")
    return text
