"""Counts what a chart of a column or an array shows: a histogram, bars by category, a line over dates, points."""

from __future__ import annotations

import collections
import math
from collections.abc import Sequence
from typing import Any

from jq_magic.notebook.view.dates import date_ms
from jq_magic.notebook.view.items import MISSING
from jq_magic.notebook.view.number import is_number, near, scalar
from jq_magic.notebook.view.tree import NESTED, RequestError, sent

#: Values that a picture is made of; of more, the first.
DRAWN = 200_000
#: Categories that have a bar of their own.
BARS = 20
#: Points of a line; of more, the lowest and highest of each stretch are drawn.
POINTS = 800
#: Points of a scatter chart; of more, as many at equal distances.
SCATTERED = 2_000
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
    if any(isinstance(value, NESTED) for value in known):
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


def bins(numbers: list[float], most: int = 40) -> list[list[float]]:
    """Count in ranges of one width, from low to high; Sturges' number of ranges, `most` at most."""
    low, high = min(numbers), max(numbers)
    count = min(most, math.ceil(math.log2(len(numbers))) + 1)
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


def by_category(values: Sequence[Any], labels: Sequence[Any]) -> dict[str, Any]:
    """Give a bar for each label, as long as the sum of its numbers; the largest BARS of them.

    Raises: RequestError when there is nothing to draw.
    """
    sums: dict[str, float] = {}
    rows = 0
    for value, label in zip(values, labels, strict=True):
        if is_number(value) and math.isfinite(number := near(value)) and not isinstance(label, NESTED):
            rows += 1
            text = "missing" if label is MISSING else label if isinstance(label, str) else scalar(label)
            sums[text] = sums.get(text, 0.0) + number
    summed = {label: number for label, number in sums.items() if math.isfinite(number)}
    if not summed:
        raise RequestError("there is nothing to draw: no row has both a category and a number")
    # Few bars stand in the order of the rows.
    largest = sorted(summed.items(), key=lambda item: -abs(item[1]))[:BARS] if len(summed) > BARS else [*summed.items()]
    return {
        "kind": "numbers",
        "bars": [[sent(label, _LABEL_CHARS), number] for label, number in largest],
        "others": len(summed) - len(largest),
        "summed": rows > len(sums),
        "left_out": len(values) - rows,
    }


def scatter(values: Sequence[Any], others: Sequence[Any]) -> dict[str, Any]:
    """Give a point for each pair of numbers. Raises: RequestError when there is none."""
    points = [
        [across, up]
        for value, other in zip(values, others, strict=True)
        if is_number(value)
        and is_number(other)
        and math.isfinite(across := near(other))
        and math.isfinite(up := near(value))
    ]
    if not points:
        raise RequestError("there is nothing to draw: no row has both numbers")
    step = -(-len(points) // SCATTERED)
    drawn: dict[str, Any] = {"kind": "scatter", "points": points[::step], "left_out": len(values) - len(points)}
    return {**drawn, "every": step} if step > 1 else drawn
