"""What a draft hands over to be stored: plain data, so that any thread can store it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from gpt2_tui.drafts.tree import Node
from gpt2_tui.labels.authorship import AuthoredText

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Made:
    """A continuation that was written for a draft, and at which node."""

    number: int
    node: int
    continuation: "Continuation"


@dataclass(frozen=True)
class Head:
    """Where a draft stands, and since when: its text, its node, and the cursor as a number of
    characters."""

    authored: AuthoredText
    node: int
    cursor: int
    time: float


@dataclass(frozen=True)
class Changes:
    """The nodes and continuations that are new or changed, the numbers of those that are gone, and
    where the draft stands now.

    `number_of` gives the number of a continuation; it can be asked on any thread.
    """

    nodes: Mapping[int, Node]
    made: Mapping[int, Made]
    head: Head
    number_of: "Callable[[Continuation], int]"
    gone_nodes: frozenset[int] = frozenset()
    gone_made: frozenset[int] = frozenset()

    def followed_by(self, later: "Changes") -> "Changes":
        return replace(
            later,
            nodes={**_without(self.nodes, later.gone_nodes), **later.nodes},
            made={**_without(self.made, later.gone_made), **later.made},
            gone_nodes=(self.gone_nodes - later.nodes.keys()) | later.gone_nodes,
            gone_made=(self.gone_made - later.made.keys()) | later.gone_made,
        )


def _without(items: Mapping[int, _Item], numbers: frozenset[int]) -> dict[int, _Item]:
    return {number: item for number, item in items.items() if number not in numbers}
