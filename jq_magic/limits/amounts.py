"""Reads and writes amounts the way people do: counts, sizes in bytes, times in seconds."""

from __future__ import annotations

import enum
import math
import re

from jq_magic.errors import LimitValueError

_BYTE_FACTORS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_BYTE_FACTORS |= {"k": 2**10, "m": 2**20, "g": 2**30}
_SECOND_FACTORS = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0, "m": 60.0, "h": 3600.0}
_NUMBER = re.compile(r"([0-9][0-9_,]{0,30}(?:\.[0-9]{1,20})?(?:[eE]\+?[0-9]{1,3})?)\s*([a-zA-Zµ]{0,3})")
#: Characters of a text that an error quotes.
_QUOTED_CHARS = 40


class Unit(enum.Enum):
    """The unit of a limit, with the ways to read and write an amount in it."""

    COUNT = "whole number"
    BYTES = "size"
    SECONDS = "time"

    def read(self, text: str) -> float:
        """Read what a person wrote, such as 1e6, 64MiB or 500ms. Raises: LimitValueError."""
        return {Unit.COUNT: read_count, Unit.BYTES: read_bytes, Unit.SECONDS: read_seconds}[self](text)

    def show(self, amount: float) -> str:
        """Write an amount for a person, such as 48,112, 2.4 MiB or 1.3 ms."""
        return {Unit.COUNT: show_count, Unit.BYTES: show_bytes, Unit.SECONDS: show_seconds}[self](amount)

    def option(self, amount: float) -> str:
        """Write an amount as an option's value, without a blank; sizes are rounded up to whole MiB."""
        if self is Unit.SECONDS:
            return f"{amount:g}s"
        if self is Unit.BYTES:
            return f"{math.ceil(amount / 2**20)}MiB" if amount >= 2**20 else str(math.ceil(amount))
        return show_count(amount).replace(",", "_")

    def python(self, amount: float) -> str:
        """Write an amount as a number in Python source."""
        if self is Unit.SECONDS:
            return f"{amount:g}"
        return str(int(amount)) if self is Unit.BYTES else self.option(amount)


def read_count(text: str) -> int:
    """Read a number such as 1e6, 20_000 or 1.5e9. Raises: LimitValueError."""
    number, _ = _parse(text, "whole number", {"": 1.0}, "1e6 or 20_000")
    if not math.isfinite(number) or number != int(number) or number < 1:
        raise LimitValueError(f"{text[:_QUOTED_CHARS]!r} is no whole number above 0; write for example 1e6")
    return int(number)


def read_bytes(text: str) -> int:
    """Read a size such as 64MiB, 1.5GB or 4096. Raises: LimitValueError."""
    number, unit = _parse(text, "size", _BYTE_FACTORS, "64MiB or 1e6")
    size = number * _BYTE_FACTORS[unit]
    if not math.isfinite(size) or size < 1:
        raise LimitValueError(f"{text[:_QUOTED_CHARS]!r} is no size above 0; write for example 64MiB")
    return int(size)


def read_seconds(text: str) -> float:
    """Read a time such as 2s, 500ms, 1.5 or 2min. Raises: LimitValueError."""
    number, unit = _parse(text, "time", _SECOND_FACTORS, "2s or 500ms")
    seconds = number * _SECOND_FACTORS[unit]
    if not math.isfinite(seconds) or seconds <= 0:
        raise LimitValueError(f"{text[:_QUOTED_CHARS]!r} is no time above 0; write for example 2s")
    return float(seconds)


def show_bytes(size: float) -> str:
    """Write a size as people read it: 2.4 MiB."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= factor:
            return f"{_three_digits(size / factor)} {unit}"
    return f"{size:,.0f} bytes"


def show_seconds(seconds: float) -> str:
    """Write a time as people read it: 1.3 ms."""
    if seconds >= 1:
        return f"{_three_digits(seconds)} s"
    if seconds >= 1e-3:
        return f"{_three_digits(seconds * 1e3)} ms"
    return f"{_three_digits(seconds * 1e6)} µs"


def show_count(count: float) -> str:
    """Write a count as people read it: 48,112, but 1e6 and 2e10 for round large numbers."""
    text = f"{count:.0e}".replace("e+0", "e").replace("e+", "e")
    return text if count >= 10**5 and float(text) == count else f"{count:,.0f}"


def _parse(text: str, what: str, factors: dict[str, float] | dict[str, int], example: str) -> tuple[float, str]:
    match = _NUMBER.fullmatch(text.strip())
    unit = match[2].lower() if match else None
    if match is None or unit not in factors:
        raise LimitValueError(f"{text[:_QUOTED_CHARS]!r} is no {what}; write for example {example}")
    return float(match[1].replace("_", "").replace(",", "")), str(unit)


def _three_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 99.95 else f"{number:.1f}".removesuffix(".0")
