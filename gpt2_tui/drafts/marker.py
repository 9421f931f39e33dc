"""A place in a draft that stays where it is while the text around it changes."""

from dataclasses import dataclass


@dataclass(eq=False)
class Marker:
    """A place before the character `at`. What is put in at that very place comes before it, so a
    marker at the end of a draft stays there."""

    at: int

    def follow(self, start: int, end: int, length: int) -> None:
        """The characters `start` to `end` gave way to `length` others."""
        if start <= self.at:
            self.at = start + length + max(self.at - end, 0)
