"""Takes columns from pandas: those of NumPy as they are, those of pyarrow by way of Arrow, and others as JSON."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from jq_magic.data import encode, from_pandas, values
from jq_magic.data.columns import from_arrow, zones
from jq_magic.data.columns.block import Column, Columns, Field, Flag, Kind, check_bytes, check_names, size
from jq_magic.data.records import column as named_cells
from jq_magic.data.refusals import Refused

_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
#: NumPy's kinds of numbers, as the guest has them.
_NUMBERS = {"i": (Kind.INTEGER, Flag.SIGNED), "u": (Kind.INTEGER, Flag.NONE), "f": (Kind.FLOAT, Flag.MARKED)}
_STAMPS = {"M": Kind.TIMESTAMP, "m": Kind.DURATION}


class _Named(NamedTuple):
    """A column under the labels of its levels."""

    name: tuple[str, ...]
    field: Field
    column: Column


def columns(
    value: Any, *, index: bool = False, most_bytes: int | None = None, needs: Collection[str] | None = None
) -> Columns:
    """Take the columns of a DataFrame, or a Series with what its index says.

    Args:
        value: A DataFrame or a Series.
        index: Keep an index that only counts the rows.
        most_bytes: As many may be copied; None for any number.
        needs: The columns that are copied, by the first label of their names; None for all.
    Raises: Refused, with the column; InputLimitError.

    """
    walk = values.Walk()
    parts = from_pandas.parts(value, walk, index=index)
    made: list[_Named] = []
    owners: list[Any] = []
    used = 0
    for name, cells in parts.columns:
        if needs is not None and parts.are_records and name[0] not in needs:
            made.append(_Named(name, Field(Kind.NULL, flags=Flag.OFF), Column(len(value))))
            continue
        field, column = _made(name, cells, walk, owners)
        used += size(column)
        check_bytes(used, most_bytes)
        made.append(_Named(name, field, column))
    if not parts.are_records:
        return Columns(made[0].field, [made[0].column], owners)
    field, column = _struct(made, len(value))
    return Columns(field, [column], owners)


def _struct(parts: list[_Named], rows: int) -> tuple[Field, Column]:
    """Put columns into a record; those whose names begin alike stand in a record of their own. Raises: Refused."""
    groups: dict[str, list[_Named]] = {}
    for part in parts:
        groups.setdefault(part.name[0], []).append(part._replace(name=part.name[1:]))
    fields, below = [], []
    for label, group in groups.items():
        ends = [part for part in group if not part.name]
        if ends and len(ends) < len(group):
            raise Refused(f"the frame has a column named {label} and others below that name; rename it first")
        pairs = [(part.field, part.column) for part in ends] or [_struct(group, rows)]
        for field, column in pairs:
            field.name = label
            fields.append(field)
            below.append(column)
    check_names([field.name for field in fields])
    return Field(Kind.STRUCT, children=fields), Column(rows, children=below)


def _made(name: tuple[str, ...], held: Any, walk: values.Walk, owners: list[Any]) -> tuple[Field, Column]:
    """Take the cells of a series, or of a level of an index; what owns them is added to `owners`. Raises: Refused."""
    dtype = held.dtype
    array = getattr(held, "array", held)
    if isinstance(dtype, np.dtype):
        made = _of_numpy(np.asarray(held))
    elif isinstance(dtype, pd.DatetimeTZDtype):
        made = _zoned(array, dtype)
    elif isinstance(dtype, pd.CategoricalDtype):
        below, categories = _made(name, array.categories, walk, owners)
        field, codes = _of_numpy(np.asarray(array.codes)) or (Field(Kind.NULL), Column(0))
        made = (
            Field(Kind.DICTIONARY, field.parameter, Flag.SIGNED | Flag.MARKED, children=[below]),
            codes._replace(children=(categories,)),
        )
    elif isinstance(dtype, pd.SparseDtype):
        made = _of_numpy(np.asarray(array.to_dense()))
    elif hasattr(array, "__arrow_array__") and (
        isinstance(dtype, pd.ArrowDtype) or getattr(dtype, "storage", "") == "pyarrow"
    ):
        made = _of_arrow(array, owners)
    elif hasattr(dtype, "numpy_dtype"):
        made = _masked(array, dtype.numpy_dtype)
    else:
        made = None
    return made or _as_json(name, held, walk)


def _of_numpy(array: Any) -> tuple[Field, Column] | None:
    """Take an array as it is; None for objects and other types that the guest does not have."""
    kind = array.dtype.kind
    swapped = array.dtype.byteorder == ">"
    if kind == "b":
        field = Field(Kind.BOOL, 8)
    elif kind in _NUMBERS and array.dtype.itemsize <= 8:
        field = Field(_NUMBERS[kind][0], array.dtype.itemsize, _NUMBERS[kind][1])
    elif kind in _STAMPS and (unit := np.datetime_data(array.dtype))[0] in _DIGITS and unit[1] == 1:
        field = Field(_STAMPS[kind], 8 | _DIGITS[unit[0]] << 8, Flag.MARKED)
    else:
        return None
    native = array.astype(array.dtype.newbyteorder("<")) if swapped else array
    return field, Column(len(array), 0, (b"", _bytes(native)))


def _bytes(array: Any) -> memoryview:
    bytes_of: Any = np.ascontiguousarray(array).view(np.uint8)
    return memoryview(bytes_of) if array.size else memoryview(b"")


def _zoned(array: Any, dtype: Any) -> tuple[Field, Column]:
    """Take dates of a time zone, with the table of the zone."""
    counts = np.asarray(array.tz_convert("UTC").tz_localize(None)).view("i8")
    seconds = np.unique(counts[~np.asarray(array.isna())] // 10 ** _DIGITS[dtype.unit])
    # The table is made for years, and a moment in each is enough to know them.
    years = np.unique(seconds // 15_778_476) * 15_778_476
    table = zones.table(dtype.tz, years.tolist())
    field = Field(Kind.TIMESTAMP, 8 | _DIGITS[dtype.unit] << 8, Flag.SIGNED | Flag.MARKED, zone=table)
    return field, Column(len(counts), 0, (b"", _bytes(counts)))


def _masked(array: Any, dtype: Any) -> tuple[Field, Column] | None:
    """Take numbers or truth values with a mask that says which are missing."""
    made = _of_numpy(array.to_numpy(dtype=dtype, na_value=0))
    if made is None:
        return None
    field, column = made
    # NaN and missing are two things where a mask says what is missing.
    field.flags = field.flags & ~Flag.MARKED | Flag.MASK
    return field, column._replace(buffers=(_bytes(np.asarray(array.isna())), *column.buffers[1:]))


def _of_arrow(array: Any, owners: list[Any]) -> tuple[Field, Column] | None:
    """Take what pyarrow holds, as one chunk."""
    whole = array.__arrow_array__()
    whole = whole.combine_chunks() if hasattr(whole, "combine_chunks") else whole
    made = from_arrow.columns(whole)
    if made is None:
        return None
    owners += made.owners
    return made.fields, made.chunks[0]


def _as_json(name: tuple[str, ...], held: Any, walk: values.Walk) -> tuple[Field, Column]:
    """Write the cells of a column of other types as a JSON array. Raises: Refused, with the row."""
    _, cells = named_cells(name, lambda: from_pandas.cells(held, walk))
    return Field(Kind.JSON), Column(len(cells), 0, (b"", encode.value_to_json(cells)))
