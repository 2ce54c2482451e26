"""Shows outputs that are objects, or arrays of them, as a table: columns, sorted windows of cells."""

from __future__ import annotations

import array
import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jq_magic.notebook.view.number import comparable
from jq_magic.notebook.view.tree import KEY_CHARS, SENT_CHARS, At, Document, RequestError, described, kind, sent

#: Columns that a table has; outputs with more keys are a tree only.
COLUMNS = 10_000
#: Rows of a table that is sorted.
SORTED_ROWS = 1_000_000
#: Keys of rows that are looked at for one page.
PAGE_KEYS = 1_000_000
#: The order of types, as jq sorts them; what is missing comes last in both directions.
_ORDER = {"null": 0, "boolean": 1, "number": 2, "string": 3, "array": 4, "object": 5}
#: What stands for a cell whose object lacks the column's key.
MISSING = object()


class Rows:
    """Names the rows of a document; they are the document's own objects.

    Args:
        outputs: At least one, all objects, or all arrays of objects.

    """

    def __init__(self, outputs: Sequence[Any]) -> None:
        self._outputs = outputs
        self._ends: array.array[int] | None = None
        if isinstance(outputs[0], list):
            self._ends = array.array("Q", itertools.accumulate(map(len, outputs)))

    def __len__(self) -> int:
        return len(self._outputs) if self._ends is None else self._ends[-1]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._outputs) if self._ends is None else itertools.chain.from_iterable(self._outputs)

    def place(self, position: int) -> At:
        """Give the place of a row in the document."""
        if self._ends is None:
            return (position,)
        output = bisect.bisect_right(self._ends, position)
        return output, position - (self._ends[output - 1] if output else 0)

    def row(self, position: int) -> dict[str, Any]:
        """Give a row."""
        value: Any = self._outputs
        for step in self.place(position):
            value = value[step]
        row: dict[str, Any] = value
        return row


class Table:
    """Holds rows, and columns that are the keys of the rows in first-seen order.

    Attributes:
        rows: The rows.
        columns: The keys.

    """

    def __init__(self, rows: Rows, columns: Iterable[str]) -> None:
        self.rows = rows
        self.columns = list(columns)
        self._sorted: tuple[tuple[int, bool] | None, Sequence[int]] = (None, range(len(rows)))

    def column(self, position: int, most: int | None = None) -> list[Any]:
        """Give the cells of a column in the rows' own order, `most` of them. Raises: RequestError."""
        if position >= len(self.columns):
            raise RequestError("there is no such column in this result")
        name = self.columns[position]
        return [row.get(name, MISSING) for row in itertools.islice(self.rows, most)]

    def window(self, rows: range, columns: range, order: tuple[int, bool] | None) -> dict[str, Any]:
        """Describe the cells of some rows and columns.

        Args:
            order: (position of a column, whether from high to low); None for the outputs' order.
        Returns: names of the columns; at: each row's place; cells: described values, null for a missing one;
            keys: the position of each cell in its row's object, for its place.
        Raises: RequestError.

        """
        names = self.columns[columns.start : columns.stop]
        index = self._order(order)
        cells, places, keys = [], [], []
        looked = 0
        for position in index[rows.start : rows.stop]:
            row = self.rows.row(position)
            looked += len(row)
            if looked > PAGE_KEYS:
                raise RequestError("these rows have too many keys for one page")
            where = {key: place for place, key in enumerate(row)}
            cells.append([described(row[name]) if name in row else None for name in names])
            keys.append([where.get(name, -1) for name in names])
            places.append(list(self.rows.place(position)))
        heads = [{"k": sent(name, SENT_CHARS if len(name) > KEY_CHARS else KEY_CHARS)} for name in names]
        return {"names": heads, "at": places, "cells": cells, "keys": keys}

    def _order(self, order: tuple[int, bool] | None) -> Sequence[int]:
        if order is None:
            return range(len(self.rows))
        column, is_down = order
        last = self._sorted
        if last[0] != order:
            if len(self.rows) > SORTED_ROWS:
                raise RequestError(f"a table of more than {SORTED_ROWS:,} rows is not sorted here")
            cells = self.column(column)
            present = [position for position, cell in enumerate(cells) if cell is not MISSING]
            missing = [position for position, cell in enumerate(cells) if cell is MISSING]
            present.sort(key=lambda position: _rank(cells[position]), reverse=is_down)
            ordered = array.array("Q", present + missing)
            # One assignment: another thread that answers this page reads the order before or this one.
            self._sorted = (order, ordered)
            return ordered
        return last[1]


def table_of(document: Document) -> Table | None:
    """Make the table that a document is, if all outputs are objects or all are arrays of objects with a key in one."""
    outputs = document.outputs
    if not outputs or not (_are_objects(outputs) or all(isinstance(rows, list) and rows for rows in outputs)):
        return None
    if isinstance(outputs[0], list) and not all(map(_are_objects, outputs)):
        return None
    rows = Rows(outputs)
    columns: dict[str, None] = {}
    for row in rows:
        columns.update(dict.fromkeys(row))
        if len(columns) > COLUMNS:
            return None
    return Table(rows, columns) if columns else None


def _are_objects(values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _rank(value: Any) -> tuple[int, Any]:
    name = kind(value)
    if name == "number":
        return _ORDER[name], comparable(value)
    if name in {"array", "object"}:
        return _ORDER[name], len(value)
    return _ORDER[name], 0 if value is None else value
