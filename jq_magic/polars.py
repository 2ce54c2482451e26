"""Gives expressions and Series of polars `jq`, which runs a filter on a column of JSON texts.

Source: polars, "Extending the API": register_expr_namespace, register_series_namespace.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Literal

import polars as pl

from jq_magic.column import ColumnFilter
from jq_magic.errors import JqMagicError
from jq_magic.limits import Limits
from jq_magic.program import Program
from jq_magic.records import INTO, Records


def _texts(rows: ColumnFilter, series: Any) -> Any:
    """Make a Series of the JSON texts that a filter gives for another. Raises: as `Program.map`."""
    return pl.Series(series.name, rows.listed(series.to_list()), pl.String)


@contextlib.contextmanager
def _errors_of_query() -> Iterator[None]:
    """Raise our errors as polars' own: it raises an exception anew, by its class and its message."""
    try:
        yield
    except JqMagicError as error:
        raise pl.exceptions.ComputeError(f"{type(error).__name__}: {error}") from error


def _decoded(texts: Any, dtype: Any) -> Any:
    """Decode JSON texts, an expression or a Series, to a type; None leaves them texts."""
    return texts if dtype is None else texts.str.json_decode(dtype)


@pl.api.register_expr_namespace("jq")
class JqExpr:
    """What `pl.col(…).jq(program)` calls."""

    def __init__(self, expr: Any) -> None:
        self._expr = expr

    def __call__(
        self,
        program: str | Program,
        *,
        dtype: Any = None,
        outputs: Literal["one", "first", "array"] = "one",
        errors: Literal["raise", "null"] = "raise",
        args: dict[str, Any] | None = None,
        limits: Limits | None = None,
        jobs: int = 1,
    ) -> Any:
        """Give an expression of what the filter makes of each value; a null stays null, and nothing runs for it.

        It is elementwise: lazy queries move filters past it, and the streaming engine cuts its column.

        Args:
            program: jq source, or a program that is compiled. It is checked now, and runs with the query.
            dtype: The type that outputs are decoded to; None for JSON texts.
            args: They become `$name`.
            outputs, errors, limits, jobs: As for `Program.map`; a column cannot keep errors.
        Raises: as `jq_magic.compile`; the query raises a ComputeError with the message of what `Program.map` raises.

        """
        rows = ColumnFilter.of(program, args, outputs=outputs, errors=errors, jobs=jobs, limits=limits)

        def texts(series: Any) -> Any:
            with _errors_of_query():
                return _texts(rows, series)

        return _decoded(self._expr.map_batches(texts, return_dtype=pl.String, is_elementwise=True), dtype)


@pl.api.register_series_namespace("jq")
class JqSeries:
    """What `series.jq(program)` calls."""

    def __init__(self, series: Any) -> None:
        self._series = series

    def __call__(
        self,
        program: str | Program,
        *,
        dtype: Any = None,
        outputs: Literal["one", "first", "array"] = "one",
        errors: Literal["raise", "null"] = "raise",
        args: dict[str, Any] | None = None,
        limits: Limits | None = None,
        jobs: int = 1,
    ) -> Any:
        """Give a Series of what the filter makes of each value. Args and Raises: as for an expression."""
        options: Any = {"outputs": outputs, "errors": errors, "jobs": jobs, "limits": limits}
        rows = ColumnFilter.of(program, args, is_cut=False, **options)
        return _decoded(_texts(rows, self._series), dtype)


def first(frame: Any, count: int, program: Program) -> list[str]:
    """Give the first rows of a LazyFrame as JSON texts. Raises: DataError, LimitError."""
    return Records(program, pl.DataFrame.slice).texts(frame.head(count).collect())


def each(frame: Any, program: Program) -> Any:
    """Give a LazyFrame with one column, `jq`: the JSON text of each output that a program has for each row.

    Args:
        frame: The polars.LazyFrame; the program's input is a row as an object.
        program: The program.
    Raises: nothing before the query runs, which raises a ComputeError as an expression does.

    """
    rows = Records(program, pl.DataFrame.slice)

    def outputs(series: Any) -> Any:
        with _errors_of_query():
            return pl.Series(series.name, rows.outputs(series.struct.unnest()), pl.List(pl.String))

    made = pl.struct(pl.all()).map_batches(outputs, return_dtype=pl.List(pl.String), is_elementwise=True).alias(INTO)
    return frame.select(made).filter(pl.col(INTO).list.len() > 0).explode(INTO)
