"""What a picture of a column or an array shows: a histogram, counts by category, a line over dates."""

from __future__ import annotations

import collections
import datetime
import math
from collections.abc import Sequence
from typing import Any

from jq_magic.notebook.view.table import MISSING
from jq_magic.notebook.view.tree import Number, RequestError, scalar

#: Categories that have a bar of their own.
BARS = 20
#: Points of a line; of more, the lowest and highest of each stretch are kept.
POINTS = 800
_LABEL_CHARS = 60
#: Values that are read to see whether a column holds dates.
_LOOKED_AT = 50


def draw(values: Sequence[Any], dates: Sequence[Any] | None = None) -> dict[str, Any]:
    """A picture of some values.

    Args:
        values: From a document, MISSING among them.
        dates: As many cells, to draw numbers as a line over them.
    Returns: kind "histogram" with bins (from, to, count), "bars" with bars (label, count) and the count of
        other values, or "line" with points (milliseconds since 1970, value); left_out: cells without a value.
    Raises: RequestError when there is nothing to draw.

    """
    known = [value for value in values if value is not MISSING and value is not None]
    left_out = len(values) - len(known)
    if not known:
        raise RequestError("there is nothing to draw: no value here is a number or a category")
    if any(isinstance(value, (dict, list)) for value in known):
        raise RequestError("arrays and objects cannot be drawn; choose a column or an array of numbers or strings")
    if all(isinstance(value, Number) for value in known):
        if dates is not None:
            return _line(values, dates)
        numbers = [number for value in known if math.isfinite(number := _float(value))]
        if not numbers:
            raise RequestError("there is nothing to draw: no number here is finite")
        return {"kind": "histogram", "bins": bins(numbers), "left_out": len(values) - len(numbers)}
    counts = collections.Counter(value if isinstance(value, str) else scalar(value) for value in known)
    common = counts.most_common(BARS)
    return {
        "kind": "bars",
        "bars": [[label[:_LABEL_CHARS], count] for label, count in common],
        "others": len(counts) - len(common),
        "others_count": len(known) - sum(count for _, count in common),
        "left_out": left_out,
    }


def bins(numbers: list[float]) -> list[list[float]]:
    """Counts in ranges of one width, from low to high; Sturges' number of ranges, 40 at most."""
    low, high = min(numbers), max(numbers)
    count = min(40, math.ceil(math.log2(len(numbers))) + 1)
    # Halves keep the width finite for numbers near the largest ones.
    width = (high / 2 - low / 2) / count * 2
    if width / 2 == 0:
        # One number, or several that are as near as the smallest floats.
        return [[low, high, len(numbers)]]
    found = [0] * count
    for number in numbers:
        found[min(count - 1, int((number / 2 - low / 2) / (width / 2)))] += 1
    edges = [low + width * index for index in range(count)] + [high]
    return [[edges[index], edges[index + 1], found[index]] for index in range(count)]


def date_ms(value: Any) -> float | None:
    """Milliseconds since 1970 of an ISO 8601 date or time; without a zone it is taken as UTC."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        found = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)).timestamp() * 1000


def are_dates(values: Sequence[Any]) -> bool:
    """Whether the first values that there are are all dates."""
    known = [value for value in values[: _LOOKED_AT * 20] if value is not MISSING and value is not None][:_LOOKED_AT]
    return bool(known) and all(date_ms(value) is not None for value in known)


def _line(values: Sequence[Any], dates: Sequence[Any]) -> dict[str, Any]:
    points = sorted(
        (when, number)
        for value, date in zip(values, dates, strict=True)
        if isinstance(value, Number) and math.isfinite(number := _float(value)) and (when := date_ms(date)) is not None
    )
    if not points:
        raise RequestError("there is nothing to draw: no row has both a date and a number")
    left_out = len(values) - len(points)
    if len(points) > POINTS:
        stretch = math.ceil(len(points) / (POINTS // 2))
        parts = [points[start : start + stretch] for start in range(0, len(points), stretch)]
        by_number = [(min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])) for part in parts]
        points = [point for pair in by_number for point in sorted(set(pair))]
    return {"kind": "line", "points": [list(point) for point in points], "left_out": left_out}


def _float(value: Number) -> float:
    try:
        return float(value.value)
    except OverflowError:
        return math.inf
