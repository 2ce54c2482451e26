"""Gives each Series of Dask the accessor `jq`, and bags a function, which run a filter on JSON texts.

Source: Dask, "Extending DataFrames": register_series_accessor; "Bag": map_partitions.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Literal

import dask.bag as db
import dask.dataframe as dd
import pandas as pd

import jq_magic.pandas
from jq_magic.column import ColumnFilter
from jq_magic.data import encode
from jq_magic.limits import Limits
from jq_magic.program import Program
from jq_magic.records import INTO, Records


@dd.extensions.register_series_accessor("jq")
class Jq:
    """The accessor `series.jq(program)`.

    Raises: AttributeError for a Series that holds no texts and no objects, as the accessor `str` does.
    """

    def __init__(self, series: Any) -> None:
        jq_magic.pandas.check(series.dtype)
        self._series = series

    def __call__(
        self,
        program: str | Program,
        *,
        outputs: Literal["one", "first", "array"] = "one",
        errors: Literal["raise", "null", "keep"] = "raise",
        dtype: Any = object,
        args: dict[str, Any] | None = None,
        limits: Limits | None = None,
        jobs: int = 1,
        as_text: bool = False,
    ) -> Any:
        """Give a lazy Series with what the filter makes of each value; index, name and missing values are kept.

        Args:
            program: jq source, or a program that is compiled. It is checked now, and runs on the workers.
            dtype: That of the new Series: Dask has to know it before anything runs.
            args: They become `$name`.
            outputs, errors, limits, jobs, as_text: As for `Program.map`; jobs are threads of one partition.
        Raises: as `jq_magic.compile`; DataError. The computation raises as `Program.map`.

        """
        options: Any = {"outputs": outputs, "errors": errors, "limits": limits, "jobs": jobs, "as_text": as_text}
        rows = ColumnFilter.of(program, args, can_keep=True, **options)
        meta = pd.Series([], dtype=dtype, name=self._series.name)
        return self._series.map_partitions(jq_magic.pandas.mapped, rows, dtype, meta=meta)


class _Partition:
    """Runs a filter on a partition of a bag, which comes as a list or as an iterator."""

    def __init__(self, rows: ColumnFilter) -> None:
        self._rows = rows

    def __call__(self, partition: Iterable[Any]) -> list[Any]:
        return self._rows.listed(list(partition))


def jq(
    program: str | Program,
    *,
    outputs: Literal["one", "first", "array"] = "one",
    errors: Literal["raise", "null", "keep"] = "raise",
    args: dict[str, Any] | None = None,
    limits: Limits | None = None,
    jobs: int = 1,
    as_text: bool = False,
) -> Callable[[Iterable[Any]], list[Any]]:
    """Give what runs a filter on a partition of a bag: `bag.map_partitions(jq(".a"))`.

    Args and Raises: as for a Series.
    """
    options: Any = {"outputs": outputs, "errors": errors, "limits": limits, "jobs": jobs, "as_text": as_text}
    return _Partition(ColumnFilter.of(program, args, can_keep=True, **options))


def first(data: Any, count: int, program: Program) -> list[str]:
    """Give the first rows of a DataFrame, a Series or a bag of Dask as JSON texts. Raises: DataError, LimitError."""
    if isinstance(data, db.Bag):
        return [encode.to_json_bytes(one).decode() for one in data.take(count, npartitions=-1, warn=False)]
    held = data.head(count, npartitions=-1)
    if isinstance(held, pd.Series):
        return [encode.to_json_bytes(one).decode() for one in held.dropna().tolist()]
    return Records(program, _part).texts(held)


def each(data: Any, program: Program) -> Any:
    """Give a data set of the same kind with the JSON text of each output that a program has for each row.

    Args:
        data: A DataFrame, whose rows are objects; the new one has one column, `jq`. Or a Series or a bag of JSON texts
            and other values; nothing runs for what is missing.
        program: The program.
    Raises: nothing before it is computed, which raises as `Program.run`.

    """
    if isinstance(data, db.Bag):
        return data.map_partitions(functools.partial(_of_values, program))
    if isinstance(data, dd.DataFrame):
        return data.map_partitions(functools.partial(_of_rows, program), meta={INTO: object})
    return data.map_partitions(functools.partial(_of_series, program), meta=(INTO, object))


def _of_values(program: Program, values: Iterable[Any]) -> list[str]:
    return [text for texts in ColumnFilter(program).outputs_of(values) for text in texts]


def _of_series(program: Program, series: Any) -> Any:
    cells = series.astype(object).where(series.notna(), None).tolist()
    return pd.Series(_of_values(program, cells), name=INTO, dtype=object)


def _of_rows(program: Program, frame: Any) -> Any:
    return pd.DataFrame({INTO: pd.Series(Records(program, _part).flat(frame), dtype=object)})


def _part(frame: Any, place: int, rows: int) -> Any:
    part = frame.iloc[place : place + rows]
    # The numbers of rows in other partitions are no labels.
    is_numbered = part.index.name is None and pd.api.types.is_integer_dtype(part.index.dtype)
    return part.reset_index(drop=True) if is_numbered else part
