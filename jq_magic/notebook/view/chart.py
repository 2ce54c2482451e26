"""Counts what a picture of a column or an array shows: a histogram, bars by category, a line over dates."""

from __future__ import annotations

import collections
import datetime
import math
from collections.abc import Sequence
from typing import Any

from jq_magic.notebook.view.number import is_number, near, scalar
from jq_magic.notebook.view.table import MISSING
from jq_magic.notebook.view.tree import RequestError, sent

#: Values that a picture is made of; of more, the first.
DRAWN = 500_000
#: Categories that have a bar of their own.
BARS = 20
#: Points of a line; of more, the lowest and highest of each stretch are drawn.
POINTS = 800
#: Rows, and values in them, that are read to see whether a column holds dates.
DATED_ROWS = 1_000
_DATED_VALUES = 50
_LABEL_CHARS = 60


def draw(values: Sequence[Any], dates: Sequence[Any] | None = None, *, total: int | None = None) -> dict[str, Any]:
    """Count some values for a picture.

    Args:
        values: From a document, MISSING among them; DRAWN at most.
        dates: As many cells, to draw numbers as a line over them.
        total: How many values there are of which these are the first; None for as many.
    Returns: kind "histogram" with bins (from, to, count), "bars" with bars (label, count) and the count of
        other values, or "line" with points (milliseconds since 1970, value); left_out: cells without a value;
        drawn, total: where there are more values than are drawn.
    Raises: RequestError when there is nothing to draw.

    """
    drawn = _drawn(values, dates)
    return drawn if total in {None, len(values)} else {**drawn, "drawn": len(values), "total": total}


def _drawn(values: Sequence[Any], dates: Sequence[Any] | None) -> dict[str, Any]:
    known = [value for value in values if value is not MISSING and value is not None]
    left_out = len(values) - len(known)
    if not known:
        raise RequestError("there is nothing to draw: no value here is a number or a category")
    if any(isinstance(value, (dict, list)) for value in known):
        raise RequestError("arrays and objects cannot be drawn; choose a column or an array of numbers or strings")
    if all(map(is_number, known)):
        if dates is not None:
            return _line(values, dates)
        numbers = [number for value in known if math.isfinite(number := near(value))]
        if not numbers:
            raise RequestError("there is nothing to draw: no number here is finite")
        return {"kind": "histogram", "bins": bins(numbers), "left_out": len(values) - len(numbers)}
    counts = collections.Counter(value if isinstance(value, str) else scalar(value) for value in known)
    common = counts.most_common(BARS)
    return {
        "kind": "bars",
        "bars": [[sent(label, _LABEL_CHARS), count] for label, count in common],
        "others": len(counts) - len(common),
        "others_count": len(known) - sum(count for _, count in common),
        "left_out": left_out,
    }


def bins(numbers: list[float]) -> list[list[float]]:
    """Count in ranges of one width, from low to high; Sturges' number of ranges, 40 at most."""
    low, high = min(numbers), max(numbers)
    count = min(40, math.ceil(math.log2(len(numbers))) + 1)
    # Halves keep the width finite for numbers near the largest ones.
    width = (high / 2 - low / 2) / count * 2
    if width / 2 == 0:
        # One number, or several that are as near as the smallest floats.
        return [[low, high, len(numbers)]]
    sizes = [0] * count
    for number in numbers:
        sizes[min(count - 1, int((number / 2 - low / 2) / (width / 2)))] += 1
    edges = [low + width * index for index in range(count)] + [high]
    return [[edges[index], edges[index + 1], sizes[index]] for index in range(count)]


def date_ms(value: Any) -> float | None:
    """Read an ISO 8601 date or time as milliseconds since 1970; without a zone it is taken as UTC.

    None for anything else, and for what is in UTC before the year 1 or after 9999.
    """
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        when = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        zoned = when if when.tzinfo else when.replace(tzinfo=datetime.timezone.utc)
        return zoned.astimezone(datetime.timezone.utc).timestamp() * 1000
    except (ValueError, OverflowError):
        return None


def are_dates(values: Sequence[Any]) -> bool:
    """Say whether the first values that there are, in the first DATED_ROWS, are all dates."""
    known = [value for value in values[:DATED_ROWS] if value is not MISSING and value is not None][:_DATED_VALUES]
    return bool(known) and all(date_ms(value) is not None for value in known)


def _line(values: Sequence[Any], dates: Sequence[Any]) -> dict[str, Any]:
    points = sorted(
        (when, number)
        for value, date in zip(values, dates, strict=True)
        if is_number(value) and math.isfinite(number := near(value)) and (when := date_ms(date)) is not None
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
