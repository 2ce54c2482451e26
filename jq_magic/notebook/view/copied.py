"""Writes values for the clipboard: as CSV, and as Python's literals."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable
from typing import Any

from jq_magic.notebook.view.items import Items
from jq_magic.notebook.view.number import Number, scalar
from jq_magic.notebook.view.table import Table
from jq_magic.notebook.view.tree import NESTED, WRITTEN_CHARS, RequestError, compact

#: Cells that are written as CSV for one request.
COPIED_CELLS = 200_000


def as_csv(table: Table, positions: Iterable[int], rows: int) -> str:
    """Write rows of a table with a line of heads. Raises: RequestError for too much."""
    if rows * len(table.columns) > COPIED_CELLS:
        raise RequestError(f"{rows:,} rows are too many to copy; filter them, or use --as pandas")
    names = [] if table.rows.labels is None else ["key"]
    return _lines(
        itertools.chain(
            [[*names, *table.columns]],
            (
                [*(label for label in [table.label(at)] if label is not None), *_cells(table.rows.row(at), table)]
                for at in positions
            ),
        )
    )


def value_as_csv(value: Any) -> str:
    """Write an array as lines, each of its arrays as one line. Raises: RequestError for too much, and for others."""
    if not isinstance(value, (list, Items)):
        raise RequestError("an array or a table can be copied as CSV")
    if (
        len(value) > COPIED_CELLS
        or sum(len(line) if isinstance(line, (list, Items)) else 1 for line in value) > COPIED_CELLS
    ):
        raise RequestError("the array has too many values to copy; .text has all of it")
    return _lines(
        [_written(cell) for cell in line] if isinstance(line, (list, Items)) else [_written(line)] for line in value
    )


def as_python(value: Any) -> str:
    """Write a value as Python's literal, numbers as they are written. Raises: RequestError for too much."""
    if len(compact(value)) > WRITTEN_CHARS // 4:
        raise RequestError("the value is too long to be copied as Python; .text has all of it")
    try:
        return _literal(value)
    except RecursionError:
        raise RequestError("the value nests too deep to be copied; .text has all of it") from None


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_literal(member)}' for key, member in value.items())}}}"
    if isinstance(value, (list, Items)):
        return f"[{', '.join(map(_literal, value))}]"
    if value is None or isinstance(value, (bool, str)):
        return repr(value)
    return value.text if isinstance(value, Number) else scalar(value)


def _cells(row: dict[str, Any], table: Table) -> list[str]:
    return [_written(row[name]) if name in row else "" for name in table.columns]


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    return compact(value) if isinstance(value, NESTED) else "" if value is None else scalar(value)


def _lines(lines: Iterable[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for line in lines:
        writer.writerow(line)
        if text.tell() > WRITTEN_CHARS:
            raise RequestError("the rows have too many characters to copy; .text has all of them")
    # In UTF-8, as a message is sent, there is no half of a surrogate pair.
    return text.getvalue().encode("utf-8", "replace").decode()
