"""Taking what a model wrote into a draft: all of it, or a line, a sentence, a word at a time."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gpt2_tui.drafts.draft import Draft
from gpt2_tui.labels.authorship import AuthoredText
from gpt2_tui.text.sentences import Unit, units

if TYPE_CHECKING:
    from gpt2_tui.continuations import Continuation

Keep = Callable[[AuthoredText, int], None]
"""Puts a part of a continuation's text at a place of the draft."""

_NONE = AuthoredText()


class Taking:
    """Takes of the continuations that were written at one place of a draft. Each take goes behind
    the one before, wherever the place has moved to, and is a node of the draft's history."""

    def __init__(self, draft: Draft, at: int, keep: Keep) -> None:
        self._draft = draft
        self._place = draft.mark(at)
        self._keep = keep
        # By continuation: the node of each take, and how many characters were taken with it.
        self._takes: dict[int, list[tuple[int, int]]] = {}

    @property
    def behind(self) -> AuthoredText:
        """What the draft has behind the place, and behind all that was taken."""
        whole = self._draft.authored
        return whole.part(self._place.at, len(whole.text))

    def taken(self, continuation: "Continuation") -> int:
        """How many characters of its text are taken; what was undone is not, and nothing is where
        the draft has no word of it any more."""
        if all(span.continuation is not continuation for span in self._draft.authored.spans):
            return 0
        takes = self._takes.get(id(continuation), [])
        return max((end for node, end in takes if self._draft.has_behind_it(node)), default=0)

    def take(self, continuation: "Continuation", unit: Unit, ending: AuthoredText = _NONE) -> str:
        """Take the next unit of it; what was taken, or nothing if no more is left. `ending` is what
        its prompt had more than the draft has, and goes in with its beginning."""
        taken = self.taken(continuation)
        following = units(continuation.text[taken:], unit)
        end = taken + len(following[0]) if following else taken
        return self.take_until(continuation, end, _NONE if taken else ending)

    def take_until(
        self, continuation: "Continuation", end: int, ending: AuthoredText = _NONE
    ) -> str:
        """Take what is left of its first `end` characters, behind `ending`; what was taken."""
        part = AuthoredText.kept(continuation).part(self.taken(continuation), end)
        if part.text:
            last = len(ending.text)
            self._keep(ending.replaced(last, last, part), self._place.at)
            takes = self._takes.setdefault(id(continuation), [])
            takes.append((self._draft.tree.current, end))
        return part.text
