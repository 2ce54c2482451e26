"""Makes records, an object for each row, of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from jq_magic.data.refusals import Refused

Cells = list[Any]
#: The name of a column, as the labels of its levels, with its cells.
Column = tuple[tuple[str, ...], Cells]
#: Rows from which on a class for them, which msgspec writes far faster than dictionaries, is worth making.
_MANY = 500


def column(name: tuple[str, ...], read: Callable[[], Cells]) -> Column:
    """Read the plain cells of a column. Raises: Refused, with the column and, where it is one cell, the row."""
    try:
        return name, read()
    except Refused as refused:
        row = refused.path.pop() if refused.path and isinstance(refused.path[-1], int) else None
        refused.path += [".".join(name), *([] if row is None else [row])]
        raise


def each(cells: Iterable[Any], plain: Callable[[Any], Any]) -> Cells:
    """Make the cells of a column plain one by one. Raises: Refused, with the row."""
    made = []
    row = 0
    try:
        for row, cell in enumerate(cells):  # noqa: B007 - it is the row of the cell that is refused
            made.append(plain(cell))
    except Refused as refused:
        refused.path.append(row)
        raise
    return made


def records(columns: list[Column], rows: int) -> list[Any]:
    """Make an object for each row: a dictionary, or a struct of msgspec that it writes in the same way.

    Args:
        columns: Names with cells; a name of several labels stands in objects, one in the other.
        rows: How many there are, for a table without columns.
    Raises: Refused when two columns have one name.

    """
    if not columns:
        return [{} for _ in range(rows)]
    if any(len(name) > 1 for name, _ in columns):
        columns = _nested(columns, rows)
    names = [name[0] for name, _ in columns]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise Refused(f"the frame has several columns named {', '.join(twice)}; rename them first")
    if rows >= _MANY and (kind := _kind(names)) is not None:
        return list(map(kind, *(cells for _, cells in columns)))
    return [dict(zip(names, row, strict=True)) for row in zip(*(cells for _, cells in columns), strict=True)]


def _kind(names: list[str]) -> type[msgspec.Struct] | None:
    """Make a class of rows; None when msgspec does not take one of the names."""
    fields = {f"field_{at}": name for at, name in enumerate(names)}
    try:
        return msgspec.defstruct("Row", [(field, Any) for field in fields], rename=fields, gc=False)
    except ValueError:
        return None


def members(row: msgspec.Struct) -> dict[str, Any]:
    """Give a row of `records` as a dictionary."""
    values = (getattr(row, field) for field in row.__struct_fields__)
    return dict(zip(row.__struct_encode_fields__, values, strict=True))


def _nested(columns: list[Column], rows: int) -> list[Column]:
    """Put columns whose names begin alike into one column of objects."""
    groups: dict[str, list[Column]] = {}
    for name, cells in columns:
        groups.setdefault(name[0], []).append((name[1:], cells))
    made: list[Column] = []
    for label, below in groups.items():
        ends = [cells for name, cells in below if not name]
        if ends and len(ends) < len(below):
            raise Refused(f"the frame has a column named {label} and others below that name; rename it first")
        made += [((label,), cells) for cells in ends] or [((label,), list(records(below, rows)))]
    return made
