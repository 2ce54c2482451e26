"""Makes plain values of pandas' frames, series, indices and scalars."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from jq_magic.data import from_numpy, times, values
from jq_magic.data.records import column, each, records
from jq_magic.data.refusals import LeftOut, Refused, a_kind, advice

#: What the user of a frame reads whose row labels are left out.
_LEFT_OUT = (
    "the labels of a DataFrame's rows are integers without a name, and left out: .reset_index(), or %jq --index, makes "
    "a column of them, .reset_index(drop=True) drops them"
)
#: The name of a series' values beside its index, when it has none.
_VALUE = "value"


def step(value: Any, walk: values.Walk) -> Any:  # noqa: PLR0911 - one for each kind
    """Make a value of pandas plain. Raises: Refused."""
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return values.Ready(_rows(value, walk))
    if isinstance(value, pd.MultiIndex):
        return values.Ready(
            [list(row) for row in zip(*(cells(level, walk) for _, level in _index(value, walk, set())), strict=True)]
        )
    if isinstance(value, (pd.Index, pd.api.extensions.ExtensionArray)):
        return values.Ready(cells(value, walk))
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


class Parts(NamedTuple):
    """What a frame or a series is made of.

    Attributes:
        columns: Series, or levels of an index, each with its name as the labels of its levels.
        are_records: Whether each row is an object; a series whose index says nothing has values as they are.

    """

    columns: list[tuple[tuple[str, ...], Any]]
    are_records: bool


def parts(held: Any, walk: values.Walk, *, index: bool = False) -> Parts:
    """Take a DataFrame or a Series apart, its index first.

    Args:
        held: The DataFrame or Series.
        walk: What makes the labels plain.
        index: Take an index that only counts the rows, too.
    Raises: Refused when the index has the name of a column.

    """
    is_frame = isinstance(held, pd.DataFrame)
    kept = index or _is_kept(held.index, is_frame=is_frame)
    if is_frame:
        columns = [(_name(label, walk), held.iloc[:, at]) for at, label in enumerate(held.columns)]
    else:
        columns = [((_VALUE,) if held.name is None else _name(held.name, walk), held)]
    names = {name for name, _ in columns}
    levels = _index(held.index, walk, names) if kept else []
    if taken := names & {name for name, _ in levels}:
        twice = ", ".join(sorted(".".join(name) for name in taken))
        reason = f"the index and a column are both named {twice}"
        raise Refused(reason, advice="rename one, or drop the index with .reset_index(drop=True)")
    return Parts([*levels, *columns], is_frame or kept)


def _rows(held: Any, walk: values.Walk) -> list[Any]:
    """Make records of a frame, or of a series whose index says more than where a value stands; else a list."""
    columns, are_records = parts(held, walk)
    if not are_records:
        return cells(columns[0][1], walk)
    made = [column(name, lambda series=series: cells(series, walk)) for name, series in columns]  # type: ignore[misc] # bound at once
    return records(made, len(held))


def _name(label: Any, walk: values.Walk) -> tuple[str, ...]:
    """Give the name of a column: the labels of its levels, but for those that are empty."""
    if not isinstance(label, tuple):
        return (walk.key(label),)
    return tuple(walk.key(part) for part in label if not (isinstance(part, str) and not part)) or ("",)


def _is_kept(index: Any, *, is_frame: bool) -> bool:
    """Tell whether an index says more than where a row stands, and warn when the labels of a frame's rows do not."""
    if index.nlevels > 1 or index.name is not None or index.dtype.kind not in "iu":
        return True
    if bool((index.to_numpy() == np.arange(len(index))).all()):
        return False
    if is_frame:
        # Rows that were selected or sorted have such labels, and those of a series can be years.
        warnings.warn(_LEFT_OUT, LeftOut, stacklevel=2)
    return not is_frame


def _index(index: Any, walk: values.Walk, others: set[tuple[str, ...]]) -> list[tuple[tuple[str, ...], Any]]:
    """Give the levels of an index, named as reset_index names them beside the other columns."""
    levels = [index.get_level_values(level) for level in range(index.nlevels)]
    plain_index = len(levels) == 1 and ("index",) not in others
    unnamed = ["index"] if plain_index else [f"level_{level}" for level in range(len(levels))]
    names = [
        _name(other if level.name is None else level.name, walk) for level, other in zip(levels, unnamed, strict=True)
    ]
    return list(zip(names, levels, strict=True))


def cells(held: Any, walk: values.Walk) -> list[Any]:  # noqa: PLR0911 - one for each kind of type
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
        categories = [*cells(array.categories, walk), None]
        return [categories[code] for code in array.codes.tolist()]
    if isinstance(dtype, pd.IntervalDtype):
        sides = zip(cells(array.left, walk), cells(array.right, walk), array.isna().tolist(), strict=True)
        closed = array.closed
        return [None if missing else {"left": left, "right": right, "closed": closed} for left, right, missing in sides]
    if isinstance(dtype, pd.PeriodDtype):
        return [None if cell is pd.NaT else str(cell) for cell in array]
    if isinstance(dtype, pd.SparseDtype):
        return _numpy_cells(np.asarray(array.to_dense()), np.asarray(array.to_dense()).dtype, walk)
    if isinstance(dtype, pd.ArrowDtype):
        return walk.plain(array.__arrow_array__())  # type: ignore[no-any-return] # an array becomes a list
    if isinstance(dtype, pd.StringDtype) or hasattr(dtype, "numpy_dtype"):
        held_cells: list[Any] = array.to_numpy(dtype=object, na_value=None).tolist()
        return held_cells
    return each(array, walk.plain)


def _numpy_cells(held: Any, dtype: Any, walk: values.Walk) -> list[Any]:
    if dtype.kind in "biuf" and dtype.itemsize <= 8:
        made: list[Any] = held.tolist()
        return made
    if dtype.kind == "O":
        made = held.tolist()
        return made if set(map(type, made)) <= values.ATOMS else each(made, walk.plain)
    return from_numpy.plain_array(np.asarray(held), walk)  # type: ignore[no-any-return] # one dimension is a list


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
