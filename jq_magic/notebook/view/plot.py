"""Chooses the chart of a column or a value by the shape of the data, and draws the one that a page asks for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from jq_magic.notebook.view import chart
from jq_magic.notebook.view.items import MISSING
from jq_magic.notebook.view.number import is_number
from jq_magic.notebook.view.table import Table
from jq_magic.notebook.view.tree import NESTED, RequestError, sent

#: Kinds of charts that a page can ask for.
KINDS = ("histogram", "bars", "line", "numbers", "scatter")
#: Columns that are looked at for one to draw another by, and that a page can choose from.
OFFERED = 50
#: Rows of a table whose numbers are drawn by their category without being asked for.
_CATEGORIES = 2 * chart.BARS
_NAME_CHARS = 60


def of_value(value: Any, kind: str | None) -> dict[str, Any]:
    """Draw an array, or an object: a bar for each of its numbers. Raises: RequestError."""
    if not isinstance(value, NESTED):
        raise RequestError("choose an array of numbers or strings to draw")
    values = list(itertools.islice(value.values() if isinstance(value, dict) else value, chart.DRAWN))
    is_named = isinstance(value, dict) and any(map(is_number, values))
    if is_named and kind in {None, "numbers"}:
        drawn = chart.by_category(values, list(itertools.islice(value, chart.DRAWN)))
    else:
        drawn = chart.draw(values, total=len(value))
    return {**drawn, "kinds": ["numbers", "histogram"] if is_named else [drawn["kind"]], "columns": []}


def of_column(
    table: Table, column: int, by: int | None, kind: str | None, among: Sequence[int] | None = None
) -> dict[str, Any]:
    """Draw a column, by another one where the kind asks for one.

    Args:
        by: Position of the other column; None chooses one that suits.
        kind: One of KINDS; None chooses one that suits.
        among: Positions of the rows that are drawn, from low to high; None for all.
    Returns: as `chart.draw`, and kinds: those that suit the column; columns: (position, name) to draw it by; by_column.
    Raises: RequestError.

    """
    cells = table.column(column, chart.DRAWN, among)
    offered = [at for at in range(min(len(table.columns), OFFERED)) if at != column]
    total = len(table.rows) if among is None else len(among)
    is_short = total <= _CATEGORIES
    if among is not None and is_short:
        few = [table.rows.row(at) for at in among]
        samples = {at: [row.get(table.columns[at], MISSING) for row in few] for at in [*offered, column]}
    else:
        # What a column holds is seen in the first rows of all: many that a filter leaves can stand far apart.
        samples = {at: table.column(at, chart.DATED_ROWS) for at in [*offered, column]}
    dates = [at for at in offered if chart.are_dates(samples[at])]
    numbers = [at for at in offered if at not in dates and _are(is_number, samples[at])]
    texts = [at for at in offered if at not in dates and _are(lambda value: isinstance(value, str), samples[at])]
    kinds: dict[str, list[int]] = {}
    if any(map(is_number, cells)):
        short = [at for at in texts if is_short and _differ(samples[at])]
        kinds = {"line": dates, "numbers": [*short, *(at for at in texts if at not in short)], "scatter": numbers}
        chosen = "line" if dates else "numbers" if short else "histogram"
        plain = "histogram"
    else:
        kinds = {"numbers": numbers}
        chosen = "numbers" if numbers and is_short and _differ(samples[column]) else "bars"
        plain = "bars"
    kinds = {name: columns for name, columns in kinds.items() if columns}
    labels = table.rows.labels
    if labels is not None and plain == "histogram" and kind in {None, "numbers"} and is_short:
        # The rows of an object have names already.
        drawn = chart.by_category(cells, labels if among is None else [labels[at] for at in among])
        return {
            **drawn,
            "by": "key",
            "kinds": ["numbers", *(name for name in kinds if name != "numbers"), plain],
            "columns": [],
        }
    kind = kind if kind in kinds or kind == plain else chosen
    if kind == plain:
        return {**chart.draw(cells, total=total), "kinds": [*kinds, plain], "columns": []}
    by = by if by in kinds[kind] else kinds[kind][0]
    other = table.column(by, chart.DRAWN, among)
    if kind == "line":
        drawn = chart.draw(cells, other, total=total)
    elif kind == "scatter":
        drawn = chart.scatter(cells, other)
    else:
        drawn = chart.by_category(*((cells, other) if plain == "histogram" else (other, cells)))
    names = [[at, sent(table.columns[at], _NAME_CHARS)] for at in kinds[kind]]
    name = sent(table.columns[by], _NAME_CHARS)
    return {**drawn, "by": name, "kinds": [*kinds, plain], "columns": names, "by_column": by}


def _are(test: Callable[[Any], bool], cells: Sequence[Any]) -> bool:
    known = [value for value in cells if value is not MISSING and value is not None]
    return bool(known) and all(map(test, known))


def _differ(cells: Sequence[Any]) -> bool:
    texts = [value for value in cells if isinstance(value, str)]
    return len(set(texts)) == len(texts) > 1
