"""Gives each Series of pandas the accessor `jq`, which runs a filter on a column of JSON texts.

Source: pandas, "Extending pandas": register_series_accessor.
"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from jq_magic.api import as_program
from jq_magic.limits import Limits
from jq_magic.program import Program


@pd.api.extensions.register_series_accessor("jq")
class Jq:
    """The accessor `series.jq(program)`.

    Raises: AttributeError for a Series that holds no texts and no objects, as the accessor `str` does.
    """

    def __init__(self, series: Any) -> None:
        if not (pd.api.types.is_string_dtype(series.dtype) or pd.api.types.is_object_dtype(series.dtype)):
            raise AttributeError(f"Can only use .jq accessor with string values, not {series.dtype}")
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
        series = self._series
        cells = series.astype(object).where(series.notna(), None).tolist()
        mapped = as_program(program, args).map(
            cells, outputs=outputs, errors=errors, jobs=jobs, limits=limits, as_text=as_text
        )
        made = pd.Series(list(mapped), index=series.index, name=series.name, dtype=object)
        return made.infer_objects() if dtype is None else made.astype(dtype)
