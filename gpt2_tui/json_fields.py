"""Reading JSON that somebody else may have written: every field by its type, or a ValueError."""

import re
from collections.abc import Sequence
from typing import Any

from gpt2_tui.settings import LARGEST_WHOLE


class JsonFields:
    """A JSON object whose fields are read by type; a wrong one is a ValueError with its name."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where} is not an object")
        self._value: dict[str, Any] = value
        self.where = where

    @property
    def names(self) -> list[str]:
        return list(self._value)

    def items(self) -> list[tuple[str, Any]]:
        return list(self._value.items())

    def only(self, names: str) -> None:
        """Refuse fields other than `names`, which are set apart by spaces."""
        if unknown := set(self._value).difference(names.split()):
            raise ValueError(f"{self.where} has an unknown field {min(unknown)!r:.60}")

    def get(self, name: str) -> object:
        if name not in self._value:
            raise ValueError(f"{self.where} has no field {name!r}")
        return self._value[name]

    def text(self, name: str, *, may_be_empty: bool = False) -> str:
        value = self.get(name)
        if not isinstance(value, str) or not (value or may_be_empty):
            raise ValueError(f"{name!r:.60} in {self.where} is not a text")
        return value

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        """A text that is wholly as `pattern` says."""
        value = self.text(name)
        if not pattern.fullmatch(value):
            raise ValueError(f"{name!r:.60} in {self.where} is not as it must be")
        return value

    def one_of(self, name: str, *known: str) -> str:
        value = self.text(name)
        if value not in known:
            raise ValueError(f"{name!r} in {self.where} is {value!r:.60}, which is unknown here")
        return value

    def integer(self, name: str) -> int:
        value = self.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{name!r} in {self.where} is not a whole number")
        return value

    def positive(self, name: str, largest: int = LARGEST_WHOLE) -> int:
        value = self.integer(name)
        if not 0 < value <= largest:
            raise ValueError(f"{name!r} in {self.where} is not between 1 and {largest}")
        return value

    def whole(self, name: str) -> int:
        """A number from 0 to the largest that every JSON reader holds exactly."""
        value = self.get(name)
        if type(value) is not int or not 0 <= value <= LARGEST_WHOLE:
            raise ValueError(f"{name!r} in {self.where} is not a whole number in range")
        return value

    def list(self, name: str) -> list[Any]:
        value = self.get(name)
        if not isinstance(value, list):
            raise ValueError(f"{name!r} in {self.where} is not a list")
        return value

    def wholes(self, name: str) -> Sequence[int]:
        values = self.list(name)
        # Without a call for each: a label holds a number for every token.
        integers = set(map(type, values)) <= {int}
        if not integers or min(values, default=0) < 0 or max(values, default=0) > LARGEST_WHOLE:
            raise ValueError(f"{name!r} in {self.where} is not a list of whole numbers")
        return values

    def object(self, name: str, names: str, optional: str = "") -> "JsonFields":
        """An object that has the fields `names`, perhaps those of `optional`, and no others."""
        fields = JsonFields(self.get(name), name)
        fields.only(f"{names} {optional}")
        for each in names.split():
            fields.get(each)
        return fields
