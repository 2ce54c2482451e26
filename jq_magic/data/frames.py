"""Makes data frames of pandas, polars or pyarrow of outputs.

What a frame takes grows with rows × columns, and in polars and arrow with the fields of nested objects × the places
where one stands, which can be far more than there are values. So both are counted before anything is built.
"""

from __future__ import annotations

import importlib
from typing import Any

from jq_magic.errors import DataError

#: The module that makes each form of frame.
MODULES = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow"}
#: The name of the only column when rows are no objects.
_ONLY = "value"
_INT64 = range(-(2**63), 2**63)
#: Cells that a frame can have however few of them are filled.
MOST_CELLS = 10_000_000
#: A frame can have more when one in so many is filled.
_SPARSENESS = 4
#: Nesting that polars and arrow are given; their types nest as deep as the values.
MOST_NESTED = 64
#: What polars may be given of nested values, as their number times the square of their depth: it takes some 50 ns for
#: each, measured with polars 1 from 8 to 48 levels.
MOST_POLARS_WORK = 100_000_000


def frame(values: list[Any], form: str) -> Any:
    """Make a frame with a row for each output, or for each element of the only output if that is an array.

    Objects give the columns, in the order in which their keys are first seen; a key that a row lacks is null
    there. Rows that are not all objects make one column, `value`. Nested values stay as they are (lists and
    structs in polars and arrow). Integers beside fractions become floats; those beside nulls stay integers.

    Args:
        values: Decoded outputs.
        form: "pandas", "polars" or "arrow".
    Returns: A pandas.DataFrame, polars.DataFrame or pyarrow.Table.
    Raises: DataError, naming the column, when the package is absent or cannot hold a column, and for a frame that
        would be far larger than the outputs.

    """
    module = MODULES[form]
    try:
        package = importlib.import_module(module)
    except ImportError:
        raise DataError(f"--as {form} needs the package {module}, which is not installed") from None
    rows = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    columns = _columns(rows)
    made = {name: _column(package, form, name, cells) for name, cells in columns.items()}
    return package.table(made) if form == "arrow" else package.DataFrame(made)


def _columns(rows: list[Any]) -> dict[str, list[Any]]:
    """Give the cells of each column. Raises: DataError for far more cells than there are values."""
    if not all(isinstance(row, dict) for row in rows):
        return {_ONLY: rows}
    names = dict.fromkeys(name for row in rows for name in row)
    cells, filled = len(rows) * len(names), sum(map(len, rows))
    if cells > max(MOST_CELLS, _SPARSENESS * filled):
        raise DataError(
            f"the outputs have {filled:,} values but would make a frame of {len(rows):,} rows and {len(names):,} "
            "columns; turn keys into values first, for example with to_entries"
        )
    return {name: [row.get(name) for row in rows] for name in names}


class _Shape:
    """What the values in one place of a column are, merged.

    Attributes:
        objects: How many are objects.
        fields: What the values of their keys are.
        items: What the elements of arrays are.

    """

    __slots__ = ("fields", "items", "objects")

    def __init__(self) -> None:
        self.objects = 0
        self.fields: dict[str, _Shape] = {}
        self.items: _Shape | None = None

    def cells(self) -> int:
        """Count what a column of this shape holds in polars or arrow, filled or not."""
        below = [*self.fields.values()] + ([] if self.items is None else [self.items])
        return self.objects * len(self.fields) + sum(shape.cells() for shape in below)


def _check_nested(name: str, cells: list[Any], form: str) -> None:
    """Raise DataError when a column of nested values would take far more than the values."""
    shape = _Shape()
    waiting = [(cell, shape, 0) for cell in cells if isinstance(cell, (dict, list))]
    filled = deepest = 0
    while waiting:
        value, place, depth = waiting.pop()
        deepest = max(deepest, depth + 1)
        if depth >= MOST_NESTED:
            raise DataError(f"the column {name!r} nests more than {MOST_NESTED} levels; --as pandas keeps it as it is")
        filled += len(value)
        if isinstance(value, dict):
            place.objects += 1
            children = [(child, place.fields.setdefault(key, _Shape())) for key, child in value.items()]
        else:
            place.items = items = place.items or _Shape()
            children = [(child, items) for child in value]
        waiting += [(child, below, depth + 1) for child, below in children if isinstance(child, (dict, list))]
    if (count := shape.cells()) > max(MOST_CELLS, _SPARSENESS * filled):
        raise DataError(
            f"the column {name!r} has {filled:,} values, but its objects together have so many keys that it would "
            f"hold {count:,}; --as pandas keeps it as it is"
        )
    if form == "polars" and filled * deepest**2 > MOST_POLARS_WORK:
        raise DataError(
            f"the column {name!r} has {filled:,} values on {deepest} levels, which takes polars too long; "
            "--as arrow and --as pandas do not"
        )


def _column(package: Any, form: str, name: str, cells: list[Any]) -> Any:
    kinds = {type(cell) for cell in cells} - {type(None)}
    if form != "pandas" and kinds & {dict, list}:
        _check_nested(name, cells, form)
    if kinds == {int, float}:
        cells, kinds = [cell if cell is None else float(cell) for cell in cells], {float}
    try:
        if form == "polars":
            return package.Series(name, cells)
        if form == "arrow":
            return package.array(cells)
        return package.Series(cells, dtype=_pandas_dtype(kinds, cells))
    except (ValueError, TypeError, OverflowError, _own_error(package)) as error:
        held = " and ".join(sorted(kind.__name__ for kind in kinds))
        reason = str(error).partition("\n")[0]
        else_ = "" if form == "pandas" else "; --as pandas keeps values of any kinds"
        raise DataError(f"{MODULES[form]} cannot hold the column {name!r} ({held}): {reason}{else_}") from None


def _own_error(package: Any) -> type[Exception]:
    """Give the class of polars' errors, which are no ValueErrors."""
    error: type[Exception] = package.exceptions.PolarsError if package.__name__ == "polars" else ValueError
    return error


def _pandas_dtype(kinds: set[type], cells: list[Any]) -> str | None:
    """Choose types that keep integers and truth values beside nulls, where pandas would make floats of them."""
    if None in cells:
        if kinds == {int}:
            return "Int64" if all(cell is None or cell in _INT64 for cell in cells) else "object"
        if kinds == {bool}:
            return "boolean"
    return None
