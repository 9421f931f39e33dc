"""Two states of the draft side by side: how both begin, where they part, and how each goes on."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Static

from gpt2_tui.drafts.overview import Comparison
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.ui.authored_text import styled
from gpt2_tui.ui.overlay import Overlay

_END_OF_BEGINNING = 300


class PartingScreen(Overlay[None]):
    """Escape returns."""

    CSS_PATH = "parting_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "dismiss", "Back"),
        Binding("tab", "app.focus_next", "Other side"),
    ]

    def __init__(self, comparison: Comparison, titles: tuple[str, str]) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (60, "-side")]
        self._comparison = comparison
        self._titles = titles

    def compose(self) -> ComposeResult:
        common = self._comparison.common
        start = max(common - _END_OF_BEGINNING, 0)
        yield Static(Content(f" The first {common} characters are the same"), id="parting-head")
        beginning = Text("… " if start else "")
        beginning.append_text(styled(self._comparison.one.part(start, common)))
        yield Static(beginning, id="parting-beginning")
        yield Static(Content("▼ here they part"), id="parting-place")
        with Horizontal(id="parting-sides"):
            texts = (self._comparison.one, self._comparison.other)
            for title, authored in zip(self._titles, texts, strict=True):
                with VerticalScroll(classes="parting-side") as side:
                    side.border_title = Content(title)
                    yield Static(_rest(authored, common), classes="parting-text")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self.query(VerticalScroll).first().focus()
        self.query_one("#parting-beginning").scroll_end(animate=False)


def _rest(authored: AuthoredText, start: int) -> Text:
    rest = authored.part(start, len(authored.text))
    return styled(rest) if rest.text else Text("(it ends here)", "italic dim")
