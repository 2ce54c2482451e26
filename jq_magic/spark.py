"""Gives Spark a column and a data frame of what a filter makes of a column of JSON texts.

Source: Apache Spark, "Apache Arrow in PySpark": arrow_udf, mapInArrow; "JSON Files": the modes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as Spark's own pages call it
from pyspark.sql.types import DataType, LongType, StringType, StructField, StructType

from jq_magic import arrow
from jq_magic.column import ERRORS_OF_MODE, ColumnFilter
from jq_magic.errors import DataError
from jq_magic.limits import Limits
from jq_magic.program import Program
from jq_magic.records import INTO, Records

Mode = Literal["PERMISSIVE", "DROPMALFORMED", "FAILFAST"]
#: Fields of the object that Spark decodes: the output, and the whole text where that does not fit.
_VALUE, _MISFIT = "value", "misfit"


def jq(
    column: Any,
    program: str | Program,
    *,
    schema: str | DataType | None = None,
    mode: Mode = "PERMISSIVE",
    outputs: Literal["one", "first", "array"] = "one",
    args: dict[str, Any] | None = None,
    limits: Limits | None = None,
) -> Any:
    """Give a Column with what the filter makes of each row of another; null stays null, and nothing runs for it.

    Args:
        column: A Column of JSON texts, or its name.
        program: jq source, or a program that is compiled. It is checked now, and runs on the executors.
        schema: The type that outputs are decoded to, by Spark's `from_json`: DDL or a DataType; None for JSON texts.
        mode: "PERMISSIVE": a row with an error, or with an output that the type does not hold, is null. "FAILFAST": it
            ends the query. "DROPMALFORMED" is for `with_jq`.
        outputs, limits: As for `Program.map`.
        args: They become `$name`.
    Returns: A Column with the name jq.
    Raises: as `jq_magic.compile`; DataError. The query raises Spark's PythonException, with the error's message.

    """
    if mode == "DROPMALFORMED":
        raise DataError("a column cannot leave out rows: with_jq takes mode='DROPMALFORMED'")
    rows = _rows(program, args, mode, outputs=outputs, limits=limits)

    def texts(batch: pa.Array) -> pa.Array:
        return arrow.texts(rows, batch)

    return _decoded(F.arrow_udf(texts, StringType())(column), schema, mode).alias("jq")


def with_jq(
    frame: DataFrame,
    program: str | Program,
    *,
    column: str,
    into: str = "jq",
    schema: str | DataType | None = None,
    mode: Mode = "PERMISSIVE",
    fuel: str | None = None,
    error: str | None = None,
    outputs: Literal["one", "first", "array"] = "one",
    args: dict[str, Any] | None = None,
    limits: Limits | None = None,
) -> DataFrame:
    """Give a DataFrame with one more column, or several; it is `mapInArrow` underneath.

    Args:
        frame: The DataFrame.
        program, schema, outputs, args, limits: As for `jq`.
        column: The name of the column of JSON texts.
        into: The name of the new column; one that is there is replaced.
        mode: As for `jq`, and "DROPMALFORMED", which leaves such rows out.
        fuel: The name of one more column with the fuel of each row; None for none. It takes longer.
        error: The name of one more column that says what was wrong with a row, null where nothing was; None for none.
    Raises: as `jq`.

    """
    if error is not None and mode != "PERMISSIVE":
        raise DataError("error= names a column of rows with errors, which mode='PERMISSIVE' has")
    rows = _rows(program, args, mode, outputs=outputs, limits=limits)
    adding = arrow.Adding(rows, column, into, fuel, error)
    fields = {field.name: field for field in frame.schema.fields}
    if column not in fields:
        raise DataError(f"the frame has no column {column!r}")
    fields[into] = StructField(into, StringType())
    if fuel is not None:
        fields[fuel] = StructField(fuel, LongType())
    if error is not None:
        fields[error] = StructField(error, StringType())
    made = frame.mapInArrow(adding.batches, StructType(list(fields.values())))
    if schema is None:
        return made
    if mode != "DROPMALFORMED":
        return made.withColumn(into, _decoded(made[into], schema, mode))
    held = made.withColumn(into, _object(made[into], schema, mode))
    return held.where(held[into][_MISFIT].isNull()).withColumn(into, held[into][_VALUE])


def _rows(program: str | Program, args: dict[str, Any] | None, mode: str, **options: Any) -> ColumnFilter:
    if mode not in ERRORS_OF_MODE:
        raise DataError(f'mode is "PERMISSIVE", "DROPMALFORMED" or "FAILFAST", not {mode!r}')
    return ColumnFilter.of(program, args, can_keep=True, errors=ERRORS_OF_MODE[mode], **options)


def _decoded(texts: Any, schema: str | DataType | None, mode: str) -> Any:
    """Decode a Column of JSON texts; None leaves them texts."""
    return texts if schema is None else _object(texts, schema, mode)[_VALUE]


def _object(texts: Any, schema: str | DataType, mode: str) -> Any:
    """Decode JSON texts as the member of an object, since `from_json` takes no type but those of objects and arrays."""
    wrapped = F.concat(F.lit(f'{{"{_VALUE}":'), texts, F.lit("}"))
    options = {"mode": "FAILFAST"} if mode == "FAILFAST" else {"columnNameOfCorruptRecord": _MISFIT}
    if isinstance(schema, DataType):
        kind: Any = StructType([StructField(_VALUE, schema), StructField(_MISFIT, StringType())])
    else:
        kind = f"{_VALUE} {schema}, {_MISFIT} string"
    return F.from_json(wrapped, kind, options)


def first(frame: DataFrame, count: int, program: Program) -> list[str]:
    """Give the first rows of a DataFrame as JSON texts. Raises: DataError, LimitError."""
    return Records(program, pa.Table.slice).texts(frame.limit(count).toArrow())


def each(frame: DataFrame, program: Program) -> DataFrame:
    """Give a DataFrame with one column, `jq`: the JSON text of each output that a program has for each row.

    Args:
        frame: The DataFrame; the program's input is a row as an object.
        program: The program.
    Raises: nothing before the query runs, which raises Spark's PythonException with the message of `Program.run`.

    """
    rows = Records(program, pa.RecordBatch.slice)

    def outputs(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield pa.record_batch({INTO: pa.array(rows.flat(batch), pa.string())})

    return frame.mapInArrow(outputs, StructType([StructField(INTO, StringType())]))
