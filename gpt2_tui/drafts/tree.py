"""The history of a draft: a tree in which every state that it was in stays to be gone back to.

A node is one change to its parent's text. Undo moves along the tree, and what is pruned is only
marked; nothing is taken out of a tree but that, when its user empties the bin.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import takewhile

from gpt2_tui.labels.authorship import AuthoredText, Span, common_ends


class Kind(StrEnum):
    """What made a node."""

    START = "start"
    EDIT = "edit"
    KEEP = "keep"
    GENERATION = "generation"
    OUTSIDE = "outside"


@dataclass(frozen=True)
class Change:
    """From character `start` on, `before` gave way to `after`; both ways it is exact."""

    start: int
    before: AuthoredText
    after: AuthoredText

    @classmethod
    def between(cls, old: AuthoredText, new: AuthoredText, start: int, tail: int) -> "Change":
        """What differs behind the first `start` and before the last `tail` characters."""
        return cls(
            start,
            old.part(start, len(old.text) - tail),
            new.part(start, len(new.text) - tail),
        )

    @classmethod
    def least(cls, old: AuthoredText, new: AuthoredText) -> "Change":
        """The least that makes `new` of `old`, where nothing is known of how it came about."""
        start, tail = common_ends(old.text, new.text)
        start = _same_authors(old.part(0, start).spans, new.part(0, start).spans)
        ends = [each.part(len(each.text) - tail, len(each.text)).spans for each in (old, new)]
        return cls.between(old, new, start, _same_authors(*(spans[::-1] for spans in ends)))

    def done_to(self, text: AuthoredText) -> AuthoredText:
        return text.spliced(self.start, self.start + len(self.before.text), self.after)

    def undone_from(self, text: AuthoredText) -> AuthoredText:
        return text.spliced(self.start, self.start + len(self.after.text), self.before)


def _same_authors(one: Sequence[Span], other: Sequence[Span]) -> int:
    """Over how many characters, span by span from the first on, both have the same authors."""
    same = 0
    for here, there in zip(one, other, strict=False):
        if not here.is_like(there):
            break
        same += min(len(here), len(there))
        if len(here) != len(there):
            break
    return same


@dataclass(frozen=True)
class Node:
    """A state of the draft. `time` is in seconds since 1970; `change` is None for a generation,
    which leaves the text as it was; `onward` is the child that redo goes to."""

    number: int
    parent: int | None
    kind: Kind
    time: float
    change: Change | None = None
    bookmarked: bool = False
    pruned: bool = False
    onward: int | None = None


class Tree:
    """The nodes by their number; numbers rise with time, and the first is the root."""

    def __init__(self, nodes: Mapping[int, Node], current: int) -> None:
        """Raises ValueError if the nodes are not one tree that holds `current`."""
        self._nodes = dict(sorted(nodes.items()))
        self._children: dict[int, list[int]] = {number: [] for number in self._nodes}
        if current not in self._nodes:
            raise ValueError("the tree has no current node")
        self.root = next(iter(self._nodes))
        self._last = next(reversed(self._nodes))
        for number, node in self._nodes.items():
            if node.parent is None and number == self.root:
                continue
            if node.parent is None or node.parent not in self._nodes or node.parent >= number:
                raise ValueError(f"node {number} has no parent before it")
            self._children[node.parent].append(number)
        self.current = current

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def __getitem__(self, number: int) -> Node:
        return self._nodes[number]

    def holds(self, number: int) -> bool:
        """Whether there is a node of that number."""
        return number in self._nodes

    def children(self, number: int) -> list[int]:
        return self._children[number]

    def add(self, kind: Kind, time: float, change: Change | None) -> Node:
        """A new child of the current node; it becomes the current one."""
        self._last += 1
        node = Node(self._last, self.current, kind, time, change)
        self._nodes[node.number] = node
        self._children[node.number] = []
        self._children[self.current].append(node.number)
        self.put(replace(self[self.current], onward=node.number))
        self.current = node.number
        return node

    def put(self, node: Node) -> None:
        """Have `node` in place of the one of its number; its parent must be the same."""
        self._nodes[node.number] = node

    def ancestors(self, number: int) -> Iterator[int]:
        """The node itself, its parent, and so on up to the root."""
        at: int | None = number
        while at is not None:
            yield at
            at = self[at].parent

    def common_ancestor(self, one: int, other: int) -> int:
        above = set(self.ancestors(one))
        return next(number for number in self.ancestors(other) if number in above)

    def is_in_bin(self, number: int) -> bool:
        """Whether the node, or one above it, is pruned."""
        return any(self[each].pruned for each in self.ancestors(number))

    def in_bin(self) -> frozenset[int]:
        """The nodes that are pruned, and all below them."""
        found: set[int] = set()
        for node in self:  # each stands behind its parent
            if node.pruned or node.parent in found:
                found.add(node.number)
        return frozenset(found)

    def drop(self, numbers: frozenset[int]) -> None:
        """Take out nodes and all below them, for good; `numbers` names every one. Their numbers are
        not given again."""
        for number in numbers:
            parent = self._nodes.pop(number).parent
            del self._children[number]
            if parent is not None and parent not in numbers:
                self._children[parent].remove(number)

    def before(self) -> int | None:
        """Where undo goes: to the nearest other text above; None if there is none."""
        for number in self.ancestors(self.current):
            if self[number].change is not None:
                return self[number].parent
        return None

    def onward(self) -> int | None:
        """Where redo goes: to the nearest other text below, the way that was taken last."""
        at = self._onward(self.current)
        while at is not None and self[at].change is None:
            at = self._onward(at)
        return at

    def _onward(self, number: int) -> int | None:
        there = [child for child in self._children[number] if not self[child].pruned]
        last = self[number].onward
        return last if last in there else max(there, default=None)

    def text_at(self, number: int, here: AuthoredText) -> AuthoredText:
        """The text of a node; `here` is that of the current one."""
        meeting = self.common_ancestor(self.current, number)
        for each in self.ancestors(self.current):
            if each == meeting:
                break
            here = self._undone(each, here)
        way = []
        for each in self.ancestors(number):
            if each == meeting:
                break
            way.append(each)
        for each in reversed(way):
            change = self[each].change
            here = here if change is None else change.done_to(here)
        return here

    def way_to(self, number: int) -> Iterator[tuple[int, str, str]]:
        """The changes that lead from the current node to another: from which character on, and
        what gives way to what."""
        meeting = self.common_ancestor(self.current, number)
        for each in self.ancestors(self.current):
            if each == meeting:
                break
            if (change := self[each].change) is not None:
                yield change.start, change.after.text, change.before.text
        down = takewhile(lambda each: each != meeting, self.ancestors(number))
        for each in reversed(list(down)):
            if (change := self[each].change) is not None:
                yield change.start, change.before.text, change.after.text

    def replayed(self, number: int) -> AuthoredText:
        """The text of a node, made from the beginning."""
        text = AuthoredText()
        for each in reversed(list(self.ancestors(number))):
            change = self[each].change
            text = text if change is None else change.done_to(text)
        return text

    def _undone(self, number: int, text: AuthoredText) -> AuthoredText:
        change = self[number].change
        return text if change is None else change.undone_from(text)
