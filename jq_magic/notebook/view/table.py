"""Shows outputs that are objects, or arrays or objects of them, as a table: columns, windows of cells in an order."""

from __future__ import annotations

import array
import collections
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from jq_magic.notebook.view.filters import Condition
from jq_magic.notebook.view.number import comparable
from jq_magic.notebook.view.rows import Rows, across
from jq_magic.notebook.view.tree import KEY_CHARS, SENT_CHARS, Document, RequestError, described, kind, sent

#: Columns that a table has; outputs with more keys are a tree only.
COLUMNS = 10_000
#: Rows of a table that is sorted.
SORTED_ROWS = 1_000_000
#: Keys of rows that are looked at for one page.
PAGE_KEYS = 1_000_000
#: Cells that a filter looks at for one request.
LOOKED_CELLS = 150_000
#: The order of types, as jq sorts them; what is missing comes last in both directions.
_ORDER = {"null": 0, "boolean": 1, "number": 2, "string": 3, "array": 4, "object": 5}
#: What stands for a cell whose object lacks the column's key.
MISSING = object()


class _Filtered(NamedTuple):
    where: tuple[Condition, ...]
    positions: array.array[int]
    looked: int


class Table:
    """Holds rows, and columns that are the keys of the rows in first-seen order.

    Attributes:
        rows: The rows.
        columns: The keys.

    """

    def __init__(self, rows: Rows, columns: Iterable[str]) -> None:
        self.rows = rows
        self.columns = list(columns)
        self._sorted: tuple[Any, Sequence[int]] = (None, range(len(rows)))
        self._filtered = _Filtered((), array.array("Q"), 0)

    def label(self, position: int) -> str | None:
        """Give the key of a row that is a member of an object."""
        return None if self.rows.labels is None else self.rows.labels[position]

    def column(self, position: int, most: int | None = None) -> list[Any]:
        """Give the cells of a column in the rows' own order, `most` of them. Raises: RequestError."""
        if position >= len(self.columns):
            raise RequestError("there is no such column in this result")
        name = self.columns[position]
        return [row.get(name, MISSING) for row in itertools.islice(self.rows, most)]

    def sample(self, most: int) -> list[dict[str, Any]]:
        """Give `most` rows at equal distances, all where there are no more."""
        step = max(1, -(-len(self.rows) // most))
        return [self.rows.row(position) for position in range(0, len(self.rows), step)]

    def window(
        self, rows: range, columns: range, order: tuple[int, bool] | None, where: tuple[Condition, ...] = ()
    ) -> dict[str, Any]:
        """Describe the cells of some rows and columns.

        Args:
            order: (position of a column, whether from high to low); None for the outputs' order.
            where: Conditions that the rows meet.
        Returns: names of the columns; at: each row's place, labels: its key, where rows have one; cells: described
            values, null for a missing one; keys: the position of each cell in its row's object, for its place; rows:
            how many meet the conditions, of those that were looked at; looked: how many these are.
        Raises: RequestError.

        """
        names = self.columns[columns.start : columns.stop]
        index, looked_at = self.order(order, where)
        cells, places, keys, labels = [], [], [], []
        looked = 0
        for position in index[rows.start : rows.stop]:
            row = self.rows.row(position)
            looked += len(row)
            if looked > PAGE_KEYS:
                raise RequestError("these rows have too many keys for one page")
            by_key = {key: place for place, key in enumerate(row)}
            cells.append([described(row[name]) if name in row else None for name in names])
            keys.append([by_key.get(name, -1) for name in names])
            places.append(list(self.rows.place(position)))
            labels.append(position if self.rows.labels is None else _head(self.rows.labels[position]))
        heads = [_head(name) for name in names]
        answer = {"names": heads, "at": places, "labels": labels, "cells": cells, "keys": keys}
        return {**answer, "rows": len(index), "looked": looked_at}

    def order(self, order: tuple[int, bool] | None, where: tuple[Condition, ...] = ()) -> tuple[Sequence[int], int]:
        """Give positions of rows that meet some conditions, in an order, and how many rows were looked at for them.

        A request looks at LOOKED_CELLS; the next one with the same conditions goes on from there.
        """
        positions: Sequence[int] = range(len(self.rows))
        looked = len(self.rows)
        if where:
            filtered = self._filter(where)
            positions, looked = filtered.positions, filtered.looked
        if order is None or looked < len(self.rows):
            return positions, looked
        # One assignment below: another thread that answers this page reads the order before or this one.
        last = self._sorted
        if last[0] != (order, where):
            if len(self.rows) > SORTED_ROWS:
                raise RequestError(f"a table of more than {SORTED_ROWS:,} rows is not sorted here")
            column, is_down = order
            cells = self.column(column)
            present = [position for position in positions if cells[position] is not MISSING]
            missing = [position for position in positions if cells[position] is MISSING]
            present.sort(key=lambda position: _rank(cells[position]), reverse=is_down)
            last = self._sorted = ((order, where), array.array("Q", present + missing))
        return last[1], looked

    def _filter(self, where: tuple[Condition, ...]) -> _Filtered:
        last = self._filtered
        if last.where != where:
            last = _Filtered(where, array.array("Q"), 0)
        tests = [condition.test(self.columns) for condition in where]
        positions = array.array("Q", last.positions)
        position, cells = last.looked, 0
        while position < len(self.rows) and cells < LOOKED_CELLS:
            row = self.rows.row(position)
            cells += len(row) + len(where)
            if all(test(row) for test in tests):
                positions.append(position)
            position += 1
        self._filtered = last = _Filtered(where, positions, position)
        return last


def table_of(document: Document) -> Table | None:
    """Make the table that a document is, if one is.

    Rows are the outputs when all are objects, their items when all are arrays of objects, or the members of a single
    object when all of them are objects; the columns of a single object whose members are arrays of one length are those
    arrays. More than half of the rows have a key in common: others are no table to read.
    """
    outputs = document.outputs
    if not outputs:
        return None
    rows: Rows | None = None
    only = outputs[0] if len(outputs) == 1 and isinstance(outputs[0], dict) else {}
    if len(only) > 1 and _are_objects(only.values()):
        rows = Rows(outputs, is_named=True)
    elif len(only) > 1 and _are_columns(list(only.values())):
        rows = Rows(across(only), is_across=True)
    elif _are_objects(outputs) or all(isinstance(items, list) and items and _are_objects(items) for items in outputs):
        rows = Rows(outputs)
    return None if rows is None else _of_rows(rows)


def _of_rows(rows: Rows) -> Table | None:
    columns: collections.Counter[str] = collections.Counter()
    for row in rows:
        columns.update(row.keys())
        if len(columns) > COLUMNS:
            return None
    return Table(rows, columns) if columns and max(columns.values()) * 2 > len(rows) else None


def _head(name: str) -> dict[str, str]:
    return {"k": sent(name, SENT_CHARS if len(name) > KEY_CHARS else KEY_CHARS)}


def _are_objects(values: Iterable[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _are_columns(members: Sequence[Any]) -> bool:
    """Say whether values are arrays of one length, of two items at least that hold nothing themselves."""
    are_long = all(isinstance(member, list) and len(member) == len(members[0]) > 1 for member in members)
    return are_long and not any(isinstance(item, (dict, list)) for member in members for item in member)


def _rank(value: Any) -> tuple[int, Any]:
    name = kind(value)
    if name == "number":
        return _ORDER[name], comparable(value)
    if name in {"array", "object"}:
        return _ORDER[name], len(value)
    return _ORDER[name], 0 if value is None else value
