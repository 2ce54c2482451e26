"""Makes plain values of NumPy's arrays and scalars."""

from __future__ import annotations

import decimal
import math
from typing import Any

import numpy as np

from jq_magic.data import times, values
from jq_magic.data.records import each
from jq_magic.data.refusals import Refused, a_kind, advice

#: Kinds of types whose values Python holds as they are, in up to 64 bits.
_SAME = "biuf"
#: Digits of a fraction of a second, by unit.
_DIGITS = {"ms": 3, "us": 6, "ns": 9, "ps": 12, "fs": 15, "as": 18}
#: Seconds in the larger units of a duration.
_SECONDS = {"W": 604_800, "D": 86_400, "h": 3_600, "m": 60, "s": 1}


def step(value: Any, walk: values.Walk) -> Any:
    """Make an array or a scalar plain. Raises: Refused."""
    if value is np.ma.masked:
        return None
    if isinstance(value, np.ndarray):
        return values.Ready(plain_array(value, walk))
    if isinstance(value, np.generic):
        return values.Ready(_flat(np.asarray(value).reshape(1), walk)[0])
    raise Refused(f"{a_kind(value)} cannot become JSON", advice=advice(value))


def plain_array(value: np.ndarray[Any, Any], walk: values.Walk) -> Any:
    """Make lists of an array, one in the other; what is masked is None. Raises: Refused."""
    masked = isinstance(value, np.ma.MaskedArray)
    if value.dtype.kind in _SAME and value.dtype.itemsize <= 8 and not masked:
        return value.tolist()
    cells = _flat(np.asarray(value).reshape(-1), walk)
    if masked and value.dtype.names is None:
        mask = np.ma.getmaskarray(value).reshape(-1).tolist()
        cells = [None if hidden else cell for cell, hidden in zip(cells, mask, strict=True)]
    return _shaped(cells, value.shape)


def _shaped(cells: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return cells[0]
    if len(shape) == 1:
        return cells
    size = math.prod(shape[1:])
    return [_shaped(cells[size * at : size * (at + 1)], shape[1:]) for at in range(shape[0])]


def _flat(value: np.ndarray[Any, Any], walk: values.Walk) -> list[Any]:  # noqa: PLR0911 - one for each kind
    """Make the elements of an array of one dimension plain."""
    dtype = value.dtype
    if dtype.names is not None:
        columns = [plain_array(value[name], walk) for name in dtype.names]
        return [dict(zip(dtype.names, row, strict=True)) for row in zip(*columns, strict=True)]
    kind = dtype.kind
    if kind in _SAME and dtype.itemsize <= 8:
        cells: list[Any] = value.tolist()
        return cells
    if kind == "f":
        return [_long(cell) for cell in value]
    if kind == "M":
        return moments(value)
    if kind == "m":
        return durations(value)
    if kind == "S":
        return [values.base64(cell) for cell in value.tolist()]
    if kind == "V":
        if dtype.type is not np.void:
            # Short floats of other packages.
            return _flat(value.astype(np.float64), walk)
        return [values.base64(cell.tobytes()) for cell in value]
    if kind == "c":
        raise Refused("complex numbers cannot become JSON", advice="give their .real and .imag")
    return each(value.tolist(), walk.plain)


def _long(value: np.longdouble) -> Any:
    """Give a number of more than 64 bits: a float where that is the same number, and otherwise its digits."""
    short = float(value)
    return decimal.Decimal(str(value)) if np.isfinite(value) and value != short else short


def moments(value: np.ndarray[Any, Any]) -> list[str | None]:
    """Write datetime64s; NaT is None. A year is written as 2024, a month as 2024-01."""
    unit = np.datetime_data(value.dtype)[0]
    if unit in {"h", "m"}:
        value = value.astype("datetime64[s]")
    elif unit == "W":
        value = value.astype("datetime64[D]")
    # NumPy writes a fraction with all digits of the unit, so seconds are given to it where there are no fractions.
    whole = unit in {"ms", "us", "ns"} and not (value.view("i8") % 10 ** _DIGITS[unit])[~np.isnat(value)].any()
    texts = np.datetime_as_string(value.astype("datetime64[s]") if whole else value).tolist()
    if unit in _DIGITS and not whole:
        texts = [_shortened(text) for text in texts]
    return [None if text == "NaT" else text for text in texts] if np.isnat(value).any() else texts


def _shortened(text: str) -> str:
    """Leave as many digits of a fraction as Python would write: none, 6, or 9 and more."""
    head, _, fraction = text.partition(".")
    short = fraction.rstrip("0")
    if not short:
        return head
    return f"{head}.{short.ljust(max(6, -(-len(short) // 3) * 3), '0')}"


def durations(value: np.ndarray[Any, Any]) -> list[Any]:
    """Write timedelta64s; NaT is None, and one without a unit is a number."""
    unit, factor = np.datetime_data(value.dtype)
    missing = np.isnat(value).tolist()
    parts = zip(value.view("i8").tolist(), missing, strict=True)
    counts = [None if absent else count * factor for count, absent in parts]
    if unit == "generic":
        return counts
    if unit in {"Y", "M"}:
        return [None if count is None else f"{'-' * (count < 0)}P{abs(count)}{unit}" for count in counts]
    scale, per_second = (_SECONDS[unit], 1) if unit in _SECONDS else (1, 10 ** _DIGITS[unit])
    written = {count: None if count is None else times.duration(count * scale, per_second) for count in set(counts)}
    return [written[count] for count in counts]
