"""Learning rate and row length as functions of the tokens seen.

The rate warms up, stays, and decays in a line to zero (a "trapezoid"; Hägele et al. 2024,
arXiv:2405.18392). The total may be changed when a run is resumed; a decay that has begun then goes
on from the rate where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .recipe import Recipe


class ScheduleError(Exception):
    """The wished total does not fit what has been trained already."""


@dataclass(frozen=True)
class Schedule:
    """Where the run's parts begin and end, in tokens. Where the total was changed during the decay,
    at ``turn``, the rate was ``rate_at_turn``."""

    warm_up: int
    decay_from: int
    full_window_from: int
    total: int
    turn: int | None = None
    rate_at_turn: float = 1.0

    def rate(self, tokens: int) -> float:
        """Factor of the learning rates after ``tokens``, from 0 to 1."""
        if tokens < self.warm_up:
            return (tokens + 1) / (self.warm_up + 1)
        if tokens < self.decay_from:
            return 1.0
        begin = self.decay_from if self.turn is None else self.turn
        return self.rate_at_turn * max(0.0, (self.total - tokens) / (self.total - begin))


def plan(recipe: Recipe) -> Schedule:
    """The schedule of an uninterrupted run."""
    return Schedule(
        warm_up=recipe.warm_up_tokens,
        decay_from=round(recipe.tokens * (1 - recipe.decay_share)),
        full_window_from=round(recipe.tokens * (1 - recipe.full_window_share)),
        total=recipe.tokens,
    )


def replan(old: Schedule, recipe: Recipe, seen: int) -> Schedule:
    """The schedule of a run resumed after ``seen`` tokens, towards ``recipe.tokens``.

    With a new total, the decay begins at its share of it, or at once where that has passed. A
    decay that has begun goes on from the rate where it is, in a line to zero at the new total, and
    full windows that have begun stay. Raises ScheduleError if the new total leaves no room for
    either, or if the rate has come to zero already.
    """
    if recipe.tokens == old.total:
        return old
    if old.rate(seen) == 0:
        raise ScheduleError("the learning rate is zero by now; --rewind goes back before its fall")
    new = plan(recipe)
    if seen >= old.full_window_from:
        new = replace(new, full_window_from=old.full_window_from)
    elif seen >= new.full_window_from:
        raise ScheduleError(f"{recipe.tokens:,} tokens leave too little after {seen:,}")
    if seen >= recipe.tokens:
        raise ScheduleError(f"{recipe.tokens:,} tokens are no more than the {seen:,} seen")
    if seen > old.decay_from:
        return replace(new, decay_from=old.decay_from, turn=seen, rate_at_turn=old.rate(seen))
    return replace(new, decay_from=max(new.decay_from, seen))


def window(step: int, schedule: Schedule, recipe: Recipe) -> int:
    """Row length of a step: mostly short, now and then and towards the end the full window."""
    late = step * recipe.tokens_per_step >= schedule.full_window_from
    regular = step % recipe.full_window_every == recipe.full_window_every - 1
    return recipe.window if late or regular else recipe.short_window
