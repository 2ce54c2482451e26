"""Makes plain values of pandas' frames, series, indices and scalars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jq_magic.data import from_numpy, times, values
from jq_magic.data.records import column, each, records
from jq_magic.data.refusals import Refused, a_kind, advice

#: The name of a series' values beside its index, when it has none.
_VALUE = "value"


def step(value: Any, walk: values.Walk) -> Any:  # noqa: PLR0911 - one for each kind
    """Make a value of pandas plain. Raises: Refused."""
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.DataFrame):
        return values.Ready(_frame(value, walk))
    if isinstance(value, pd.Series):
        return values.Ready(_series(value, walk))
    if isinstance(value, pd.MultiIndex):
        return values.Ready(
            [list(row) for row in zip(*(cells for _, cells in _index(value, walk, set())), strict=True)]
        )
    if isinstance(value, (pd.Index, pd.api.extensions.ExtensionArray)):
        return values.Ready(_cells(value, walk))
    if isinstance(value, pd.Timestamp):
        return times.moment(value)
    if isinstance(value, pd.Timedelta):
        return value.to_timedelta64()
    if isinstance(value, pd.Interval):
        return {"left": value.left, "right": value.right, "closed": value.closed}
    if isinstance(value, pd.Period):
        return str(value)
    raise Refused(f"{a_kind(value)} cannot become JSON", advice=_advice(value))


def _advice(value: Any) -> str:
    if type(value).__name__ == "Styler":
        return "give the frame itself, its .data"
    if hasattr(value, "agg"):
        return "aggregate it first, for example with .sum() or .agg(…)"
    return advice(value)


def _frame(frame: Any, walk: values.Walk) -> list[dict[str, Any]]:
    names_taken = {_name(label, walk) for label in frame.columns}
    columns = _index(frame.index, walk, names_taken) if _says_something(frame.index) else []
    if taken := names_taken & {name for name, _ in columns}:
        names = ", ".join(sorted(".".join(name) for name in taken))
        reason = f"the index and a column are both named {names}"
        raise Refused(reason, advice="rename one, or drop the index with .reset_index(drop=True)")
    for at, label in enumerate(frame.columns):
        series = frame.iloc[:, at]
        columns.append(column(_name(label, walk), lambda series=series: _cells(series, walk)))  # type: ignore[misc] # bound at once
    return records(columns, len(frame))


def _series(series: Any, walk: values.Walk) -> list[Any]:
    """Make a list of a series, or records when its index says more than where a value stands."""
    if not _says_something(series.index):
        return _cells(series, walk)
    name = (_VALUE,) if series.name is None else _name(series.name, walk)
    return records([*_index(series.index, walk, {name}), (name, _cells(series, walk))], len(series))


def _name(label: Any, walk: values.Walk) -> tuple[str, ...]:
    """Give the name of a column: the labels of its levels, but for those that are empty."""
    if not isinstance(label, tuple):
        return (walk.key(label),)
    return tuple(walk.key(part) for part in label if not (isinstance(part, str) and not part)) or ("",)


def _says_something(index: Any) -> bool:
    """Tell whether an index has a name or is something else than the numbers of the rows, from 0."""
    if index.nlevels > 1 or index.name is not None:
        return True
    return not (index.dtype.kind in "iu" and bool((index.to_numpy() == np.arange(len(index))).all()))


def _index(index: Any, walk: values.Walk, others: set[tuple[str, ...]]) -> list[tuple[tuple[str, ...], list[Any]]]:
    """Give the levels of an index as columns, named as reset_index names them beside the other columns."""
    levels = [index.get_level_values(level) for level in range(index.nlevels)]
    plain_index = len(levels) == 1 and ("index",) not in others
    unnamed = ["index"] if plain_index else [f"level_{level}" for level in range(len(levels))]
    names = [
        _name(other if level.name is None else level.name, walk) for level, other in zip(levels, unnamed, strict=True)
    ]
    return [column(name, lambda level=level: _cells(level, walk)) for name, level in zip(names, levels, strict=True)]  # type: ignore[misc] # bound at once


def _cells(held: Any, walk: values.Walk) -> list[Any]:  # noqa: PLR0911 - one for each kind of type
    """Make the cells of a series, an index or an array of pandas plain. Raises: Refused."""
    dtype = held.dtype
    if isinstance(dtype, np.dtype):
        return _numpy_cells(held, dtype, walk)
    array = getattr(held, "array", held)
    if isinstance(array, pd.arrays.NumpyExtensionArray):
        return _numpy_cells(np.asarray(array), np.asarray(array).dtype, walk)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return _zoned(pd.DatetimeIndex(held))
    if isinstance(dtype, pd.CategoricalDtype):
        categories = [*_cells(array.categories, walk), None]
        return [categories[code] for code in array.codes.tolist()]
    if isinstance(dtype, pd.IntervalDtype):
        sides = zip(_cells(array.left, walk), _cells(array.right, walk), array.isna().tolist(), strict=True)
        closed = array.closed
        return [None if missing else {"left": left, "right": right, "closed": closed} for left, right, missing in sides]
    if isinstance(dtype, pd.PeriodDtype):
        return [None if cell is pd.NaT else str(cell) for cell in array]
    if isinstance(dtype, pd.SparseDtype):
        return _numpy_cells(np.asarray(array.to_dense()), np.asarray(array.to_dense()).dtype, walk)
    if isinstance(dtype, pd.ArrowDtype):
        return walk.plain(array.__arrow_array__())  # type: ignore[no-any-return] # an array becomes a list
    if isinstance(dtype, pd.StringDtype) or hasattr(dtype, "numpy_dtype"):
        cells: list[Any] = array.to_numpy(dtype=object, na_value=None).tolist()
        return cells
    return each(array, walk.plain)


def _numpy_cells(held: Any, dtype: Any, walk: values.Walk) -> list[Any]:
    if dtype.kind in "biuf" and dtype.itemsize <= 8:
        cells: list[Any] = held.tolist()
        return cells
    if dtype.kind == "O":
        cells = held.tolist()
        return cells if set(map(type, cells)) <= values.ATOMS else each(cells, walk.plain)
    made: list[Any] = from_numpy.plain_array(np.asarray(held), walk)
    return made


def _zoned(index: Any) -> list[str | None]:
    """Write dates of a time zone with what lies between it and UTC."""
    local, utc = index.tz_localize(None), index.tz_convert("UTC").tz_localize(None)
    texts = from_numpy.moments(local.to_numpy())
    seconds = ((local - utc) // pd.Timedelta(seconds=1)).tolist()
    offsets = {offset: _offset(int(offset)) for offset in set(seconds) if offset == offset}  # noqa: PLR0124 - NaN
    return [None if text is None else text + offsets[offset] for text, offset in zip(texts, seconds, strict=True)]


def _offset(seconds: int) -> str:
    if not seconds:
        return "Z"
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{rest:02}" if rest else text
