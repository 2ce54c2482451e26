"""Gives each Series of pandas the accessor `jq`, which runs a filter on a column of JSON texts.

Source: pandas, "Extending pandas": register_series_accessor.
"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from jq_magic.column import ColumnFilter
from jq_magic.limits import Limits
from jq_magic.program import Program


def check(dtype: Any) -> None:
    """Check that a Series of this type has `jq`. Raises: AttributeError, as the accessor `str` does."""
    if not (pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype)):
        raise AttributeError(f"Can only use .jq accessor with string values, not {dtype}")


def mapped(series: Any, rows: ColumnFilter, dtype: Any) -> Any:
    """Give a Series of what a filter makes of each value of another; index, name and what is missing are kept.

    Args:
        series: The pandas.Series.
        rows: The filter.
        dtype: That of the new Series; None for what pandas infers of the values, where that loses none.
    Raises: as `Program.map`.

    """
    cells = series.astype(object).where(series.notna(), None).tolist()
    made = pd.Series(rows.listed(cells), index=series.index, name=series.name, dtype=object)
    return made.infer_objects() if dtype is None else made.astype(dtype)


@pd.api.extensions.register_series_accessor("jq")
class Jq:
    """The accessor `series.jq(program)`.

    Raises: AttributeError for a Series that holds no texts and no objects, as the accessor `str` does.
    """

    def __init__(self, series: Any) -> None:
        check(series.dtype)
        self._series = series

    def __call__(
        self,
        program: str | Program,
        *,
        outputs: Literal["one", "first", "array"] = "one",
        errors: Literal["raise", "null", "keep"] = "raise",
        dtype: Any = None,
        args: dict[str, Any] | None = None,
        limits: Limits | None = None,
        jobs: int = 1,
        as_text: bool = False,
    ) -> Any:
        """Give a Series with what the filter makes of each value; index and name are kept, what is missing stays so.

        Args:
            program: jq source, or a program that is compiled.
            dtype: That of the new Series; None for what pandas infers of the values, where that loses none.
            args: They become `$name`.
            outputs, errors, limits, jobs, as_text: As for `Program.map`.
        Raises: as `Program.map`; `.document` is the position of the row, from 0.

        """
        options: Any = {"outputs": outputs, "errors": errors, "limits": limits, "jobs": jobs, "as_text": as_text}
        return mapped(self._series, ColumnFilter.of(program, args, can_keep=True, is_cut=False, **options), dtype)
