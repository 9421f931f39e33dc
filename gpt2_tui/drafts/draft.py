"""A draft: a text with its authors, a cursor, and the tree of all that it has been.

The desk holds one and does everything to it through here. What a change leaves to be stored is
taken over with `take_changes`, so that storing can be done elsewhere and later.
"""

import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gpt2_tui.drafts.changes import Changes, Head, Made
from gpt2_tui.drafts.marker import Marker
from gpt2_tui.drafts.tree import Change, Kind, Node, Tree
from gpt2_tui.labels.authorship import AuthoredText, common_ends

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation

_SECONDS_OF_A_PAUSE = 2.0
_LONGEST_STRETCH = 100


@dataclass
class _Stretch:
    """An edit that may still grow: what it began from, and what lies around all that it changed."""

    node: int
    base: AuthoredText
    start: int
    tail: int
    at: int
    is_deletion: bool
    characters: int
    time: float


class Draft:
    """One document. Positions are characters of `authored.text`."""

    def __init__(
        self,
        tree: Tree,
        head: AuthoredText,
        made: Iterable[Made] = (),
        *,
        cursor: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`head` is the text of the tree's current node."""
        self.tree = tree
        self.authored = head
        self.cursor = len(head.text) if cursor is None else min(cursor, len(head.text))
        self._clock = clock
        self._made = {each.number: each for each in made}
        self._numbers = {id(each.continuation): each.number for each in self._made.values()}
        # They are not stored any more, but what is being stored may still name them.
        self._dropped: dict[int, Made] = {}
        self._stretch: _Stretch | None = None
        self._markers: weakref.WeakSet[Marker] = weakref.WeakSet()
        self._new_nodes: set[int] = set()
        self._new_made: set[int] = set()
        self._gone_nodes: frozenset[int] = frozenset()

    @classmethod
    def beginning_with(
        cls,
        authored: AuthoredText,
        *,
        clock: Callable[[], float] = time.time,
    ) -> "Draft":
        """A draft with no history before `authored`."""
        change = Change(0, AuthoredText(), authored)
        root = Node(1, None, Kind.START, clock(), change)
        draft = cls(Tree({1: root}, 1), authored, clock=clock)
        draft._new_nodes.add(1)
        draft._know(authored)
        return draft

    # Changing it

    def replace(self, start: int, end: int, new: AuthoredText) -> None:
        """An edit by hand. Edits that follow each other, as typing does, are one node."""
        before = self.authored
        after = before.replaced(start, end, new)
        if after == before:
            return
        self._know(new)
        self._move_markers(start, end, len(new.text))
        first, last = before.reach(start, end)
        tail = len(before.text) - last
        now = self._clock()
        stretch = self._stretch
        if stretch is None or not _goes_on(stretch, start, end, new.text, now):
            node = self._add(Kind.EDIT, None)
            stretch = _Stretch(node.number, before, first, tail, start, end > start, 0, now)
        stretch.start, stretch.tail = min(stretch.start, first), min(stretch.tail, tail)
        stretch.at = start + len(new.text)
        stretch.characters += len(new.text) + end - start
        stretch.time = now
        change = Change.between(stretch.base, after, stretch.start, stretch.tail)
        self._put(replace(self.tree[stretch.node], change=change))
        self.authored, self.cursor = after, stretch.at
        is_typing = len(new.text) <= 1 and "\n" not in new.text
        self._stretch = stretch if is_typing else None

    def seal(self) -> None:
        """The next edit is a node of its own."""
        self._stretch = None

    def keep(self, kept: AuthoredText, at: int | None = None) -> None:
        """Put `kept`, of a continuation's text, at a place, or at the end: a node of its own.
        Inside a machine's text it makes that text edited."""
        if not kept.text:
            return
        self.seal()
        self._know(kept)
        before = self.authored
        place = len(before.text) if at is None else at
        after = before.replaced(place, place, kept)
        self._move_markers(place, place, len(kept.text))
        first, last = before.reach(place, place)
        self._add(Kind.KEEP, Change.between(before, after, first, len(before.text) - last))
        self.authored, self.cursor = after, place + len(kept.text)

    def become(self, authored: AuthoredText, kind: Kind = Kind.EDIT) -> None:
        """Be another text, all at once: one node of `kind`."""
        if authored == self.authored:
            return
        self.seal()
        self._know(authored)
        change = Change.least(self.authored, authored)
        self._add(kind, change)
        self._move_markers_by(change.start, change.before.text, change.after.text)
        self.authored = authored
        self.cursor = min(self.cursor, len(authored.text))

    def mark(self, at: int) -> Marker:
        """A marker that follows all changes of this draft for as long as somebody holds it."""
        marker = Marker(at)
        self._markers.add(marker)
        return marker

    def begin_generation(self) -> int:
        """A node for what is about to be written behind the text as it is; its number."""
        self.seal()
        return self._add(Kind.GENERATION, None).number

    def add_continuation(self, node: int, continuation: "Continuation") -> None:
        """One more continuation that was written at the generation `node`; not if that was thrown
        away meanwhile."""
        if self.tree.holds(node):
            self._register(continuation, node)

    # Moving in its history

    def undo(self) -> bool:
        """Back to the text before; whether there was one."""
        return self._move_to(self.tree.before())

    def redo(self) -> bool:
        """Forth to the text that was left last; whether there was one."""
        return self._move_to(self.tree.onward())

    def has_behind_it(self, node: int) -> bool:
        """Whether the draft came to be what it is by way of `node`."""
        return node in self.tree.ancestors(self.tree.current)

    def go_to(self, number: int) -> None:
        """Be at a node; if it is in the bin, it comes out of it."""
        self._move_to(number)

    def text_at(self, number: int) -> AuthoredText:
        return self.tree.text_at(number, self.authored)

    def bookmark(self, number: int) -> None:
        """Set a bookmark at a node, or take it away."""
        node = self.tree[number]
        self._put(replace(node, bookmarked=not node.bookmarked))

    def prune(self, number: int) -> None:
        """Put a node and all below it into the bin. Raises ValueError for the beginning.

        A draft that stands in there goes to the node above.
        """
        node = self.tree[number]
        if node.parent is None:
            raise ValueError("the beginning cannot be pruned")
        if number in self.tree.ancestors(self.tree.current):
            self._move_to(node.parent)
        self._put(replace(self.tree[number], pruned=True))

    def bring_back(self, number: int) -> None:
        """Take a node, and those that it is in the bin with, out of it."""
        for each in self.tree.ancestors(number):
            if self.tree[each].pruned:
                self._put(replace(self.tree[each], pruned=False))

    def empty_bin(self) -> int:
        """Take what is in the bin out of the history for good, with the continuations of which
        nothing is left elsewhere; how many states they were."""
        gone = self.tree.in_bin()
        self.seal()
        self.tree.drop(gone)
        self._gone_nodes |= gone
        self._new_nodes -= gone
        used = {id(span.continuation) for text in self._texts() for span in text.spans}
        for made in self.made():
            if made.node not in gone:
                continue
            if id(made.continuation) in used:
                self._made[made.number] = replace(made, node=self.tree.root)
                self._new_made.add(made.number)
            else:
                self._dropped[made.number] = self._made.pop(made.number)
                self._new_made.discard(made.number)
        return len(gone)

    def _texts(self) -> Iterator[AuthoredText]:
        yield self.authored
        for node in self.tree:
            if node.change is not None:
                yield node.change.before
                yield node.change.after

    # What was written for it

    def continuations_at(self, node: int) -> list["Continuation"]:
        return [each.continuation for each in self._made.values() if each.node == node]

    def made(self) -> list[Made]:
        """All that was written for it, in order."""
        return list(self._made.values())

    def number_of(self, continuation: "Continuation") -> int:
        return self._numbers[id(continuation)]

    # Storing it

    def take_changes(self, *, everything: bool = False) -> Changes:
        """All that was not taken yet, or all there is."""
        nodes = [node.number for node in self.tree] if everything else self._new_nodes
        made = self._made if everything else self._new_made
        changes = Changes(
            {number: self.tree[number] for number in nodes},
            {number: self._made[number] for number in made},
            Head(self.authored, self.tree.current, self.cursor, self._clock()),
            self.number_of,
            self._gone_nodes,
            frozenset(self._dropped),
        )
        self._new_nodes, self._new_made, self._gone_nodes = set(), set(), frozenset()
        return changes

    def _move_to(self, number: int | None) -> bool:
        if number is None:
            return False
        self.seal()
        self.bring_back(number)
        old = self.authored
        self.authored = self.tree.text_at(number, old)
        _, tail = common_ends(old.text, self.authored.text)
        self.cursor = len(self.authored.text) - tail
        for start, gone, come in self.tree.way_to(number):
            self._move_markers_by(start, gone, come)
        # Redo comes back the way that is left here, and goes on the way that leads here.
        for end in (self.tree.current, number):
            below: int | None = None
            for each in self.tree.ancestors(end):
                if below is not None and self.tree[each].onward != below:
                    self._put(replace(self.tree[each], onward=below))
                below = each
        self.tree.current = number
        return True

    def _move_markers(self, start: int, end: int, length: int) -> None:
        for marker in self._markers:
            marker.follow(start, end, length)

    def _move_markers_by(self, start: int, gone: str, come: str) -> None:
        """Where `gone` gave way to `come`, of which only a part may be another text."""
        same, tail = common_ends(gone, come)
        self._move_markers(start + same, start + len(gone) - tail, len(come) - same - tail)

    def _add(self, kind: Kind, change: Change | None) -> Node:
        above = self.tree.current
        node = self.tree.add(kind, self._clock(), change)
        self._new_nodes.update((above, node.number))
        return node

    def _put(self, node: Node) -> None:
        self.tree.put(node)
        self._new_nodes.add(node.number)

    def _know(self, authored: AuthoredText) -> None:
        for span in authored.spans:
            if span.continuation is not None:
                self._register(span.continuation, self.tree.current)

    def _register(self, continuation: "Continuation", node: int) -> None:
        known = self._numbers.get(id(continuation))
        if known in self._made:
            return
        number = max((*self._made, *self._dropped), default=0) + 1 if known is None else known
        self._dropped.pop(number, None)
        made = Made(number, node, continuation)
        self._made[made.number] = made
        self._numbers[id(continuation)] = made.number
        self._new_made.add(made.number)


def _goes_on(stretch: _Stretch, start: int, end: int, text: str, now: float) -> bool:
    """Whether an edit belongs to the one before it: the same kind, beside it, and soon after."""
    is_deletion = end > start
    beside = stretch.at in (start, end) if is_deletion else stretch.at == start
    return (
        beside
        and is_deletion == stretch.is_deletion
        and len(text) <= 1
        and "\n" not in text
        and stretch.characters + len(text) <= _LONGEST_STRETCH
        and now - stretch.time <= _SECONDS_OF_A_PAUSE
    )
