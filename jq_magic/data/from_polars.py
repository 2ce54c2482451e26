"""Makes plain values of polars' frames and series."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import polars as pl

from jq_magic.data import times, values
from jq_magic.data.records import Column, column, each, records
from jq_magic.data.refusals import Refused, a_kind

_PER_SECOND = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
#: Seconds of the first and the last date of Python, with a day for time zones.
_FIRST, _LAST = -62_135_510_400, 253_402_214_400
_ADVICE = {
    "LazyFrame": "give its .collect()",
    "GroupBy": "aggregate it first, with .agg(…)",
    "LazyGroupBy": "aggregate it first, with .agg(…), and give its .collect()",
    "Expr": "select it from a frame, and give that",
}


def step(value: Any, walk: values.Walk) -> Any:
    """Make a frame or a series plain. Raises: Refused."""
    with _panics():
        if isinstance(value, pl.DataFrame):
            columns = [
                column((series.name,), lambda series=series: _cells(series, walk))  # type: ignore[misc] # bound at once
                for series in value.get_columns()
            ]
            return values.Ready(records(columns, value.height))
        if isinstance(value, pl.Series):
            return values.Ready(_cells(value, walk))
    advice = _ADVICE.get(type(value).__name__, "give a DataFrame or a Series")
    raise Refused(f"{a_kind(value)} cannot become JSON", advice=advice)


@contextlib.contextmanager
def _panics() -> Iterator[None]:
    """Refuse what polars panics at: its PanicException is no Exception."""
    try:
        yield
    except pl.exceptions.PanicException as error:
        raise Refused(f"polars cannot read its own values: {error}") from None


def _cells(series: pl.Series, walk: values.Walk) -> list[Any]:  # noqa: PLR0911 - one for each kind of type
    """Make the cells of a series plain. Raises: Refused."""
    dtype = series.dtype
    if _simple(dtype):
        return series.to_list()
    if isinstance(dtype, pl.Date):
        return series.dt.strftime("%Y-%m-%d").to_list()
    if isinstance(dtype, pl.Datetime):
        return _moments(series, dtype)
    if isinstance(dtype, pl.Time):
        nanoseconds = series.to_physical().to_list()
        return [
            None if count is None else times.moment(cell, count % 1_000)
            for cell, count in zip(series.to_list(), nanoseconds, strict=True)
        ]
    if isinstance(dtype, pl.Duration):
        parts = _PER_SECOND[dtype.time_unit]
        return [None if count is None else times.duration(count, parts) for count in series.to_physical().to_list()]
    if isinstance(dtype, pl.Binary):
        return [None if cell is None else values.base64(cell) for cell in series.to_list()]
    if isinstance(dtype, pl.Array):
        return _lists(series.arr.to_list(), walk)
    if isinstance(dtype, pl.List):
        return _lists(series, walk)
    if isinstance(dtype, pl.Struct):
        names = [field.name for field in dtype.fields]
        fields: list[Column] = [((name,), _cells(series.struct.field(name), walk)) for name in names]
        rows = zip(records(fields, len(series)), series.is_null().to_list(), strict=True)
        return [None if missing else row for row, missing in rows]
    return each(series.to_list(), walk.plain)


def _simple(dtype: pl.DataType) -> bool:
    """Tell whether Python's values of a type are plain."""
    if isinstance(dtype, (pl.List, pl.Array)):
        return _simple(dtype.inner)  # type: ignore[arg-type] # the type of a series is an instance
    if isinstance(dtype, pl.Struct):
        return all(_simple(field.dtype) for field in dtype.fields)  # type: ignore[arg-type] # the same
    return (
        dtype.is_integer()
        or dtype.is_float()
        or isinstance(dtype, (pl.String, pl.Boolean, pl.Null, pl.Categorical, pl.Enum))
    )


def _lists(series: pl.Series, walk: values.Walk) -> list[Any]:
    lengths = series.list.len()
    # polars puts a null where an empty list was.
    items = iter(_cells(series.filter(lengths > 0).explode(), walk))
    return [None if length is None else [next(items) for _ in range(length)] for length in lengths.to_list()]


def _moments(series: pl.Series, dtype: pl.Datetime) -> list[str | None]:
    parts = _PER_SECOND[dtype.time_unit]
    counts = series.to_physical()
    if dtype.time_zone is None and bool((counts.drop_nulls() % parts == 0).all()):
        return series.dt.strftime("%Y-%m-%dT%H:%M:%S").to_list()
    if not (counts // parts).drop_nulls().is_between(_FIRST, _LAST).all():
        # polars panics, and says so on stderr, where Python has no such date.
        raise Refused("a date lies before the year 1 or after 9999", advice="give it as a string, with .dt.to_string()")
    finer = (counts % 1_000).to_list() if parts == 1_000_000_000 else [0] * len(counts)
    return [
        None if cell is None else times.moment(cell, nanoseconds or 0)
        for cell, nanoseconds in zip(series.to_list(), finer, strict=True)
    ]
