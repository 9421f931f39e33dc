"""A draft's history as rows to look at, and two of its states side by side."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gpt2_tui.drafts.draft import Draft
from gpt2_tui.drafts.tree import Kind, Node, Tree
from gpt2_tui.labels.authorship import AuthoredText, common_ends


@dataclass(frozen=True)
class Row:
    """A node, how many branches deep it lies, whether it is the first of its branch, and how many
    edits it stands for."""

    node: Node
    depth: int
    is_first: bool
    edits: int = 1
    is_current: bool = False
    is_in_bin: bool = False


@dataclass(frozen=True)
class Comparison:
    """Two states, and the length of their common start in characters."""

    one: AuthoredText
    other: AuthoredText
    common: int


def rows(tree: Tree, *, folded: bool = True, with_bin: bool = False) -> list[Row]:
    """From the beginning on; a side branch stands before what it branched off from goes on.

    Folded, edits that follow each other are one row, but for where there is something to see.
    """
    found: list[Row] = []
    for row in _rows(tree, with_bin):
        last = found[-1] if found else None
        if folded and last is not None and _is_one(tree, last, row):
            found[-1] = replace(row, is_first=last.is_first, edits=last.edits + 1)
        else:
            found.append(row)
    return found


def _rows(tree: Tree, with_bin: bool) -> Iterator[Row]:
    here = set(tree.ancestors(tree.current))
    waiting = [(tree.root, 0, False, False)]
    while waiting:
        number, depth, is_first, is_in_bin = waiting.pop()
        node = tree[number]
        is_in_bin = is_in_bin or node.pruned
        if is_in_bin and not with_bin:
            continue
        is_current = number == tree.current
        yield Row(node, depth, is_first, is_current=is_current, is_in_bin=is_in_bin)
        children = tree.children(number)
        if children:
            main = _main(tree, node, here)
            waiting.append((main, depth, False, is_in_bin))
            aside = [each for each in reversed(children) if each != main]
            waiting += [(each, depth + 1, True, is_in_bin) for each in aside]


def _main(tree: Tree, node: Node, here: set[int]) -> int:
    """The child that the row goes on with: towards where the draft is, or was last."""
    children = [child for child in tree.children(node.number) if not tree[child].pruned]
    for child in children:
        if child in here:
            return child
    if node.onward in children:
        return node.onward
    return max(children or tree.children(node.number))


def _is_one(tree: Tree, last: Row, row: Row) -> bool:
    return (
        last.node.kind is row.node.kind is Kind.EDIT
        and row.node.parent == last.node.number
        and len(tree.children(last.node.number)) == 1
        and not last.node.bookmarked
        and not last.is_current
        and last.is_in_bin == row.is_in_bin
    )


def what_changed(node: Node) -> tuple[AuthoredText, AuthoredText]:
    """The text that a node took out, and what it put in."""
    if node.change is None:
        return AuthoredText(), AuthoredText()
    before, after = node.change.before, node.change.after
    start, tail = common_ends(before.text, after.text)
    return before.part(start, len(before.text) - tail), after.part(start, len(after.text) - tail)


def compare(draft: Draft, one: int, other: int) -> Comparison:
    first, second = draft.text_at(one), draft.text_at(other)
    common, _ = common_ends(first.text, second.text)
    return Comparison(first, second, common)
