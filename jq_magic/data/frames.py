"""Makes data frames of pandas, polars, pyarrow or DuckDB, or CSV, of outputs.

What a frame takes grows with rows × columns, which can be far more than there are values, so it is counted before
anything is built.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import importlib.util
import io
import math
import operator
from typing import Any, NamedTuple

from jq_magic import imports
from jq_magic.data import dates, encode, shapes
from jq_magic.errors import DataError

#: The module that makes each form of frame.
MODULES = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow", "duckdb": "duckdb"}
#: The name of the only column when rows are no objects.
ONLY = "value"
_INT64 = range(-(2**63), 2**63)
_MOMENTS = {datetime.date, datetime.datetime}


class Options(NamedTuple):
    """How the values of a column become one type.

    Attributes:
        dates: Strings that are all dates, or all dates with times, become those.
        lenient: A column that no type holds becomes strings; what is no string stands in them as JSON.

    """

    dates: bool = False
    lenient: bool = False


_PLAIN = Options()


def frame(values: list[Any], form: str, options: Options = _PLAIN) -> Any:
    """Make a frame with a row for each output, or for each element of the only output if that is an array.

    Objects give the columns, in the order in which their keys are first seen; a key that a row lacks is null
    there. Rows that are not all objects make one column, `value`. Nested values stay as they are (lists and
    structs in polars and arrow). Integers beside fractions become floats; those beside nulls stay integers. No value
    is changed or left out: in polars and arrow what no type holds is refused, and in pandas it is an object.

    Args:
        values: Decoded outputs.
        form: "pandas", "polars", "arrow" or "duckdb".
        options: How the values of a column become one type.
    Returns: A pandas.DataFrame, polars.DataFrame, pyarrow.Table or duckdb.DuckDBPyRelation.
    Raises: DataError, naming the column, when the package is absent or cannot hold a column, and for a frame that
        would be far larger than the outputs.

    """
    package = _package(form)
    if form == "duckdb":
        # DuckDB makes a relation of whatever has Arrow's interface.
        return package.from_arrow(frame(values, "arrow" if importlib.util.find_spec("pyarrow") else "polars", options))
    found = columns(values)
    made = {name: _column(package, form, name, cells, options) for name, cells in found.items()}
    return package.table(made) if form == "arrow" else package.DataFrame(made)


def csv_text(values: list[Any]) -> str:
    """Write rows as CSV with a line of names (RFC 4180, lines ended by LF); what is missing is empty.

    Arrays and objects are written as JSON. Raises: DataError for far more cells than there are values.
    """
    found = columns(values)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if found:
        writer.writerow(found)
        writer.writerows(zip(*(map(_csv_cell, cells) for cells in found.values()), strict=True))
    return out.getvalue()


def _csv_cell(cell: Any) -> Any:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, float) and math.isinf(cell):
        return "inf" if cell > 0 else "-inf"
    return encode.value_to_json(cell).decode()


def _package(form: str) -> Any:
    module = MODULES[form]
    try:
        return imports.whole(module)
    except ImportError:
        raise DataError(f"--as {form} needs the package {module}, which is not installed") from None


def columns(values: list[Any]) -> dict[str, list[Any]]:
    """Give the cells of each column, with a row for each output, or for each element of the only one.

    Raises: DataError for far more cells than there are values.
    """
    rows = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if set(map(type, rows)) != {dict}:
        return {ONLY: rows} if rows else {}
    names = tuple(rows[0])
    # As many keys in each row, and these in all of them, are the same keys, which most rows have.
    if set(map(len, rows)) == {len(names)}:
        with contextlib.suppress(KeyError):
            return {name: list(map(operator.itemgetter(name), rows)) for name in names}
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    cells, filled = len(rows) * len(names), sum(map(len, rows))
    if cells > max(shapes.MOST_CELLS, shapes.SPARSENESS * filled):
        raise DataError(
            f"the outputs have {filled:,} values but would make a frame of {len(rows):,} rows and {len(names):,} "
            "columns; turn keys into values first, for example with to_entries"
        )
    return {name: [row.get(name) for row in rows] for name in names}


def _column(package: Any, form: str, name: str, cells: list[Any], options: Options) -> Any:
    kinds = set(map(type, cells)) - {type(None)}
    if options.dates and kinds == {str} and (moments := dates.moments(cells)) is not None:
        cells = moments
    try:
        return _typed(package, form, name, cells, options)
    except DataError:
        if not options.lenient:
            raise
    texts = [cell if cell is None or isinstance(cell, str) else encode.value_to_json(cell).decode() for cell in cells]
    return _typed(package, form, name, texts, options)


def _typed(package: Any, form: str, name: str, cells: list[Any], options: Options) -> Any:
    """Make a column of one type. Raises: DataError."""
    kinds = set(map(type, cells)) - {type(None)}
    if form == "pandas":
        if options.lenient and len(kinds) > 1 and kinds != {int, float}:
            raise DataError(f"the column {name!r} has values of several types")
        if kinds & _MOMENTS:
            return package.to_datetime(package.Series(cells, dtype="object"))
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
        boxed = package.Series(name, [{ONLY: cell} for cell in cells], package.Struct({ONLY: kind}))
        return boxed.struct.field(ONLY).rename(name)
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
