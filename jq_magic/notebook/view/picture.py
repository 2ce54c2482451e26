"""Lays out a chart as the shapes of an SVG picture, for a page that puts them into elements as they are.

The page can save a picture as a file, so every text of one is `visible`: no control, lone surrogate or U+FFFE is in
it, which XML cannot hold.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable
from typing import Any

from jq_magic.messages import visible

WIDTH, HEIGHT = 560, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 10, 28
#: Of a bar of a category with its space; where such bars begin, and the room for their counts.
_BAR_ROW, _BARS_AT, _COUNT_WIDTH = 18, 200, 70
_LABEL_CHARS = 28
_DAY_MS = 86_400_000
_UTC = datetime.timezone.utc
#: A float of milliseconds can be rounded past the last microsecond of the calendar.
_FIRST_MS, _LAST_MS = (datetime.datetime(*day, tzinfo=_UTC).timestamp() * 1000 for day in ((1, 1, 1), (9999, 12, 31)))
#: A shape: tag, attributes, text, and the title that is shown when it is pointed at.
Shape = tuple[str, dict[str, Any], "str | None", "str | None"]
Scale = Callable[[float], float]


def laid_out(chart: dict[str, Any], width: int = WIDTH) -> dict[str, Any]:
    """Lay out a chart of `jq_magic.notebook.view.chart`.

    Shapes are drawn in the page's accent where they say currentColor, in its text colour otherwise.

    Args:
        width: Of the picture in pixels; letters have the same size in each.
    Returns: kind; caption; width and height in pixels; shapes.

    """
    kind = chart["kind"]
    draw = {"histogram": _histogram, "line": _line, "bars": _bars, "numbers": _bars, "scatter": _scatter}[kind]
    height = 2 * _TOP + len(chart["bars"]) * _BAR_ROW if "bars" in chart else HEIGHT
    shapes = list(draw(chart, width))
    return {"kind": kind, "caption": caption(chart), "width": width, "height": height, "shapes": shapes}


def caption(chart: dict[str, Any]) -> str:
    """Say what a picture shows, in words."""
    words = {"histogram": "how often values occur", "bars": "count by category", "line": "by date"}
    parts = [words.get(chart["kind"]) or f"by {visible(chart.get('by', 'key'))}"]
    if "rows" in chart:
        parts.append("{:,} of {:,} rows".format(*chart["rows"]))
    if chart.get("summed"):
        parts.append("sums")
    if every := chart.get("every"):
        parts.append(f"one of {every:,} points")
    if "total" in chart:
        parts.append(f"the first {chart['drawn']:,} of {chart['total']:,} values")
    if others := chart.get("others"):
        rarer = "smaller" if chart["kind"] == "numbers" else "rarer"
        parts.append(f"{others:,} {rarer} categor{'y' if others == 1 else 'ies'} not shown")
    if left_out := chart.get("left_out"):
        parts.append(f"{left_out:,} value{'' if left_out == 1 else 's'} left out")
    return "; ".join(parts)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Choose round numbers that divide a range, about `wanted` of them."""
    rough = high / wanted - low / wanted
    # Among the smallest floats there is no power of ten to divide by.
    if not rough > 1e-300:
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.ceil(low / step), math.floor(high / step + 1e-6)
    return [index * step for index in range(first, last + 1)]


def tick(number: float) -> str:
    """Write a number on an axis: five digits at most."""
    if number == 0:
        return "0"
    if 1e-4 <= abs(number) < 1e6:
        return f"{float(f'{number:.5g}'):.10f}".rstrip("0").rstrip(".")
    digits, _, power = f"{number:.2e}".partition("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"


def date_tick(ms: float, span_ms: float) -> str:
    """Write a date on an axis: as long as the range asks for."""
    when = datetime.datetime.fromtimestamp(max(_FIRST_MS, min(ms, _LAST_MS)) / 1000, _UTC)
    if span_ms > 3 * 365 * _DAY_MS:
        return f"{when.year:04}"
    return f"{when:%Y-%m-%d}" if span_ms > 3 * _DAY_MS else f"{when:%m-%d %H:%M}"


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    # Halves keep the range finite for numbers near the largest ones.
    range_ = high / 2 - low / 2 or 0.5
    return lambda value: round(start + (value / 2 - low / 2) / range_ * (end - start), 1)


def _text(x: float, y: float, text: str, anchor: str = "start") -> Shape:
    return "text", {"x": x, "y": y, "text-anchor": anchor}, text, None


def _bar(x: float, y: float, width: float, height: float, title: str) -> Shape:
    rounded = {"width": round(width, 1), "height": round(height, 1)}
    return "rect", {"x": x, "y": y, **rounded, "fill": "currentColor"}, None, title


def _axes(
    x: Scale, y: Scale, xs: Iterable[tuple[float, str]], ys: Iterable[tuple[float, str]], width: int
) -> Iterable[Shape]:
    for at, label in ys:
        place = {"x1": _LEFT, "x2": width - _RIGHT, "y1": y(at), "y2": y(at)}
        yield "line", {**place, "stroke": "currentColor", "opacity": 0.2}, None, None
        yield _text(_LEFT - 6, y(at) + 4, label, "end")
    for at, label in xs:
        yield _text(x(at), HEIGHT - _BOTTOM + 18, label, "middle")


def _histogram(chart: dict[str, Any], width: int) -> Iterable[Shape]:
    bins = chart["bins"]
    low, high, most = bins[0][0], bins[-1][1], max(size for _, _, size in bins)
    is_flat = low == high
    x = _scale(low, high, _LEFT, width - _RIGHT)
    if is_flat:
        x = lambda _value: (_LEFT + width - _RIGHT) / 2  # noqa: E731 - as the other one
    y = _scale(0, most, HEIGHT - _BOTTOM, _TOP)
    whole = [at for at in ticks(0, most) if at == int(at)]
    across = ticks(low, high, max(2, width // 110))
    yield from _axes(x, y, ((at, tick(at)) for at in across), ((at, f"{at:,.0f}") for at in whole), width)
    for start, end, size in bins:
        left, wide = (x(low) - 30, 60) if is_flat else (x(start), max(1.0, x(end) - x(start) - 1))
        yield _bar(left, y(size), wide, HEIGHT - _BOTTOM - y(size), f"{tick(start)} to {tick(end)}: {size:,}")


def _line(chart: dict[str, Any], width: int) -> Iterable[Shape]:
    points = chart["points"]
    first, last = points[0][0], points[-1][0]
    low, high = min(value for _, value in points), max(value for _, value in points)
    x, y = _scale(first, last, _LEFT, width - _RIGHT), _scale(low, high, HEIGHT - _BOTTOM, _TOP)
    parts = max(2, min(4, width // 140))
    dates = [first + (last - first) * (part + 0.5) / parts for part in range(parts if last > first else 1)]
    yield from _axes(
        x, y, ((at, date_tick(at, last - first)) for at in dates), ((at, tick(at)) for at in ticks(low, high)), width
    )
    path = "L".join(f"{x(when)} {y(value)}" for when, value in points)
    yield "path", {"d": f"M{path}", "fill": "none", "stroke": "currentColor", "stroke-width": 1.5}, None, None


def _scatter(chart: dict[str, Any], width: int) -> Iterable[Shape]:
    points = chart["points"]
    (left, right), (low, high) = ((min(ends), max(ends)) for ends in zip(*points, strict=True))
    x, y = _scale(left, right, _LEFT, width - _RIGHT), _scale(low, high, HEIGHT - _BOTTOM, _TOP)
    across = ticks(left, right, max(2, width // 110))
    yield from _axes(x, y, ((at, tick(at)) for at in across), ((at, tick(at)) for at in ticks(low, high)), width)
    # A line of no length with round ends is a point: one shape for all of them.
    path = "".join(f"M{x(at)} {y(up)}h0" for at, up in points)
    line = {"fill": "none", "stroke": "currentColor", "stroke-width": 4, "stroke-linecap": "round", "opacity": 0.6}
    yield "path", {"d": path, **line}, None, None


def _bars(chart: dict[str, Any], width: int) -> Iterable[Shape]:
    longest = max(len(visible(label)) for label, _ in chart["bars"])
    bars_at = min(_BARS_AT, width * 5 // 14, 7 * max(longest, 2) + 14)
    label_chars = min(_LABEL_CHARS, bars_at // 7)
    low, high = min(0, *(size for _, size in chart["bars"])), max(0, *(size for _, size in chart["bars"]))
    x = _scale(low, high, bars_at, width - _COUNT_WIDTH)
    write = tick if chart["kind"] == "numbers" else "{:,}".format
    for place, (label, size) in enumerate(chart["bars"]):
        text = visible(label) or '""'
        if len(text) > label_chars:
            text = f"{text[: label_chars - 1]}…"
        y = _TOP + place * _BAR_ROW
        start, end = sorted((x(0), x(size)))
        yield _text(bars_at - 6, y + 13, text, "end")
        yield _bar(start, y + 2, max(1.0, end - start), _BAR_ROW - 4, f"{text}: {write(size)}")
        yield _text(end + 5, y + 13, write(size))
