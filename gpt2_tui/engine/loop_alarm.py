"""Whether a continuation goes round in a circle: the same tokens in the same order, over and over.

Language models fall into such loops, most of all where little is left to chance (Holtzman et al.
2020, "The Curious Case of Neural Text Degeneration"), and hardly ever come out of one.
"""

from collections.abc import Iterable

RULE = "cycle-3/1"
"""The name under which labels record the rule; another rule needs another name."""

_LONGEST_CYCLE = 100
_ROUNDS = 3
_LEAST_TOKENS = 40
"""A cycle counts once it stands there three times, and for so many tokens at least: people too
write rows of dots, refrains and laughter."""


class LoopAlarm:
    """Told of each token as it comes. A cycle is 1 to 100 tokens long."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        # For each length of a cycle, how many of the last tokens are those one length before.
        self._again = [0] * (_LONGEST_CYCLE + 1)
        self.start: int | None = None
        """Where the loop began: the number of tokens before its first round; None without one."""

    def push(self, token_id: int) -> bool:
        """Whether a loop is there, with this token."""
        place = len(self._ids)
        self._ids.append(token_id)
        for cycle in range(1, min(_LONGEST_CYCLE, place) + 1):
            if self._ids[place - cycle] != token_id:
                self._again[cycle] = 0
                continue
            self._again[cycle] += 1
            length = self._again[cycle] + cycle
            if length >= max(_ROUNDS * cycle, _LEAST_TOKENS) and self.start is None:
                self.start = place + 1 - length
        return self.start is not None


def loop_start(ids: Iterable[int]) -> int | None:
    """How many tokens stand before the first loop in `ids`; None if there is none."""
    alarm = LoopAlarm()
    for token_id in ids:
        if alarm.push(token_id):
            break
    return alarm.start
