"""Finds the rows of a table that meet some conditions, a bounded number of them for each request."""

from __future__ import annotations

import array
from collections.abc import Callable, Sequence
from typing import Any

from jq_magic.notebook.view.filters import Condition, Row
from jq_magic.notebook.view.items import MISSING, Items
from jq_magic.notebook.view.rows import Rows

#: Cells that are looked at for one request; of rows that are held as their text, those of a condition's column.
LOOKED_CELLS = 200_000
#: Rows whose column is read at a time.
_PART_ROWS = 10_000
#: One row of so many is decoded by itself; of more, all are decoded at once.
_FEW = 20


class Filtering:
    """Looks at rows one after the other.

    Args:
        where: Conditions that a row meets, all of them.
        rows: The rows.
        columns: Their columns.
    Raises: RequestError for a column that there is not.

    Attributes:
        positions: Of the rows that meet the conditions, of those that were looked at.
        looked: How many were looked at.

    """

    def __init__(self, where: tuple[Condition, ...], rows: Rows, columns: list[str]) -> None:
        self.where = where
        self._rows, self._columns = rows, columns
        self._tests = [condition.test(columns) for condition in where]
        self.positions: array.array[int] | range = array.array("I") if where else range(len(rows))
        self.looked = 0 if where else len(rows)

    def go_on(self) -> None:
        """Look at the cells of one request."""
        cells = 0
        positions = array.array("I", self.positions) if self.looked < len(self._rows) else self.positions
        looked = self.looked
        while looked < len(self._rows) and cells < LOOKED_CELLS:
            assert isinstance(positions, array.array)
            part, start = self._part(looked)
            if isinstance(part, Items):
                stop = min(len(part), looked - start + _PART_ROWS)
                matching, cost = self._matching(part, looked - start, stop)
                positions.extend(start + at for at in matching)
                cells += cost
                looked = start + stop
                continue
            row = part[looked - start]
            cells += len(row) + len(self.where)
            if all(test(row) for test in self._tests):
                positions.append(looked)
            looked += 1
        self.positions, self.looked = positions, looked

    def _part(self, position: int) -> tuple[Sequence[dict[str, Any]], int]:
        """Give the part that a row is in, and the position of the part's first row."""
        start = 0
        for part in self._rows.parts:
            if position < start + len(part):
                return part, start
            start += len(part)
        raise IndexError(position)

    def _matching(self, part: Items, start: int, stop: int) -> tuple[list[int], int]:
        """Give the positions of rows that meet the conditions, and how many cells that took."""
        cost = 0
        candidates: Sequence[int] = range(start, stop)
        for condition, test in zip(self.where, self._tests, strict=True):
            if condition.column is None:
                containing = list(part.containing(condition.text or "", start, stop))
                rows = frozenset(candidates)
                if len(containing) * _FEW < stop - start:
                    candidates = [at for at in containing if at in rows and test(part[at])]
                else:
                    values = enumerate(part[start:stop], start)
                    candidates = [at for at, row in values if at in rows and test(row)]
                    cost += 4 * (stop - start)
                cost += stop - start
            else:
                cells = part.cells(self._columns[condition.column], start, stop)
                candidates = [at for at in candidates if _meets(condition, cells[at - start], part, at, test)]
                cost += stop - start
        return list(candidates), cost


def _meets(condition: Condition, cell: Any, part: Items, at: int, test: Callable[[Row], bool]) -> bool:
    """Say whether a cell meets a condition; the text of a fraction is looked at as it is written."""
    if cell is MISSING:
        return False
    return test(part[at]) if condition.is_on_text and isinstance(cell, float) else condition.meets(cell)
