"""Names the rows of the table that a document is, and says where in the document each is."""

from __future__ import annotations

import array
import bisect
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from jq_magic.notebook.view.items import MISSING, Items
from jq_magic.notebook.view.tree import At


class Rows:
    """Names the rows of a document; they are the document's own objects.

    Args:
        outputs: At least one, all objects, or all arrays of objects.
        is_named: Whether there is one output, whose members are the rows.
        is_across: Whether the rows were made from the columns of one output: see `across`.

    Attributes:
        labels: The keys of rows that are members of an object; None for others.

    """

    def __init__(self, outputs: Sequence[Any], *, is_named: bool = False, is_across: bool = False) -> None:
        self._outputs: Sequence[Any] = list(outputs[0].values()) if is_named else outputs
        self.labels: list[str] | None = list(outputs[0]) if is_named else None
        self.is_across = is_across
        self._ends: array.array[int] | None = None
        if isinstance(outputs[0], (list, Items)):
            self._ends = array.array("Q", itertools.accumulate(map(len, outputs)))

    @property
    def parts(self) -> Sequence[Sequence[dict[str, Any]]]:
        """Give the sequences that the rows are in, one after the other."""
        return [self._outputs] if self._ends is None else self._outputs

    def cells(self, name: str, start: int, stop: int) -> list[Any]:
        """Give the cells of a column in some rows; MISSING where a row has none."""
        cells: list[Any] = []
        begin = 0
        for part in self.parts:
            first, last = max(start - begin, 0), min(stop - begin, len(part))
            if first < last and isinstance(part, Items):
                cells += part.cells(name, first, last)
            elif first < last:
                cells += [row.get(name, MISSING) for row in part[first:last]]
            begin += len(part)
        return cells

    def __len__(self) -> int:
        return len(self._outputs) if self._ends is None else self._ends[-1]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._outputs) if self._ends is None else itertools.chain.from_iterable(self._outputs)

    def place(self, position: int) -> At:
        """Give the place of a row in the document; of a row across columns, its position stands behind theirs."""
        if self.is_across or self.labels is not None:
            return 0, position
        if self._ends is None:
            return (position,)
        output = bisect.bisect_right(self._ends, position)
        return output, position - (self._ends[output - 1] if output else 0)

    def row(self, position: int) -> dict[str, Any]:
        """Give a row."""
        value: Any = self._outputs
        for step in self.place(position) if self.labels is None and not self.is_across else (position,):
            value = value[step]
        row: dict[str, Any] = value
        return row


def across(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Make the rows of an object of arrays of one length: {"a": [1, 2]} has the rows {"a": 1} and {"a": 2}."""
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
