"""Answers the requests of a page about a result; each is checked, and its work is bounded, for a page can ask anything.

| work of one request | bound |
|---|---|
| text that is decoded | `tree.TEXT_CHARS`, `tree.TEXT_MARKS`, and `shelf.DECODED_CHARS` for all views together |
| rows or children, cells, and keys of the rows | PAGE_ROWS, PAGE_CELLS, `table.PAGE_KEYS` |
| values and characters that a search looks at, places that it gives | `tree.SEARCHED_…`, `tree.PLACES…` |
| rows that are sorted | `table.SORTED_ROWS` |
| values of a picture, columns that are looked at for dates | `chart.DRAWN`, PAGE_ROWS |
| characters of JSON of one value | `tree.WRITTEN_CHARS` |
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

from jq_magic.notebook.view import chart, picture
from jq_magic.notebook.view.number import is_number
from jq_magic.notebook.view.shelf import DECODED_CHARS, Shelf
from jq_magic.notebook.view.table import Table, table_of
from jq_magic.notebook.view.tree import At, Document, RequestError

#: Children, or rows, of one page.
PAGE_ROWS = 500
#: Cells of one page.
PAGE_CELLS = 5_000
#: Characters that a search can look for.
WANTED_CHARS = 1_000
_MOST = 2**53
_DEEPEST = 10_001
_SHELF = Shelf(DECODED_CHARS)


class _Opened(NamedTuple):
    document: Document
    table: Table | None


class Pages:
    """Answers requests about one result; the text is decoded when the first request comes.

    Args:
        text: Outputs as JSON texts, one a line.

    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoded: _Opened | None = None
        self._answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "open": self._open,
            "children": self._children,
            "value": self._value,
            "search": self._search,
            "cells": self._cells,
            "chart": self._chart,
        }

    def answer(self, request: object) -> dict[str, Any] | None:
        """Answer a request {"id", "op", …} with {"id", "ok"} or {"id", "error"}; None for what is no request."""
        if not isinstance(request, dict):
            return None
        number, operation = request.get("id"), request.get("op")
        if not _is_whole(number, _MOST) or not isinstance(operation, str) or operation not in self._answers:
            return None
        try:
            return {"id": number, "ok": self._answers[operation](request)}
        except RequestError as error:
            return {"id": number, "error": str(error)}
        except MemoryError:
            return {"id": number, "error": "there is not enough memory for this view of the result"}

    def forget(self) -> None:
        """Let go of the decoded text; the next request decodes it again."""
        self._decoded = None

    @property
    def document(self) -> Document:
        """Give the outputs. Raises: RequestError for those that cannot be decoded."""
        return self._opened().document

    @property
    def table(self) -> Table | None:
        """Give the table that the outputs are, if they are one. Raises: RequestError, as for `document`."""
        return self._opened().table

    def _opened(self) -> _Opened:
        # What is decoded can be let go of at any time by another thread, so one call reads it once.
        opened = self._decoded
        if opened is None:
            document = Document(self._text)
            opened = self._decoded = _Opened(document, table_of(document))
        _SHELF.put(self, len(self._text))
        return opened

    def _open(self, _request: dict[str, Any]) -> dict[str, Any]:
        document, table = self._opened()
        shape = None if table is None else {"rows": len(table.rows), "columns": len(table.columns)}
        return {"outputs": len(document.outputs), "table": shape}

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
        table = self.table
        if table is None:
            raise RequestError("this result is no table")
        rows, columns = _span(request, "from", "to", PAGE_ROWS), _span(request, "left", "right", PAGE_ROWS)
        if len(rows) * len(columns) > PAGE_CELLS:
            raise RequestError(f"a page has {PAGE_CELLS:,} cells at most")
        order = request.get("sort")
        if order is None:
            return table.window(rows, columns, None)
        if not isinstance(order, list) or len(order) != 2 or not isinstance(order[1], bool):
            raise RequestError("a table is sorted by [column, whether from high to low]")
        return table.window(rows, columns, (_whole(order[0], "the column"), order[1]))

    def _chart(self, request: dict[str, Any]) -> dict[str, Any]:
        document, table = self._opened()
        if request.get("column") is not None and table is not None:
            column = _whole(request["column"], "the column")
            return picture.laid_out(_of_column(table, column, over_dates=request.get("histogram") is not True))
        value = document.find(_at(request))
        if not isinstance(value, (dict, list)):
            raise RequestError("choose an array of numbers or strings to draw")
        values = value.values() if isinstance(value, dict) else value
        return picture.laid_out(chart.draw(list(itertools.islice(values, chart.DRAWN)), total=len(value)))


def _of_column(table: Table, column: int, *, over_dates: bool) -> dict[str, Any]:
    cells = table.column(column, chart.DRAWN)
    dates = None
    if over_dates and any(map(is_number, cells)):
        positions = range(min(len(table.columns), PAGE_ROWS))
        by = next((at for at in positions if chart.are_dates(table.column(at, chart.DATED_ROWS))), None)
        dates = None if by is None else table.column(by, chart.DRAWN)
    return chart.draw(cells, dates, total=len(table.rows))


def _is_whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _whole(value: object, name: str) -> int:
    if not _is_whole(value, _MOST):
        raise RequestError(f"{name} is a whole number from 0")
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
