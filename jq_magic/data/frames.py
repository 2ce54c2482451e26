"""Makes data frames of pandas, polars or pyarrow of outputs.

What a frame takes grows with rows × columns, which can be far more than there are values, so it is counted before
anything is built.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import Any

from jq_magic.data import shapes
from jq_magic.errors import DataError

#: The module that makes each form of frame.
MODULES = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow"}
#: The name of the only column when rows are no objects.
_ONLY = "value"
_INT64 = range(-(2**63), 2**63)


def frame(values: list[Any], form: str) -> Any:
    """Make a frame with a row for each output, or for each element of the only output if that is an array.

    Objects give the columns, in the order in which their keys are first seen; a key that a row lacks is null
    there. Rows that are not all objects make one column, `value`. Nested values stay as they are (lists and
    structs in polars and arrow). Integers beside fractions become floats; those beside nulls stay integers. No value
    is changed or left out: in polars and arrow what no type holds is refused, and in pandas it is an object.

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
    if cells > max(shapes.MOST_CELLS, shapes.SPARSENESS * filled):
        raise DataError(
            f"the outputs have {filled:,} values but would make a frame of {len(rows):,} rows and {len(names):,} "
            "columns; turn keys into values first, for example with to_entries"
        )
    return {name: [row.get(name) for row in rows] for name in names}


def _column(package: Any, form: str, name: str, cells: list[Any]) -> Any:
    kinds = set(map(type, cells)) - {type(None)}
    if form == "pandas":
        held, kind = _pandas_column(kinds, cells)
        return package.Series(held, dtype=kind)
    if len(kinds) == 1 and not kinds & {dict, list}:
        # Values of one type, as most columns have them, get the right type from polars and arrow, or an error.
        with contextlib.suppress(DataError):
            return _built(package, form, name, cells, None)
    shape = shapes.shape_of(name, cells, form)
    kind = shapes.type_of(package, shape, name)
    if shape.floats():
        cells = [shapes.fitted(cell, shape) for cell in cells]
    return _built(package, form, name, cells, kind)


def _built(package: Any, form: str, name: str, cells: list[Any], kind: Any) -> Any:
    """Make a column of polars or arrow. Raises: DataError."""
    try:
        if form == "arrow":
            return package.array(cells, kind)
        if not isinstance(kind, package.List):
            return package.Series(name, cells, kind)
        # polars makes a frame of each list of structs, with all columns of the type; not so of a list in a struct.
        boxed = package.Series(name, [{_ONLY: cell} for cell in cells], package.Struct({_ONLY: kind}))
        return boxed.struct.field(_ONLY).rename(name)
    except (ValueError, TypeError, OverflowError, RuntimeError) as error:
        raise _refused(form, name, error) from None
    except BaseException as error:
        # Errors of polars are no ValueErrors, and its panics no Exceptions.
        if form == "polars" and isinstance(error, (package.exceptions.PolarsError, package.exceptions.PanicException)):
            raise _refused(form, name, error) from None
        raise


def _refused(form: str, name: str, error: BaseException) -> DataError:
    reason = str(error).partition("\n")[0]
    return DataError(
        f"{MODULES[form]} cannot hold the column {name!r}: {reason}; --as pandas keeps values of any kinds"
    )


def _pandas_column(kinds: set[type], cells: list[Any]) -> tuple[list[Any], str | None]:
    """Choose a type that keeps each value, where pandas would make floats of integers and of truth values."""
    if kinds == {int, float}:
        floats = [cell if cell is None else _float(cell) for cell in cells]
        return (floats, None) if floats == cells else (cells, "object")
    if kinds == {int} and None in cells:
        return cells, "Int64" if all(cell is None or cell in _INT64 for cell in cells) else "object"
    if kinds == {bool} and None in cells:
        return cells, "boolean"
    return cells, None


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf")
