"""Gives each Series of Dask the accessor `jq`, and bags a function, which run a filter on JSON texts.

Source: Dask, "Extending DataFrames": register_series_accessor; "Bag": map_partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import dask.dataframe as dd
import pandas as pd

import jq_magic.pandas
from jq_magic.column import ColumnFilter
from jq_magic.limits import Limits
from jq_magic.program import Program


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
