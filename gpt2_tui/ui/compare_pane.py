"""One row of a comparison: what sets it apart, where it parts from the rows before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from gpt2_tui.comparisons import Beginning, Variant
from gpt2_tui.labels.caption import STOP_REASONS, SYNTHETIC
from gpt2_tui.ui.safe_text import content, line_content

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation

_PARTS = "◆"
_LEAVES = "◇"


@dataclass(frozen=True)
class Shown:
    """How a row stands among the others: its `beginning`, which the row named `like` has too,
    whether it `parts` from rows before it, and the names of the rows that leave it, by the token
    before which they do."""

    beginning: Beginning
    parts: bool
    like: str
    leaving: dict[int, str]
    in_full: bool


class ComparePane(VerticalScroll, can_focus=True):
    """Shows one variant under `name`, which tells nothing of its settings."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "wish('vote')", "Vote"),
        Binding("enter,k", "wish('keep')", "Keep"),
        Binding("s", "wish('save')", "Save"),
        Binding("c", "wish('copy')", "Copy", show=False),
        Binding("t", "wish('copy_text')", "Copy text alone", show=False),
        Binding("i", "wish('inspect')", "Inside"),
    ]

    @dataclass
    class Wish(Message):
        """The user wants something done with this pane."""

        pane: "ComparePane"
        wish: str

    def __init__(self, number: int, name: str, variant: Variant, label: str) -> None:
        """`number` is the variant's place in the plan."""
        super().__init__()
        self.number = number
        self.row_name = name
        self.variant = variant
        self.pieces: list[str] = []
        self.continuation: Continuation | None = None
        self._label = Static(line_content(label), classes="label")
        self._text = Static(classes="text")
        self._settled: tuple[object, ...] = ()
        self.border_title = f"{name} {SYNTHETIC}"
        self.border_subtitle = "waiting"

    def compose(self) -> ComposeResult:
        yield self._label
        yield self._text

    def reveal(self, label: str, *, chosen: bool) -> None:
        """Show what a blind comparison hid."""
        self._label.update(line_content(label))
        self.border_title = f"{self.row_name} {SYNTHETIC}" + (" ★ yours" if chosen else "")

    def finish(self, rest: str, continuation: "Continuation") -> None:
        """The row is over."""
        if rest:
            self.pieces.append(rest)
        self.continuation = continuation
        reason = STOP_REASONS[continuation.stop_reason]
        self.border_subtitle = line_content(f"{reason} · {len(continuation.ids)} tokens")

    def show(self, shown: Shown) -> None:
        """Draw the text anew, if there is anything new."""
        settled = (len(self.pieces), self.continuation is None, shown)
        if settled != self._settled:
            self._settled = settled
            self._text.update(_drawn(self.pieces, shown))
            if self.continuation is None:
                self.border_subtitle = f"{len(self.pieces)} tokens"

    def on_click(self, _event: events.Click) -> None:
        self.focus()

    def action_wish(self, wish: str) -> None:
        self.post_message(self.Wish(self, wish))


def _drawn(pieces: Sequence[str], shown: Shown) -> Content:
    """The shared beginning, once or dim; a mark where the row parts, and marks where others do."""
    length = shown.beginning.length
    parts: list[Content | tuple[str, str] | str] = []
    if length and not shown.in_full:
        count = "1 token" if length == 1 else f"{length} tokens"
        parts.append((f"{count} as in {shown.like}", "italic $text-muted"))
    elif length:
        parts.append(content("".join(pieces[:length])).stylize("dim"))
    start = length
    if shown.parts and len(pieces) > length:
        parts.append((f" {_PARTS}", "bold $text-accent"))
    for place, names in sorted(shown.leaving.items()):
        if length <= place <= len(pieces):
            parts.append(content("".join(pieces[start:place])))
            parts.append((f"‹{_LEAVES}{names}›", "bold $text-accent"))
            start = place
    parts.append(content("".join(pieces[start:])))
    return Content.assemble(*parts)
