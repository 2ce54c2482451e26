"""Takes columns from polars, by way of Arrow."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl

from jq_magic.data.columns import from_arrow
from jq_magic.data.columns.block import Columns


def columns(
    value: Any, *, index: bool = False, most_bytes: int | None = None, needs: Collection[str] | None = None
) -> Columns | None:
    """Take the columns of a DataFrame or a Series; None where one holds Python's objects. Raises: as from_arrow."""
    held = [value] if isinstance(value, pl.Series) else value.get_columns()
    # A column that is not copied can be of any type, so it becomes one that polars hands on.
    made = [_given(series) if _is_needed(series, needs) else series.is_null() for series in held]
    if any(series is None for series in made):
        return None
    whole = made[0] if isinstance(value, pl.Series) else value.with_columns(made)
    return from_arrow.columns(whole, index=index, most_bytes=most_bytes, needs=needs)


def _is_needed(series: Any, needs: Collection[str] | None) -> bool:
    return needs is None or series.name in needs or not _holds(series.dtype, pl.Object)


def _given(series: Any) -> Any:
    """Give a series that polars hands on as Arrow has it; None for one that it cannot."""
    if _holds(series.dtype, pl.Object):
        # polars hands on the addresses of the objects, as bytes.
        return None
    # polars gives a column of nulls a buffer, which Arrow says it has not.
    return series.cast(_without_null(series.dtype)) if _holds(series.dtype, pl.Null) else series


def _holds(dtype: Any, kind: Any) -> bool:
    inner = getattr(dtype, "inner", None)
    below = [inner] if inner is not None else [field.dtype for field in getattr(dtype, "fields", ())]
    return dtype == kind or any(_holds(each, kind) for each in below)


def _without_null(dtype: Any) -> Any:
    if dtype == pl.Null:
        return pl.Boolean()
    if isinstance(dtype, pl.Array):
        return pl.Array(_without_null(dtype.inner), dtype.size)
    if isinstance(dtype, pl.List):
        return pl.List(_without_null(dtype.inner))
    if isinstance(dtype, pl.Struct):
        return pl.Struct({field.name: _without_null(field.dtype) for field in dtype.fields})
    return dtype
