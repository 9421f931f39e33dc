"""The panes side by side; where they do not all fit, the row scrolls sideways."""

from textual import events
from textual.app import ComposeResult
from textual.containers import HorizontalScroll
from textual.widgets import Static

from gpt2_tui.settings import Settings
from gpt2_tui.ui.pane import Pane

_EMPTY = (
    "Continuations appear here side by side, each marked as synthetic.\n"
    "Ctrl+G writes them, Esc stops them, Alt+1 keeps the first,\n"
    "F1 shows all keys."
)


_NARROWEST = 24


class PaneRow(HorizontalScroll, can_focus=False):
    """Holds one pane for each lane of the last run."""

    def compose(self) -> ComposeResult:
        yield Static(_EMPTY, id="no-panes", markup=False)

    @property
    def panes(self) -> list[Pane]:
        return list(self.query(Pane))

    def pane_of(self, lane: int) -> Pane | None:
        return next((pane for pane in self.panes if pane.lane == lane), None)

    async def clear(self) -> None:
        """No panes, as in the beginning."""
        with self.app.batch_update():
            await self.remove_children()
            await self.mount(*self.compose())

    async def show(self, model: str, settings: Settings, lanes: tuple[int, ...]) -> None:
        """New panes for a new run, in place of the old ones."""
        with self.app.batch_update():
            await self.remove_children()
            await self.mount_all(
                Pane(number, model, settings, lane) for number, lane in enumerate(lanes, start=1)
            )
            self._share_width()
            self.scroll_x = 0

    def on_resize(self, _event: events.Resize) -> None:
        self._share_width()

    def _share_width(self) -> None:
        """All panes share the row if they fit; else as many as fit do, and the rest is beside."""
        panes = self.panes
        fitting = max(1, self.size.width // _NARROWEST)
        for pane in panes:
            pane.styles.width = "1fr" if len(panes) <= fitting else self.size.width // fitting
