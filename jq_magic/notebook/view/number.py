"""Holds the numbers of outputs so that no digit is lost, and in little memory."""

from __future__ import annotations

from typing import Any

import msgspec

#: Integers of so many characters are Python's own; so are fractions of so many that Python writes the same.
INTEGER_CHARS = 18
FRACTION_CHARS = 24
#: Numbers that are shared where they come again.
SHARED = 4_096
#: Digits of an integer that are read for a comparison: CPython takes quadratic time for them.
COMPARED_DIGITS = 4_300
_WORDS = {None: "null", False: "false", True: "true"}


class Number:
    """Holds a number that Python would write in another way."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Integers(dict[str, "int | Number"]):
    """Gives the number for the text of an integer, one object for a text that comes again."""

    def __missing__(self, text: str) -> int | Number:
        value: int | Number = Number(text)
        if len(text) <= INTEGER_CHARS and text != "-0":
            value = int(text)
        if len(self) < SHARED and len(text) <= INTEGER_CHARS:
            self[text] = value
        return value


class Fractions(dict[str, "float | Number"]):
    """Gives the number for the text of a fraction, or of one with an exponent."""

    def __missing__(self, text: str) -> float | Number:
        value: float | Number = Number(text)
        if len(text) <= FRACTION_CHARS:
            near = float(text)
            value = near if msgspec.json.encode(near).decode() == text else value
            if len(self) < SHARED:
                self[text] = value
        return value


def is_number(value: Any) -> bool:
    """Say whether a value of a document is a number."""
    return isinstance(value, (int, float, Number)) and not isinstance(value, bool)


def comparable(value: float | Number) -> int | float:
    """Give a number that compares as the written one does: exactly for integers of at most COMPARED_DIGITS."""
    if not isinstance(value, Number):
        return value
    if len(value.text) <= COMPARED_DIGITS:
        try:
            return int(value.text)
        except ValueError:
            # A fraction, or more digits than the interpreter's own setting lets it read.
            pass
    return float(value.text)


def near(value: float | Number) -> float:
    """Give the float that is nearest to a number; infinity beyond all of them."""
    try:
        return float(value.text if isinstance(value, Number) else value)
    except OverflowError:
        return float("inf")


def scalar(value: Any) -> str:
    """Write a null, boolean or number as it is in the output."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, float):
        return msgspec.json.encode(value).decode()
    return _WORDS[value] if value is None or isinstance(value, bool) else str(value)
