"""Learning rate and row length as functions of the tokens seen.

The rate warms up, stays, and decays in a line to zero (a "trapezoid"; Hägele et al. 2024,
arXiv:2405.18392). As long as the decay has not begun, the total may still be changed; after that
it may only become smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .recipe import Recipe


class ScheduleError(Exception):
    """The wished total does not fit what has been trained already."""


@dataclass(frozen=True)
class Schedule:
    """Where the run's parts begin and end, in tokens."""

    warm_up: int
    decay_from: int
    full_window_from: int
    total: int

    def rate(self, tokens: int) -> float:
        """Factor of the learning rates after ``tokens``, from 0 to 1."""
        if tokens < self.warm_up:
            return (tokens + 1) / (self.warm_up + 1)
        if tokens < self.decay_from:
            return 1.0
        return max(0.0, (self.total - tokens) / (self.total - self.decay_from))


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
    decay that has begun goes on from the rate where it is, to zero at a smaller total.
    """
    if recipe.tokens == old.total:
        return old
    decays = seen > old.decay_from
    if decays and recipe.tokens > old.total:
        raise ScheduleError(
            f"the decay towards {old.total:,} tokens began at {old.decay_from:,}: "
            "go back to the snapshot from before it with --rewind"
        )
    new = plan(recipe)
    if seen >= new.full_window_from:
        raise ScheduleError(f"{recipe.tokens:,} tokens leave too little after {seen:,}")
    if decays:
        # The line to zero from here is that of a decay which began later at the full rate.
        whole = round((new.total - seen) / old.rate(seen))
        return replace(new, decay_from=new.total - whole)
    return replace(new, decay_from=max(new.decay_from, seen))


def window(step: int, schedule: Schedule, recipe: Recipe) -> int:
    """Row length of a step: mostly short, now and then and towards the end the full window."""
    late = step * recipe.tokens_per_step >= schedule.full_window_from
    regular = step % recipe.full_window_every == recipe.full_window_every - 1
    return recipe.window if late or regular else recipe.short_window
