"""Runs a filter on a column of Arrow: what the modules of DuckDB, Spark and Ray share.

Source: Apache Arrow, "Arrow Columnar Format", variable-size binary layout.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from jq_magic.column import ColumnFilter
from jq_magic.data import decode
from jq_magic.errors import DataError, JqMagicError
from jq_magic.messages import visible_head

#: Characters of an error that stand in a column.
_ERROR_CHARS = 1_000


def texts(rows: ColumnFilter, column: Any) -> Any:
    """Give the JSON text that a filter makes of each row.

    Args:
        rows: The filter; its errors are raised or null.
        column: A pyarrow.Array or ChunkedArray of JSON texts or of other values.
    Returns: A pyarrow.Array of strings, as long as the column.
    Raises: as `Program.map`; DataError for more outputs than one array holds.

    """
    return _strings(rows.listed(column))


def _strings(held: list[Any]) -> Any:
    made = pa.array(held, pa.string())
    if isinstance(made, pa.ChunkedArray):
        raise DataError("the outputs of one batch have over 2 GiB, which no array of strings holds: cut it smaller")
    return made


def decoded(held: Any, kind: Any, *, is_lenient: bool) -> Any:
    """Decode JSON texts to a type of Arrow.

    Args:
        held: A pyarrow.Array of JSON texts.
        kind: The pyarrow.DataType.
        is_lenient: Whether a value that the type does not hold becomes null.
    Raises: DataError for such a value otherwise.

    """
    values = [None if text is None else decode.from_json(text) for text in held.to_pylist()]
    try:
        return _of_type(values, kind)
    except DataError:
        if not is_lenient:
            raise
    return _of_type([value if _fits(value, kind) else None for value in values], kind)


def _of_type(values: list[Any], kind: Any) -> Any:
    try:
        return pa.array(values, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        message = visible_head(str(error).partition("\n")[0], _ERROR_CHARS)[0]
        raise DataError(f"an output does not fit into the type {kind}: {message}") from None


def _fits(value: Any, kind: Any) -> bool:
    try:
        _of_type([value], kind)
    except DataError:
        return False
    return True


@dataclasses.dataclass(frozen=True)
class Adding:
    """Adds what a filter makes of a column to batches of rows.

    Attributes:
        rows: The filter. Where it keeps errors, their rows are left out.
        column: The name of the column that is read.
        into: The name of the column of JSON texts that is added; the one of this name is replaced.
        fuel: The name of one more column with the fuel of each row, int64; None for none.
        error: The name of one more column with the error of each row, a string; None for none.
        kind: The pyarrow.DataType that outputs are decoded to; None for JSON texts.

    """

    rows: ColumnFilter
    column: str
    into: str
    fuel: str | None = None
    error: str | None = None
    kind: Any = None

    def batches(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Add to each of the batches of `mapInArrow`."""
        return map(self.batch, batches)

    def batch(self, batch: Any) -> Any:
        """Give a RecordBatch, or a Table, with more columns. Raises: as `texts`; DataError without the column."""
        if batch.schema.names.count(self.column) != 1:
            raise DataError(f"the rows have no column {visible_head(self.column, 60)[0]!r}, or several of that name")
        column = batch.column(self.column)
        if self.fuel is None and self.error is None and self.rows.errors != "keep":
            return _with(batch, {self.into: self._typed(texts(self.rows, column))})
        is_said = self.error is not None and self.rows.errors == "null"
        rows = dataclasses.replace(self.rows, errors="keep") if is_said else self.rows
        pairs = list(rows.mapped(column, with_fuel=True))
        errors = [outcome if isinstance(outcome, JqMagicError) else None for outcome, _ in pairs]
        held = _strings([outcome if isinstance(outcome, str) else None for outcome, _ in pairs])
        made = {self.into: self._typed(held)}
        if self.fuel is not None:
            made[self.fuel] = pa.array([fuel for _, fuel in pairs], pa.int64())
        if self.error is not None:
            made[self.error] = pa.array([error and _described(error) for error in errors], pa.string())
        whole = _with(batch, made)
        if self.rows.errors != "keep":
            return whole
        return whole.filter(pa.array([error is None for error in errors], pa.bool_()))

    def _typed(self, held: Any) -> Any:
        return held if self.kind is None else decoded(held, self.kind, is_lenient=self.rows.errors != "raise")


def _described(error: JqMagicError) -> str:
    """Say what an error is in one line; what strangers wrote in it is escaped and bounded."""
    # In a batch the number of a row tells nothing.
    error.document = None
    message = str(error).partition("\n")[0]
    return visible_head(f"{type(error).__name__}: {message}", _ERROR_CHARS)[0]


def _with(batch: Any, columns: dict[str, Any]) -> Any:
    """Give a batch with more columns; one of the same name is replaced where it stands."""
    for name, column in columns.items():
        place = batch.schema.get_field_index(name)
        batch = batch.append_column(name, column) if place < 0 else batch.set_column(place, name, column)
    return batch
