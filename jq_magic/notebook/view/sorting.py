"""Puts rows in the order of a column, a bounded number of them for each request."""

from __future__ import annotations

import array
import bisect
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from jq_magic.notebook.view.items import MISSING
from jq_magic.notebook.view.number import comparable
from jq_magic.notebook.view.tree import kind

#: Rows whose cells are read and sorted for one request.
STEP_ROWS = 100_000
#: The order of types, as jq sorts them; what is missing comes last in both directions.
_TYPES = ("null", "boolean", "number", "string", "array", "object")

Cells = Callable[[int, int], list[Any]]


class Sorting:
    """Sorts the rows at some positions, by their cells.

    Cells of one type are sorted by themselves: a list of numbers, or of texts, is what Python sorts fastest.

    Args:
        key: What is sorted; for whoever asks whether it is the same.
        before: Positions in the order of the document.

    Attributes:
        positions: In order, once `done` says so for all; before that, those of the document.
        done: How many rows are in order.

    """

    def __init__(self, key: object, before: Sequence[int]) -> None:
        self.key = key
        self.positions = before
        self.done = 0
        self._at = 0
        self._missing = array.array("I")
        self._types: dict[str, _Type] = {}

    def go_on(self, cells: Cells, *, is_down: bool) -> None:
        """Sort the next STEP_ROWS rows, or put together what was sorted.

        Args:
            cells: Gives the cells of a span of rows.
            is_down: Whether from high to low.

        """
        before = self.positions
        if self.done == len(before):
            return
        if self._at < len(before):
            # Of rows that a filter found, those in a span of so many: the cells of the span are read.
            part = before[self._at : bisect.bisect_left(before, before[self._at] + STEP_ROWS, self._at)]
            self._take(part, cells(part[0], part[-1] + 1), is_down=is_down)
            self._at += len(part)
            # Of a long table, the next request puts the parts together.
            if self._at < len(before) or part[0] > before[0]:
                return
        parted = next((type_ for type_ in self._types.values() if len(type_.runs) > 1), None)
        if parted is not None:
            parted.merge(is_down=is_down)
        if any(len(type_.runs) > 1 for type_ in self._types.values()):
            return
        order = [name for name in _TYPES if name in self._types]
        positions = array.array("I")
        for name in reversed(order) if is_down else order:
            positions.extend(map(self._types[name].positions.__getitem__, self._types[name].runs[0]))
        positions.extend(self._missing)
        self.positions, self.done, self._types = positions, len(positions), {}

    def _take(self, part: Sequence[int], cells: list[Any], *, is_down: bool) -> None:
        """Sort rows by their cells, each type by itself."""
        first = part[0]
        begins = {name: len(type_.keys) for name, type_ in self._types.items()}
        for position in part:
            value = cells[position - first]
            if value is MISSING:
                self._missing.append(position)
                continue
            name = kind(value)
            type_ = self._types.get(name)
            if type_ is None:
                type_ = self._types[name] = _Type()
            type_.positions.append(position)
            type_.keys.append(_key(name, value))
        for name, type_ in self._types.items():
            if len(type_.keys) > begins.get(name, 0):
                type_.sort(begins.get(name, 0), is_down=is_down)


class _Type:
    """Holds the cells of one type.

    Attributes:
        positions, keys: Of each cell, in the order of the document.
        runs: Indices of cells that are in order.

    """

    def __init__(self) -> None:
        self.positions = array.array("I")
        self.keys: list[Any] = []
        self.runs: list[array.array[int]] = []

    def sort(self, begin: int, *, is_down: bool) -> None:
        """Make a run of the cells from an index on."""
        order = sorted(range(begin, len(self.keys)), key=self.keys.__getitem__, reverse=is_down)
        self.runs.append(array.array("I", order))

    def merge(self, *, is_down: bool) -> None:
        """Put two runs together, the shortest neighbours; Python's sort takes the order that they have already."""
        at = min(range(len(self.runs) - 1), key=lambda at: len(self.runs[at]) + len(self.runs[at + 1]))
        pair = self.runs[at : at + 2]
        order = sorted(itertools.chain.from_iterable(pair), key=self.keys.__getitem__, reverse=is_down)
        self.runs[at : at + 2] = [array.array("I", order)]


def _key(name: str, value: Any) -> Any:
    if name == "number":
        return comparable(value)
    return len(value) if name in {"array", "object"} else 0 if value is None else value
