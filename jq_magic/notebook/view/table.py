"""Shows outputs that are objects, or arrays or objects of them, as a table: columns, windows of cells in an order."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from typing import Any

from jq_magic.notebook.view.filtering import Filtering
from jq_magic.notebook.view.filters import Condition
from jq_magic.notebook.view.items import Items
from jq_magic.notebook.view.rows import Rows, across
from jq_magic.notebook.view.sorting import Sorting
from jq_magic.notebook.view.tree import KEY_CHARS, SENT_CHARS, Document, RequestError, described, sent

#: Columns that a table has; outputs with more keys are a tree only.
COLUMNS = 10_000
#: Rows of a table that is sorted.
SORTED_ROWS = 1_000_000
#: Keys of rows that are looked at for one page.
PAGE_KEYS = 1_000_000
#: Arrays of objects that are the rows of one table.
ARRAYS = 10_000
#: Rows that say whether rows share keys.
_COUNTED_ROWS = 20_000


class Table:
    """Holds rows, and columns that are the keys of the rows in first-seen order.

    Attributes:
        rows: The rows.
        columns: The keys.

    """

    def __init__(self, rows: Rows, columns: Iterable[str]) -> None:
        self.rows = rows
        self.columns = list(columns)
        self._sorting = Sorting(None, range(0))
        self._filtering = Filtering((), rows, self.columns)

    def label(self, position: int) -> str | None:
        """Give the key of a row that is a member of an object."""
        return None if self.rows.labels is None else self.rows.labels[position]

    def column(self, position: int, most: int | None = None, among: Sequence[int] | None = None) -> list[Any]:
        """Give the first cells of a column in the rows' own order.

        Args:
            most: How many; None for all.
            among: Positions of the rows that are meant, from low to high; None for all.
        Raises: RequestError.

        """
        if position >= len(self.columns):
            raise RequestError("there is no such column in this result")
        name = self.columns[position]
        if among is None:
            return self.rows.cells(name, 0, len(self.rows) if most is None else min(most, len(self.rows)))
        among = among[:most]
        cells = self.rows.cells(name, among[0], among[-1] + 1) if among else []
        return [cells[at - among[0]] for at in among]

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
            how many meet the conditions, of those that were looked at; looked: how many these are; sorted: how many
            rows are in order.
        Raises: RequestError.

        """
        names = self.columns[columns.start : columns.stop]
        index, looked_at, sorted_ = self.order(order, where)
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
        return {**answer, "rows": len(index), "looked": looked_at, "sorted": sorted_}

    def order(
        self, order: tuple[int, bool] | None, where: tuple[Condition, ...] = ()
    ) -> tuple[Sequence[int], int, int]:
        """Give positions of rows that meet some conditions, in an order, once they are.

        A request looks at so many cells, and sorts so many; the next one that asks for the same goes on from there.
        Returns: positions; how many rows were looked at for the conditions; how many are in order.
        """
        # One assignment each: another thread that answers this page goes on with the work before or with this one.
        filtering = self._filtering
        if filtering.where != where:
            filtering = self._filtering = Filtering(where, self.rows, self.columns)
        filtering.go_on()
        positions, looked = filtering.positions, filtering.looked
        if order is None or looked < len(self.rows):
            return positions, looked, 0
        sorting = self._sorting
        if sorting.key != (order, where):
            if len(self.rows) > SORTED_ROWS:
                raise RequestError(f"a table of more than {SORTED_ROWS:,} rows is not sorted here")
            if order[0] >= len(self.columns):
                raise RequestError("there is no such column in this result")
            sorting = self._sorting = Sorting((order, where), positions)
        sorting.go_on(lambda start, stop: self.rows.cells(self.columns[order[0]], start, stop), is_down=order[1])
        return sorting.positions, looked, sorting.done


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
    elif _are_objects(outputs) or (
        len(outputs) <= ARRAYS
        and all(isinstance(items, (list, Items)) and items and _are_objects(items) for items in outputs)
    ):
        rows = Rows(outputs)
    return None if rows is None else _of_rows(rows)


def _of_rows(rows: Rows) -> Table | None:
    columns: collections.Counter[str] = collections.Counter()
    counted = 0
    for part in rows.parts:
        if isinstance(part, Items):
            columns.update(part.keys(_COUNTED_ROWS, COLUMNS))
            counted += min(len(part), _COUNTED_ROWS)
        else:
            for row in part:
                columns.update(row.keys())
            counted += len(part)
        if len(columns) > COLUMNS:
            return None
    return Table(rows, columns) if columns and max(columns.values()) * 2 > counted else None


def _head(name: str) -> dict[str, str]:
    return {"k": sent(name, SENT_CHARS if len(name) > KEY_CHARS else KEY_CHARS)}


def _are_objects(values: Iterable[Any]) -> bool:
    return values.are_objects if isinstance(values, Items) else all(isinstance(value, dict) for value in values)


def _are_columns(members: Sequence[Any]) -> bool:
    """Say whether values are arrays of one length, of two items at least that hold nothing themselves."""
    are_long = all(isinstance(member, list) and len(member) == len(members[0]) > 1 for member in members)
    return are_long and not any(isinstance(item, (dict, list)) for member in members for item in member)
