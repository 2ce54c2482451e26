"""Outputs that are objects, or arrays of them, as a table: columns, sorted windows of cells."""

from __future__ import annotations

from typing import Any

from jq_magic.notebook.view.tree import KEY_CHARS, SENT_CHARS, At, Document, RequestError, described, kind

#: The order of types, as jq sorts them; what is missing comes last in both directions.
_ORDER = {"null": 0, "boolean": 1, "number": 2, "string": 3, "array": 4, "object": 5}
#: What stands for a cell whose object lacks the column's key.
MISSING = object()


class Table:
    """Rows are objects; columns are their keys in first-seen order.

    Attributes:
        rows: Each row's place in the document, and the row.
        columns: The keys.

    """

    def __init__(self, rows: list[tuple[At, dict[str, Any]]]) -> None:
        self.rows = rows
        self.columns = list(dict.fromkeys(key for _, row in rows for key in row))
        self._sorted: tuple[tuple[int, bool] | None, list[int]] = (None, [])

    def column(self, position: int) -> list[Any]:
        """The cells of a column in the rows' own order. Raises: RequestError."""
        if position >= len(self.columns):
            raise RequestError("there is no such column in this result")
        name = self.columns[position]
        return [row.get(name, MISSING) for _, row in self.rows]

    def window(self, rows: range, columns: range, order: tuple[int, bool] | None) -> dict[str, Any]:
        """The cells of some rows and columns.

        Args:
            order: (position of a column, whether from high to low); None for the outputs' order.
        Returns: names of the columns; at: each row's place; cells: described values, null for a missing one;
            keys: the position of each cell in its row's object, for its place.

        """
        names = self.columns[columns.start : columns.stop]
        index = self._order(order)
        cells, places, keys = [], [], []
        for position in index[rows.start : rows.stop]:
            at, row = self.rows[position]
            where = {key: place for place, key in enumerate(row)}
            cells.append([described(row[name]) if name in row else None for name in names])
            keys.append([where.get(name, -1) for name in names])
            places.append(list(at))
        heads = [{"k": name[:SENT_CHARS]} if len(name) > KEY_CHARS else {"k": name} for name in names]
        return {"names": heads, "at": places, "cells": cells, "keys": keys}

    def _order(self, order: tuple[int, bool] | None) -> list[int]:
        if order is None:
            return list(range(len(self.rows)))
        if self._sorted[0] != order:
            cells = self.column(order[0])
            present = [position for position, cell in enumerate(cells) if cell is not MISSING]
            missing = [position for position, cell in enumerate(cells) if cell is MISSING]
            present.sort(key=lambda position: _rank(cells[position]), reverse=order[1])
            self._sorted = (order, present + missing)
        return self._sorted[1]


def table_of(document: Document) -> Table | None:
    """The table that a document is, if all outputs are objects or all are arrays of objects."""
    outputs = document.outputs
    if outputs and all(isinstance(output, dict) for output in outputs):
        return Table([((place,), output) for place, output in enumerate(outputs)])
    if outputs and all(
        isinstance(output, list) and output and all(isinstance(row, dict) for row in output) for output in outputs
    ):
        return Table([((place, line), row) for place, output in enumerate(outputs) for line, row in enumerate(output)])
    return None


def _rank(value: Any) -> tuple[int, Any]:
    name = kind(value)
    if name == "number":
        return _ORDER[name], value.value
    if name in {"array", "object"}:
        return _ORDER[name], len(value)
    return _ORDER[name], 0 if value is None else value
