"""Gives expressions and Series of polars `jq`, which runs a filter on a column of JSON texts.

Source: polars, "Extending the API": register_expr_namespace, register_series_namespace.
"""

from __future__ import annotations

from typing import Any, Literal

import polars as pl

from jq_magic.api import as_program
from jq_magic.errors import DataError, JqMagicError
from jq_magic.limits import Limits
from jq_magic.program import Program


def _compiled(program: str | Program, args: dict[str, Any] | None, errors: str) -> Program:
    if errors not in {"raise", "null"}:
        raise DataError(f'errors is "raise" or "null" in a column of polars, not {errors!r}')
    return as_program(program, args)


def _texts(program: Program, series: Any, **options: Any) -> Any:
    """Make a Series of the JSON texts that a program gives for another. Raises: as `Program.map`."""
    return pl.Series(series.name, list(program.map(series.to_list(), as_text=True, **options)), pl.String)


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
        compiled = _compiled(program, args, errors)

        def texts(series: Any) -> Any:
            try:
                return _texts(compiled, series, outputs=outputs, errors=errors, jobs=jobs, limits=limits)
            except JqMagicError as error:
                # A query cuts columns where it likes, so the number of a row tells nothing; and polars raises an
                # exception anew, by its class and its message.
                error.document = None
                raise pl.exceptions.ComputeError(f"{type(error).__name__}: {error}") from error

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
        compiled = _compiled(program, args, errors)
        texts = _texts(compiled, self._series, outputs=outputs, errors=errors, jobs=jobs, limits=limits)
        return _decoded(texts, dtype)
