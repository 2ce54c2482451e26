"""Answers the requests of a page about a result; each is checked, and its work is bounded, for a page can ask anything.

| work of one request | bound |
|---|---|
| text that is decoded | `tree.TEXT_CHARS`, `tree.TEXT_MARKS`, and `shelf.DECODED_CHARS` for all views together |
| rows or children, cells, and keys of the rows | PAGE_ROWS, PAGE_CELLS, `table.PAGE_KEYS` |
| values and characters that a search looks at, places that it gives | `tree.SEARCHED_…`, `tree.PLACES…` |
| rows that are sorted, in all and at a time | `table.SORTED_ROWS`, `sorting.STEP_ROWS` |
| conditions of a filter, cells that it looks at | `filters.CONDITIONS`, `filtering.LOOKED_CELLS` |
| rows and columns of a profile | `profile.SAMPLED_ROWS`, `profile.PROFILED` |
| values of a chart, columns that are looked at for it | `chart.DRAWN`, `plot.OFFERED` |
| cells that are written as CSV | `copied.COPIED_CELLS` |
| characters of JSON of one value | `tree.WRITTEN_CHARS` |
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from jq_magic.notebook.view import copied, filters, picture, plot, profile
from jq_magic.notebook.view.items import MISSING
from jq_magic.notebook.view.shelf import DECODED_CHARS, Shelf
from jq_magic.notebook.view.table import Table, table_of
from jq_magic.notebook.view.tree import NESTED, PLACES, At, Document, RequestError, described

#: Children, or rows, of one page.
PAGE_ROWS = 500
#: Cells of one page.
PAGE_CELLS = 5_000
#: Characters that a search can look for.
WANTED_CHARS = 1_000
#: Rows of a tree that are open when it is first shown.
OPENED_ROWS = 14
#: Characters of JSON of the answers to a page's first requests, which its model brings.
FIRST_CHARS = 64_000
#: Pixels of a chart.
NARROWEST, WIDEST = 160, 2_000
#: What a page of ours asks for at first: see static/table.mjs and static/tree.mjs.
_TREE_PAGE, _TABLE_PAGE, _TABLE_COLUMNS = 100, 50, 20
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
            "profile": self._profile,
            "levels": self._levels,
            "copy": self._copy,
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
        except (RequestError, ValueError, msgspec.MsgspecError, RecursionError, MemoryError) as error:
            return {"id": number, "error": _reason(error)}

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
        _SHELF.put(self, opened.document.decoded_chars)
        return opened

    def first(self) -> list[list[Any]]:
        """Answer what a page asks for at first, as [request, answer]; what is large is left to be asked for."""
        pairs: list[list[Any]] = []

        def put(**request: Any) -> Any:
            answer = (self.answer({"id": 0, **request}) or {}).get("ok")
            if answer is not None:
                pairs.append([request, answer])
            return answer

        shape = put(op="open")
        if shape is None:
            return []
        table = shape["table"]
        if table and table["rows"] > 1:
            right = min(_TABLE_COLUMNS, table["columns"])
            put(op="cells", **{"from": 0, "to": _TABLE_PAGE, "left": 0, "right": right, "sort": None, "where": None})
            put(op="profile", left=0, right=right)
        elif "scalar" not in shape:
            for at in [[], *(at for at, _ in shape["open"])]:
                put(op="children", at=at, **{"from": 0, "to": _TREE_PAGE})
        return pairs if len(json.dumps(pairs)) <= FIRST_CHARS else pairs[:1]

    def _open(self, _request: dict[str, Any]) -> dict[str, Any]:
        document, table = self._opened()
        outputs = document.outputs
        shape = None
        if table is not None:
            shape = {"rows": len(table.rows), "columns": len(table.columns), "named": table.rows.labels is not None}
            shape["across"] = table.rows.is_across
        opened: dict[str, Any] = {"outputs": len(outputs), "table": shape}
        if len(outputs) == 1 and not (isinstance(outputs[0], NESTED) and outputs[0]):
            return {**opened, "open": [], "scalar": described(outputs[0])}
        return {**opened, "open": document.unfolded(OPENED_ROWS, OPENED_ROWS)}

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
        return table.window(rows, columns, _order(request), filters.read(request.get("where")))

    def _profile(self, request: dict[str, Any]) -> dict[str, Any]:
        table = self.table
        if table is None:
            raise RequestError("this result is no table")
        columns = _span(request, "left", "right", profile.PROFILED)
        rows = table.sample(profile.SAMPLED_ROWS)
        names = table.columns[columns.start : columns.stop]
        described_columns = [profile.profile([row.get(name, MISSING) for row in rows]) for name in names]
        return {"columns": described_columns, "sampled": len(rows), "rows": len(table.rows)}

    def _levels(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"open": self.document.unfolded(PLACES, _whole(request.get("level"), "the level"))}

    def _copy(self, request: dict[str, Any]) -> dict[str, Any]:
        document, table = self._opened()
        form = request.get("as")
        if form == "csv" and table is not None and request.get("at") is None:
            order, where = _order(request), filters.read(request.get("where"))
            # What is copied is what the page shows: it has asked for these rows until all were found and in order.
            positions, _, _ = table.order(order, where)
            return {"text": copied.as_csv(table, positions, len(positions))}
        value = document.find(_at(request))
        if form == "csv":
            return {"text": copied.value_as_csv(value)}
        if form == "python":
            return {"text": copied.as_python(value)}
        raise RequestError("a value is copied as csv or python")

    def _chart(self, request: dict[str, Any]) -> dict[str, Any]:
        document, table = self._opened()
        kind, by, width = request.get("kind"), request.get("by"), request.get("width")
        if kind is not None and (not isinstance(kind, str) or kind not in plot.KINDS):
            raise RequestError(f"a chart is one of {', '.join(plot.KINDS)}")
        pixels = picture.WIDTH if width is None else max(NARROWEST, min(_whole(width, "the width"), WIDEST))
        if request.get("column") is not None and table is not None:
            column = _whole(request["column"], "the column")
            where = filters.read(request.get("where"))
            positions = table.order(None, where)[0] if where else None
            drawn = plot.of_column(table, column, None if by is None else _whole(by, "the column"), kind, positions)
            if positions is not None:
                drawn["rows"] = [len(positions), len(table.rows)]
        else:
            drawn = plot.of_value(document.find(_at(request)), kind)
        offered = {name: drawn.get(name) for name in ("kinds", "columns", "by_column")}
        return {**picture.laid_out(drawn, pixels), **offered}


def _reason(error: Exception) -> str:
    """Say why a request has no answer. An item of a long array is decoded when it is asked for, so it can fail then."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for this view of the result"
    if isinstance(error, RecursionError):
        return "the output nests too deep to be shown here; .text has all of it"
    return str(error) if isinstance(error, RequestError) else "the output is no JSON; .text has all of it"


def _order(request: dict[str, Any]) -> tuple[int, bool] | None:
    order = request.get("sort")
    if order is None:
        return None
    if not isinstance(order, list) or len(order) != 2 or not isinstance(order[1], bool):
        raise RequestError("a table is sorted by [column, whether from high to low]")
    return _whole(order[0], "the column"), order[1]


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
