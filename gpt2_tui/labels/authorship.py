"""Whose words are whose: a text in which every character is human, machine, or machine and edited.

Plain data with one operation by the rules, `replaced`: an edit of any kind is one or more of those.
`part` and `spliced` take out and put in as it is, for a history that goes back and forth.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Only its name is needed here, and the desk tracks authorship before numpy is loaded.
    from gpt2_tui.continuations import Continuation


class Origin(StrEnum):
    """Who wrote a span."""

    HUMAN = "human"
    MACHINE = "machine"
    EDITED = "edited"


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` of a text; `continuation` is what a machine span came from."""

    start: int
    end: int
    origin: Origin
    continuation: "Continuation | None" = None

    def __len__(self) -> int:
        return self.end - self.start

    def moved(self, by: int) -> "Span":
        # A long draft moves thousands at every key: `replace` would take three times as long.
        return Span(self.start + by, self.end + by, self.origin, self.continuation)

    def cut(self, start: int, end: int) -> "Span":
        """What of it lies between `start` and `end`; it can be empty."""
        start = max(self.start, start)
        return replace(self, start=start, end=max(start, min(self.end, end)))

    def is_like(self, other: "Span") -> bool:
        return self.origin is other.origin and self.continuation is other.continuation


@dataclass(frozen=True)
class AuthoredText:
    """A text and its spans, which cover it in order, with no gap, no overlap and none empty."""

    text: str = ""
    spans: tuple[Span, ...] = ()

    @classmethod
    def human(cls, text: str) -> "AuthoredText":
        return cls(text, _joined([Span(0, len(text), Origin.HUMAN)]))

    @classmethod
    def kept(cls, continuation: "Continuation") -> "AuthoredText":
        """The text of a continuation. If its bytes were not all characters, the text differs from
        what the model wrote, and counts as edited."""
        text = continuation.text
        exact = text.encode("utf-8", "replace") == continuation.written
        origin = Origin.MACHINE if exact else Origin.EDITED
        return cls(text, _joined([Span(0, len(text), origin, continuation)]))

    def replaced(self, start: int, end: int, new: "AuthoredText") -> "AuthoredText":
        """This text with `new` in place of the characters `start` to `end`.

        A machine span that the edit reaches into becomes EDITED; human characters put inside it
        belong to it from then on. One that the edit only touches at an edge stays as it is.
        """
        if start == end and not new.text:
            return self
        low, high = self._around(start, end)
        before, after, torn = _split(self.spans[low:high], start, end)
        middle = [
            replace(span, origin=Origin.EDITED, continuation=torn)
            if torn is not None and span.origin is Origin.HUMAN
            else span
            for span in new.spans
        ]
        return self._with(start, end, AuthoredText(new.text, tuple(middle)), before, after)

    def reach(self, start: int, end: int) -> tuple[int, int]:
        """The stretch in which `replaced(start, end, …)` changes anything, origins included."""
        low, high = self._around(start, end)
        for span in self.spans[low:high]:
            if span.origin is Origin.MACHINE and span.start < end and span.end > start:
                start, end = min(start, span.start), max(end, span.end)
        return start, end

    def part(self, start: int, end: int) -> "AuthoredText":
        """The characters `start` to `end` with the origins they have."""
        low, high = self._around(start, end)
        spans = [span.cut(start, end).moved(-start) for span in self.spans[low:high]]
        return AuthoredText(self.text[start:end], _joined(spans))

    def spliced(self, start: int, end: int, new: "AuthoredText") -> "AuthoredText":
        """This text with `new` in place of the characters `start` to `end`; no origin changes."""
        low, high = self._around(start, end)
        near = self.spans[low:high]
        before = [span.cut(0, start) for span in near]
        after = [span.cut(end, len(self.text)) for span in near]
        return self._with(start, end, new, before, after)

    def _around(self, start: int, end: int) -> tuple[int, int]:
        """From which to which span an edit of these characters can change or join any: a draft of
        thousands has few of them there."""
        low = bisect_left(self.spans, start, key=lambda span: span.end)
        high = bisect_right(self.spans, end, key=lambda span: span.start)
        return max(low - 1, 0), high + 1

    def _with(
        self, start: int, end: int, new: "AuthoredText", before: list[Span], after: list[Span]
    ) -> "AuthoredText":
        """`new` in place of the characters `start` to `end`, with what is left of the spans around
        it before and after."""
        low, high = self._around(start, end)
        shift = len(new.text) - (end - start)
        near = [
            *before,
            *(span.moved(start) for span in new.spans),
            *(span.moved(shift) for span in after),
        ]
        far = self.spans[high:]
        moved = far if shift == 0 else tuple(span.moved(shift) for span in far)
        return AuthoredText(
            self.text[:start] + new.text + self.text[end:],
            (*self.spans[:low], *_joined(near), *moved),
        )

    @property
    def synthetic_share(self) -> float:
        """The share of characters that are not human, from 0 to 1."""
        synthetic = sum(len(span) for span in self.spans if span.origin is not Origin.HUMAN)
        return synthetic / len(self.text) if self.text else 0.0

    @property
    def synthetic_percent(self) -> int:
        """The same in whole per cent; what is not human at all is 1 at least."""
        share = self.synthetic_share
        return max(round(100 * share), 1) if share else 0


def _split(
    spans: Sequence[Span], start: int, end: int
) -> tuple[list[Span], list[Span], "Continuation | None"]:
    """The spans before `start`, those after `end`, and what an edit there would tear, if any."""
    before: list[Span] = []
    after: list[Span] = []
    torn: Continuation | None = None
    for span in spans:
        reaches_in = span.start < end and span.end > start
        inside = span.start < start and span.end > end
        if span.origin is not Origin.HUMAN and (reaches_in or inside):
            span = replace(span, origin=Origin.EDITED)
            if inside:
                torn = span.continuation
        if span.start < start:
            before.append(replace(span, end=min(span.end, start)))
        if span.end > end:
            after.append(replace(span, start=max(span.start, end)))
    return before, after, torn


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """Without empty spans, and with like neighbours made one."""

    def runs() -> Iterator[Span]:
        current: Span | None = None
        for span in spans:
            if len(span) == 0:
                continue
            if current is not None and current.is_like(span):
                current = replace(current, end=span.end)
                continue
            if current is not None:
                yield current
            current = span
        if current is not None:
            yield current

    return tuple(runs())


def common_ends(one: str, other: str) -> tuple[int, int]:
    """Lengths of the longest common start and, behind it, of the longest common end."""
    start = _common_start(one, other)
    most = min(len(one), len(other)) - start
    return start, _common_start(one[::-1][:most], other[::-1][:most])


def _common_start(one: str, other: str) -> int:
    """Length of the longest common start, by halving: comparing slices is fast, loops are not."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
