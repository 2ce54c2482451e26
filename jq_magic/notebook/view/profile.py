"""Says what a column of a table holds: its type, and a small histogram or its most frequent values."""

from __future__ import annotations

import collections
import math
from collections.abc import Sequence
from typing import Any

from jq_magic.notebook.view.chart import bins
from jq_magic.notebook.view.dates import MIDNIGHT, date_ms
from jq_magic.notebook.view.filters import LABEL_CHARS, cell_text
from jq_magic.notebook.view.items import MISSING
from jq_magic.notebook.view.number import is_number, near
from jq_magic.notebook.view.tree import NESTED, kind, sent

#: Rows that a profile is made of; of more, as many at equal distances.
SAMPLED_ROWS = 2_000
#: Columns of one request.
PROFILED = 20
#: Bars of a histogram, and values that are named.
BARS, NAMED = 16, 4


def profile(cells: Sequence[Any]) -> dict[str, Any]:
    """Describe a column by some of its cells.

    Returns: type: the types of its values in words; missing: cells without one; bins: (from, to, count) of numbers, or
        of dates in milliseconds with `dates`; days: whether all are dates at midnight; top: (label, count) of the
        others, with `distinct`, how many there are.

    """
    known = [value for value in cells if value is not MISSING and value is not None]
    described: dict[str, Any] = {"missing": len(cells) - len(known), "type": _types(known)}
    if not known:
        return described
    if all(map(is_number, known)):
        numbers = [number for value in known if math.isfinite(number := near(value))]
        return {**described, "bins": bins(numbers, BARS)} if numbers else described
    moments = [date_ms(value) for value in known]
    if None not in moments:
        days = all(MIDNIGHT.fullmatch(value) for value in known)
        found = [moment for moment in moments if moment is not None]
        return {**described, "type": "date" if days else "time", "days": days, "dates": True, "bins": bins(found, BARS)}
    if any(isinstance(value, NESTED) for value in known):
        return described
    counts = collections.Counter(sent(cell_text(value), LABEL_CHARS) for value in known)
    top = [[label, count] for label, count in counts.most_common(NAMED) if count > 1 or len(counts) <= NAMED]
    return {**described, "top": top, "distinct": len(counts)}


def _types(values: Sequence[Any]) -> str:
    names = list(dict.fromkeys(map(kind, values)))
    return " or ".join(names[:2]) + (" …" if len(names) > 2 else "") if names else "null"
