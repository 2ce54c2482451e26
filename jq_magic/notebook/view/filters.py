"""Reads which rows of a table a page wants to see, and says of a row whether it is one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from jq_magic.notebook.view.dates import date_ms
from jq_magic.notebook.view.number import is_number, near, scalar
from jq_magic.notebook.view.tree import NESTED, RequestError, sent

#: Conditions that a row meets, all of them, and characters of the text of one.
CONDITIONS = 8
WANTED_CHARS = 1_000
#: Characters of a text that a profile of a column names a bar by.
LABEL_CHARS = 60

Row = dict[str, Any]


class Condition(NamedTuple):
    """One condition on a row.

    Attributes:
        column: Position of the column; None for any cell of the row.
        text: What a cell's text contains, whatever its case; None for no such condition.
        label: What a cell's text is, up to LABEL_CHARS; None for no such condition.
        low, high: The range of a number, or of a date in milliseconds; None where it has no end.
        is_open: Whether `high` itself is outside of the range.

    """

    column: int | None
    text: str | None
    label: str | None
    low: float | None
    high: float | None
    is_open: bool

    def test(self, columns: list[str]) -> Callable[[Row], bool]:
        """Give the function that says whether a row meets the condition. Raises: RequestError."""
        if self.column is None:
            wanted = self.text or ""
            return lambda row: any(wanted in cell_text(value).casefold() for value in row.values())
        if self.column >= len(columns):
            raise RequestError("there is no such column in this result")
        name, meets = columns[self.column], self.meets
        return lambda row: name in row and meets(row[name])

    @property
    def is_on_text(self) -> bool:
        """Whether it is a condition on the text of a cell, as it is written, and not on a number."""
        return self.text is not None or self.label is not None

    def meets(self, cell: Any) -> bool:
        """Say whether a cell of the column meets the condition."""
        if self.text is not None:
            return self.text in cell_text(cell).casefold()
        if self.label is not None:
            return sent(cell_text(cell), LABEL_CHARS) == self.label
        at = position(cell)
        if at is None or (self.low is not None and at < self.low):
            return False
        return self.high is None or (at < self.high if self.is_open else at <= self.high)


def read(where: object) -> tuple[Condition, ...]:
    """Check the conditions of a request. Raises: RequestError."""
    if where is None:
        return ()
    if not isinstance(where, list) or len(where) > CONDITIONS:
        raise RequestError(f"a filter is a list of {CONDITIONS} conditions at most")
    return tuple(map(_condition, where))


def cell_text(value: Any) -> str:
    """Give the text of a value that a filter looks at; arrays and objects have none."""
    if isinstance(value, str):
        return value
    return "" if isinstance(value, NESTED) else scalar(value)


def position(value: Any) -> float | None:
    """Give where a value stands on the axis of its column: a number, or a date's milliseconds; None for others."""
    return near(value) if is_number(value) else date_ms(value)


def _condition(wanted: object) -> Condition:
    if not isinstance(wanted, dict):
        raise RequestError("a condition is an object")
    column, text, label = wanted.get("column"), wanted.get("text"), wanted.get("label")
    if column is not None and (isinstance(column, bool) or not isinstance(column, int) or column < 0):
        raise RequestError("the column is a whole number from 0")
    for words in (text, label):
        if words is not None and (not isinstance(words, str) or len(words) > WANTED_CHARS):
            raise RequestError(f"a filter looks for {WANTED_CHARS:,} characters at most")
    low, high = _end(wanted.get("low")), _end(wanted.get("high"))
    if column is None and not text:
        raise RequestError("a condition on no column has a text")
    folded = text.casefold() if isinstance(text, str) else None
    return Condition(column, folded, label, low, high, wanted.get("open") is True)


def _end(number: object) -> float | None:
    if number is None:
        return None
    try:
        if isinstance(number, (int, float)) and not isinstance(number, bool) and math.isfinite(number):
            return float(number)
    except OverflowError:
        pass
    raise RequestError("an end of a range is a finite number")
