"""The history of the draft: every state that it was in, to go to, mark, prune and compare."""

import time
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from gpt2_tui.drafts.overview import Row, compare, rows, what_changed
from gpt2_tui.drafts.tree import Kind, Node
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.text.visible import one_line
from gpt2_tui.ui.authored_text import styled
from gpt2_tui.ui.confirm_screen import ConfirmScreen
from gpt2_tui.ui.document import Document
from gpt2_tui.ui.keys import same_key
from gpt2_tui.ui.overlay import Overlay
from gpt2_tui.ui.parting_screen import PartingScreen
from gpt2_tui.ui.settling import after_keys

_LONGEST_PREVIEW = 200
_LONGEST_DETAIL = 4000
_DEEPEST_INDENT = 12
_KINDS = {
    Kind.START: "start",
    Kind.EDIT: "edit",
    Kind.KEEP: "kept, synthetic",
    Kind.GENERATION: "generation",
    Kind.OUTSIDE: "another program",
}


class TreeScreen(Overlay[None]):
    """Escape returns. `document` is told of every change; Enter leaves the draft as it was at the
    node, for the desk to show. `being_written` gives the node of a run that goes on."""

    CSS_PATH = "tree_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_to", "Go to", priority=True),
        Binding("c", "compare", "Compare"),
        Binding("b", "bookmark", "Bookmark"),
        Binding("p,delete", "prune", "Prune"),
        Binding("x", "show_bin", "Bin"),
        Binding("X", "empty_bin", "Empty bin"),
        Binding("e", "fold", "Edits"),
        Binding("escape,q", "dismiss", "Back"),
        same_key("history", "dismiss", "Back", show=False),
    ]

    def __init__(self, document: Document, being_written: Callable[[], int | None]) -> None:
        super().__init__()
        self._document = document
        self._being_written = being_written
        self._folded = True
        self._with_bin = False

    def compose(self) -> ComposeResult:
        yield Static(id="tree-head")
        yield OptionList(id="tree")
        with VerticalScroll(id="tree-detail", can_focus=False):
            yield Static(id="tree-detail-text")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        self._show(self._document.draft.tree.current)
        self._list.focus()

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _number(self) -> int:
        """The node that is highlighted."""
        option = self._list.highlighted_option
        return self._document.draft.tree.current if option is None else int(option.id or 0)

    def action_go_to(self) -> None:
        after_keys(self, self._go_to)

    def _go_to(self) -> None:
        self._document.draft.go_to(self._number)
        self._document.changed()
        self.dismiss()

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self._go_to()

    def action_compare(self) -> None:
        draft = self._document.draft
        there, here = draft.tree[self._number], draft.tree[draft.tree.current]
        if there is here:
            self.say("This is where the draft is; go to another row to compare it with that")
        else:
            titles = ("the draft", f"{_KINDS[there.kind]}, {_moment(there)}")
            self.app.push_screen(PartingScreen(compare(draft, here.number, there.number), titles))

    def action_bookmark(self) -> None:
        self._document.draft.bookmark(self._number)
        self._document.changed()
        self._show(self._number)

    def action_prune(self) -> None:
        """Into the bin, or out of it."""
        draft, number = self._document.draft, self._number
        if draft.tree.is_in_bin(number):
            draft.bring_back(number)
            self.say("It is out of the bin")
        elif number == draft.tree.root:
            self.say("The beginning cannot be pruned")
            return
        else:
            above = draft.tree[number].parent
            draft.prune(number)
            number = number if self._with_bin or above is None else above
            self.say("It is in the bin, with all below it; x shows the bin, p brings it back")
        self._document.changed()
        self._show(number)

    def action_show_bin(self) -> None:
        self._with_bin = not self._with_bin
        self._show(self._number)

    def action_empty_bin(self) -> None:
        draft = self._document.draft
        states = len(draft.tree.in_bin())
        if not states:
            self.say("The bin is empty; P puts what is highlighted in it")
            return

        def empty(answer: bool | None) -> None:
            if answer:
                draft.empty_bin()
                self._document.changed()
                self._show(draft.tree.current)
                self.say("The bin is empty")

        what = (
            f"It holds {states} state{'s'[: states > 1]} of this draft, with what was written for "
            "them. They are deleted from the history for good, and cannot be brought back. The "
            "draft itself stays as it is, and so do saved samples."
        )
        self.app.push_screen(ConfirmScreen("Empty the bin?", what), empty)

    def action_fold(self) -> None:
        self._folded = not self._folded
        self._show(self._number)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, message: OptionList.OptionHighlighted) -> None:
        node = self._document.draft.tree[int(message.option_id or 0)]
        self.query_one("#tree-detail-text", Static).update(self._detail(node))
        self.query_one("#tree-detail").scroll_home(animate=False)

    def _show(self, number: int) -> None:
        """Draw all rows, with the node `number` highlighted, or what stands for it."""
        tree = self._document.draft.tree
        found = rows(tree, folded=self._folded, with_bin=self._with_bin)
        self._list.clear_options()
        self._list.add_options([Option(self._line(row), id=str(row.node.number)) for row in found])
        places = {row.node.number: place for place, row in enumerate(found)}
        at = [place for each, place in places.items() if each >= number]
        self._list.highlighted = places.get(number, min(at, default=len(found) - 1))
        in_bin = len(tree.in_bin())
        parts = [f" History: {len(tree)} states"]
        if in_bin:
            parts.append(f"{in_bin} in the bin" + (" (shown)" if self._with_bin else ""))
        self.query_one("#tree-head", Static).update(Content(" · ".join(parts)))

    def _line(self, row: Row) -> Text:
        node = row.node
        line = Text("▶ " if row.is_current else "  ", end="")
        line.append("│ " * min(row.depth - row.is_first, _DEEPEST_INDENT))
        line.append("├─" if row.is_first else "")
        line.append("★ " if node.bookmarked else "")
        line.append("in the bin · " if row.is_in_bin else "")
        what = f"{row.edits} edits" if row.edits > 1 else _KINDS[node.kind]
        line.append(f"{_moment(node)} {what}  ", "bold" if row.is_current else "")
        if node.kind is Kind.GENERATION:
            line.append(self._generation_line(node))
        else:
            gone, come = what_changed(node)
            taken_out = f"− {_short(gone.text)}" if gone.text else "nothing written"
            line.append_text(_preview(come) if come.text else Text(taken_out))
        return line

    def _generation_line(self, node: Node) -> str:
        made = self._document.draft.continuations_at(node.number)
        if not made:
            is_writing = node.number == self._being_written()
            return "being written" if is_writing else "nothing was finished"
        return f"{len(made)} continuation{'s'[: len(made) > 1]}, seed {made[0].settings.seed}"

    def _detail(self, node: Node) -> Text:
        """What a node did, at length."""
        detail = Text()
        if node.kind is Kind.GENERATION:
            for made in self._document.draft.continuations_at(node.number):
                detail.append(f"SYNTHETIC, lane {made.lane}\n", "bold")
                detail.append_text(styled(AuthoredText.kept(made).part(0, _LONGEST_DETAIL)))
                detail.append("\n")
            return detail
        for sign, text in zip("−+", what_changed(node), strict=True):
            if text.text:
                detail.append(f"{sign} ", "bold")
                detail.append_text(styled(text.part(0, _LONGEST_DETAIL)))
                detail.append("\n")
        return detail


def _preview(authored: AuthoredText) -> Text:
    shown = authored.part(0, _LONGEST_PREVIEW)
    return styled(AuthoredText(one_line(shown.text), shown.spans))


def _short(text: str) -> str:
    return one_line(text[:_LONGEST_PREVIEW])


def _moment(node: Node) -> str:
    then, now = time.localtime(node.time), time.localtime()
    is_today = then[:3] == now[:3]
    return time.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M", then)
