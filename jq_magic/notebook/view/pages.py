"""Pages of a result for the view in the browser: each request is checked, for a page can ask anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jq_magic.notebook.view import chart, picture
from jq_magic.notebook.view.table import Table, table_of
from jq_magic.notebook.view.tree import At, Document, Number, RequestError

#: Children, or rows, of one page.
PAGE_ROWS = 500
#: Cells of one page.
PAGE_CELLS = 5_000
#: Characters that a search can look for.
WANTED_CHARS = 1_000
_MOST = 2**53
_DEEPEST = 10_001


class Pages:
    """Answers requests about one result; the text is read when the first request comes.

    Args:
        text: Outputs as JSON texts, one a line.

    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._document: Document | None = None
        self._table: Table | None = None
        self._answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "open": self._open,
            "children": self._children,
            "value": self._value,
            "search": self._search,
            "cells": self._cells,
            "chart": self._chart,
        }

    def answer(self, request: object) -> dict[str, Any] | None:
        """The answer to a request {"id", "op", …}: {"id", "ok"} or {"id", "error"}; None for what is no request."""
        if not isinstance(request, dict):
            return None
        number, operation = request.get("id"), request.get("op")
        if not _is_whole(number, _MOST) or not isinstance(operation, str) or operation not in self._answers:
            return None
        try:
            return {"id": number, "ok": self._answers[operation](request)}
        except RequestError as error:
            return {"id": number, "error": str(error)}

    @property
    def document(self) -> Document:
        """The outputs. Raises: RequestError when they nest too deep."""
        if self._document is None:
            self._document = Document(self._text)
            self._table = table_of(self._document)
        return self._document

    @property
    def table(self) -> Table | None:
        """The table that the outputs are, if they are one."""
        return self._table if self.document else None

    def _open(self, _request: dict[str, Any]) -> dict[str, Any]:
        table = self.table
        shape = None if table is None else {"rows": len(table.rows), "columns": len(table.columns)}
        return {"outputs": len(self.document.outputs), "table": shape}

    def _children(self, request: dict[str, Any]) -> dict[str, Any]:
        span = _span(request, "from", "to", PAGE_ROWS)
        return {"items": self.document.children(_at(request), span.start, span.stop)}

    def _value(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"text": self.document.written(_at(request))}

    def _search(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted = request.get("text")
        if not isinstance(wanted, str) or not 0 < len(wanted) <= WANTED_CHARS:
            raise RequestError(f"a search looks for 1 to {WANTED_CHARS:,} characters")
        return self.document.search(wanted)

    def _cells(self, request: dict[str, Any]) -> dict[str, Any]:
        if self.table is None:
            raise RequestError("this result is no table")
        rows, columns = _span(request, "from", "to", PAGE_ROWS), _span(request, "left", "right", PAGE_ROWS)
        if len(rows) * len(columns) > PAGE_CELLS:
            raise RequestError(f"a page has {PAGE_CELLS:,} cells at most")
        order = request.get("sort")
        if order is None:
            return self.table.window(rows, columns, None)
        if not isinstance(order, list) or len(order) != 2 or not isinstance(order[1], bool):
            raise RequestError("a table is sorted by [column, whether from high to low]")
        return self.table.window(rows, columns, (_whole(order[0], "the column"), order[1]))

    def _chart(self, request: dict[str, Any]) -> dict[str, Any]:
        table = self.table
        if request.get("column") is not None and table is not None:
            column = _whole(request["column"], "the column")
            return picture.laid_out(_of_column(table, column, over_dates=request.get("histogram") is not True))
        value = self.document.find(_at(request))
        if isinstance(value, dict):
            value = list(value.values())
        if not isinstance(value, list):
            raise RequestError("choose an array of numbers or strings to draw")
        return picture.laid_out(chart.draw(value))


def _of_column(table: Table, column: int, *, over_dates: bool) -> dict[str, Any]:
    cells = table.column(column)
    dates = None
    if over_dates and any(isinstance(cell, Number) for cell in cells):
        columns = (table.column(position) for position in range(min(len(table.columns), PAGE_ROWS)))
        dates = next((found for found in columns if chart.are_dates(found)), None)
    return chart.draw(cells, dates)


def _is_whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _whole(value: object, what: str) -> int:
    if not _is_whole(value, _MOST):
        raise RequestError(f"{what} is a whole number from 0")
    assert isinstance(value, int)
    return value


def _at(request: dict[str, Any]) -> At:
    at = request.get("at")
    if not isinstance(at, list) or len(at) > _DEEPEST or not all(_is_whole(step, _MOST) for step in at):
        raise RequestError("a place is a list of whole numbers")
    return tuple(at)


def _span(request: dict[str, Any], low: str, high: str, most: int) -> range:
    start, stop = _whole(request.get(low), low), _whole(request.get(high), high)
    if not start <= stop <= start + most:
        raise RequestError(f"a page has {most:,} entries at most")
    return range(start, stop)
