"""Outputs as data frames of pandas, polars or pyarrow."""

from __future__ import annotations

import importlib
from typing import Any

from jq_magic.errors import DataError

#: The module that makes each form of frame.
MODULES = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow"}
#: The name of the only column when rows are no objects.
_ONLY = "value"
_INT64 = range(-(2**63), 2**63)


def frame(values: list[Any], form: str) -> Any:
    """A frame with a row for each output, or for each element of the only output if that is an array.

    Objects give the columns, in the order in which their keys are first seen; a key that a row lacks is null
    there. Rows that are not all objects make one column, `value`. Nested values stay as they are (lists and
    structs in polars and arrow). Integers beside fractions become floats; those beside nulls stay integers.

    Args:
        values: Decoded outputs.
        form: "pandas", "polars" or "arrow".
    Returns: A pandas.DataFrame, polars.DataFrame or pyarrow.Table.
    Raises: DataError, naming the column, when the package is absent or cannot hold a column.

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
    if not all(isinstance(row, dict) for row in rows):
        return {_ONLY: rows}
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _column(package: Any, form: str, name: str, cells: list[Any]) -> Any:
    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds == {int, float}:
        cells, kinds = [cell if cell is None else float(cell) for cell in cells], {float}
    try:
        if form == "polars":
            return package.Series(name, cells)
        if form == "arrow":
            return package.array(cells)
        return package.Series(cells, dtype=_pandas_dtype(kinds, cells))
    except (ValueError, TypeError, OverflowError, _own_error(package)) as error:
        found = " and ".join(sorted(kind.__name__ for kind in kinds))
        reason = str(error).partition("\n")[0]
        else_ = "" if form == "pandas" else "; --as pandas keeps values of any kinds"
        raise DataError(f"{MODULES[form]} cannot hold the column {name!r} ({found}): {reason}{else_}") from None


def _own_error(package: Any) -> type[Exception]:
    """What polars raises is no ValueError."""
    found: type[Exception] = package.exceptions.PolarsError if package.__name__ == "polars" else ValueError
    return found


def _pandas_dtype(kinds: set[type], cells: list[Any]) -> str | None:
    """Types that keep integers and truth values as they are beside nulls, where pandas would make floats of them."""
    if None in cells:
        if kinds == {int}:
            return "Int64" if all(cell is None or cell in _INT64 for cell in cells) else "object"
        if kinds == {bool}:
            return "boolean"
    return None
