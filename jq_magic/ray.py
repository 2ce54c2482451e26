"""Gives Ray Data a function of batches, which runs a filter on a column of JSON texts.

Source: Ray Data, "Transforming data": map_batches, and the formats of its batches.
"""

from __future__ import annotations

import functools
from typing import Any, Literal

import pyarrow as pa

from jq_magic.arrow import Adding
from jq_magic.column import ColumnFilter
from jq_magic.errors import DataError
from jq_magic.limits import Limits
from jq_magic.program import Program
from jq_magic.records import INTO, Records


class Batches:
    """Runs a filter on batches: `ds.map_batches(jq(".a", column="payload"))`. Workers get it by pickle.

    Args:
        adding: What is added to a batch.

    """

    def __init__(self, adding: Adding) -> None:
        self._adding = adding

    def __call__(self, batch: Any) -> Any:
        """Give a batch in the format in which it came: arrays of NumPy by their names, pyarrow.Table, pandas.DataFrame.

        Raises: as `Program.map`; DataError without the column, and for outputs that the type does not hold.
        """
        adding = self._adding
        if isinstance(batch, pa.Table):
            return adding.batch(batch)
        if adding.column not in batch:
            raise DataError(f"the batch has no column {adding.column!r}")
        try:
            column = pa.array(batch[adding.column].tolist(), from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise DataError(f"the column {adding.column!r} has values of several types: {error}") from None
        table = adding.batch(pa.table({adding.column: column}))
        names = [name for name in (adding.into, adding.fuel, adding.error) if name is not None]
        made = {name: table.column(name).to_numpy(zero_copy_only=False) for name in names}
        return {**batch, **made} if isinstance(batch, dict) else batch.assign(**made)


def jq(
    program: str | Program,
    *,
    column: str,
    into: str = "jq",
    dtype: Any = None,
    outputs: Literal["one", "first", "array"] = "one",
    errors: Literal["raise", "null"] = "raise",
    fuel: str | None = None,
    error: str | None = None,
    args: dict[str, Any] | None = None,
    limits: Limits | None = None,
    jobs: int = 1,
) -> Batches:
    """Give what `ds.map_batches` takes; it adds a column with what the filter makes of each row of another.

    Args:
        program: jq source, or a program that is compiled. It is checked now, and runs on the workers.
        column: The column of JSON texts that is read.
        into: The column that is added, or replaced.
        dtype: The pyarrow.DataType that outputs are decoded to; None for JSON texts. With `errors="null"` an output
            that it does not hold is null.
        outputs, errors, limits, jobs: As for `Program.map`; a column cannot keep errors.
        fuel: The name of one more column with the fuel of each row; None for none. It takes longer.
        error: The name of one more column with the error of each row where that is null, a string; None for none.
        args: They become `$name`.
    Raises: as `jq_magic.compile`; DataError. The computation raises as `Program.map`.

    """
    options: Any = {"outputs": outputs, "errors": errors, "limits": limits, "jobs": jobs}
    return Batches(Adding(ColumnFilter.of(program, args, **options), column, into, fuel, error, dtype))


def first(data: Any, count: int, program: Program) -> list[str]:
    """Give the first rows of a Dataset as JSON texts. Raises: DataError, LimitError."""
    rows = Records(program, pa.Table.slice)
    return [text for batch in data.limit(count).iter_batches(batch_format="pyarrow") for text in rows.texts(batch)]


def each(data: Any, program: Program) -> Any:
    """Give a Dataset with one column, `jq`: the JSON text of each output that a program has for each row.

    Args:
        data: The Dataset; the program's input is a row as an object.
        program: The program.
    Raises: nothing before the data are consumed, which raises as `Program.run`.

    """
    return data.map_batches(functools.partial(_of_rows, Records(program, pa.Table.slice)), batch_format="pyarrow")


def _of_rows(rows: Records, table: Any) -> Any:
    return pa.table({INTO: pa.array(rows.flat(table), pa.string())})
