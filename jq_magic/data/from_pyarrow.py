"""Makes plain values of Arrow's tables, arrays and scalars, as pyarrow has them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jq_magic.data import times, values
from jq_magic.data.records import Column, column, each, records
from jq_magic.data.refusals import Refused, a_kind

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_ADVICE = {
    "RecordBatchReader": "give its .read_all()",
    "RecordBatchFileReader": "give its .read_all()",
    "RecordBatchStreamReader": "give its .read_all()",
    "FileSystemDataset": "give its .to_table()",
    "InMemoryDataset": "give its .to_table()",
    "ParquetFile": "give its .read()",
    "TableGroupBy": "aggregate it first",
}


def step(value: Any, walk: values.Walk) -> Any:
    """Make a table, an array or a scalar plain. Raises: Refused."""
    if isinstance(value, (pa.Table, pa.RecordBatch)):
        columns = [
            column((name,), lambda cells=cells: _cells(cells, walk))  # type: ignore[misc] # bound at once
            for name, cells in zip(value.schema.names, value.columns, strict=True)
        ]
        return values.Ready(records(columns, value.num_rows))
    if isinstance(value, (pa.Array, pa.ChunkedArray)):
        return values.Ready(_cells(value, walk))
    if isinstance(value, pa.Scalar):
        return values.Ready(_cells(pa.array([value], value.type), walk)[0])
    advice = _ADVICE.get(type(value).__name__, "give a Table or an Array")
    raise Refused(f"{a_kind(value)} cannot become JSON", advice=advice)


def _interval(value: Any) -> str:
    """Write a duration of months, days and nanoseconds, none of which is a fixed number of another."""
    signs = {count < 0 for count in value if count}
    if len(signs) > 1:
        raise Refused(f"a duration of {value.months} months, {value.days} days, {value.nanoseconds} ns has two signs")
    months, days, rest = (abs(count) for count in value)
    hours, rest = divmod(rest, 3_600 * _PER_SECOND["ns"])
    time = times.duration(rest, _PER_SECOND["ns"]).removeprefix("PT") if rest else ""
    time = (f"{hours}H" if hours else "") + time
    date = (f"{months}M" if months else "") + (f"{days}D" if days else "")
    if not time and not date:
        return "PT0S"
    return f"{'-' if True in signs else ''}P{date}{'T' if time else ''}{time}"


def _cells(array: Any, walk: values.Walk) -> list[Any]:  # noqa: C901, PLR0911 - one for each kind of type
    """Make the cells of an array plain. Raises: Refused."""
    if isinstance(array, pa.ChunkedArray):
        return [cell for chunk in array.chunks for cell in _cells(chunk, walk)]
    kind, test = array.type, pa.types
    if _simple(kind):
        cells: list[Any] = array.to_pylist()
        return cells
    if test.is_dictionary(kind):
        return _cells(array.dictionary_decode(), walk)
    if test.is_run_end_encoded(kind):
        return _cells(pc.run_end_decode(array), walk)
    if test.is_timestamp(kind) or test.is_time64(kind):
        return _moments(array, kind)
    if test.is_duration(kind):
        parts = _PER_SECOND[kind.unit]
        return [None if count is None else times.duration(count, parts) for count in array.cast(pa.int64()).to_pylist()]
    if test.is_interval(kind):
        return each(array.to_pylist(), lambda cell: None if cell is None else _interval(cell))
    if test.is_map(kind):
        return _maps(array, kind, walk)
    if test.is_list(kind) or test.is_large_list(kind) or test.is_fixed_size_list(kind):
        return _lists(array, walk)
    if test.is_list_view(kind) or test.is_large_list_view(kind):
        return _lists(array.cast(pa.large_list(kind.value_field)), walk)
    if test.is_struct(kind):
        names = [kind.field(at).name for at in range(kind.num_fields)]
        fields: list[Column] = [((name,), _cells(array.field(at), walk)) for at, name in enumerate(names)]
        rows = zip(records(fields, len(array)), array.is_null().to_pylist(), strict=True)
        return [None if missing else row for row, missing in rows]
    if isinstance(array, pa.ExtensionArray) and type(kind).__name__ != "UuidType":
        return _cells(array.storage, walk)
    return each(array.to_pylist(), walk.plain)


def _simple(kind: Any) -> bool:
    """Tell whether Python's values of a type are plain."""
    test = pa.types
    return bool(
        test.is_integer(kind)
        or (test.is_floating(kind) and not test.is_float16(kind))
        or test.is_boolean(kind)
        or test.is_null(kind)
        or test.is_string(kind)
        or test.is_large_string(kind)
        or test.is_string_view(kind)
        or (test.is_list(kind) and _simple(kind.value_type))
    )


def _object(pairs: list[dict[str, Any]] | None, walk: values.Walk) -> dict[str, Any] | None:
    """Make an object of the entries of a map. Raises: Refused when a key is there twice."""
    if pairs is None:
        return None
    made = {walk.key(pair["key"]): pair["value"] for pair in pairs}
    if len(made) < len(pairs):
        raise Refused("a map has one key twice", advice="give its entries as a list of structs")
    return made


def _lists(array: Any, walk: values.Walk) -> list[Any]:
    items = iter(_cells(array.flatten(), walk))
    lengths = pc.list_value_length(array).to_pylist()
    return [None if length is None else [next(items) for _ in range(length)] for length in lengths]


def _maps(array: Any, kind: Any, walk: values.Walk) -> list[dict[str, Any] | None]:
    """Make objects of maps, whose entries are lists of structs in all but their type."""
    entries = pa.struct([pa.field("key", kind.key_type, nullable=False), pa.field("value", kind.item_type)])
    pairs = _lists(array.cast(pa.list_(entries)), walk)
    return each(pairs, lambda cell: _object(cell, walk))


def _moments(array: Any, kind: Any) -> list[str | None]:
    """Write dates with their times, or times of day."""
    if kind.unit != "ns":
        return [None if cell is None else times.moment(cell) for cell in array.to_pylist()]
    # Python's own hold microseconds.
    parts = [(None, 0) if count is None else divmod(count, 1_000) for count in array.cast(pa.int64()).to_pylist()]
    short = pa.time64("us") if pa.types.is_time64(kind) else pa.timestamp("us", kind.tz)
    cells = pa.array([count for count, _ in parts], pa.int64()).cast(short).to_pylist()
    return [None if cell is None else times.moment(cell, rest) for cell, (_, rest) in zip(cells, parts, strict=True)]
