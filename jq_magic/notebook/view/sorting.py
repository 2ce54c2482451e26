"""Puts rows in the order of a column, a bounded number of them for each request."""

from __future__ import annotations

import array
import bisect
import collections
import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jq_magic.notebook.view import vectors
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
        for type_ in self._types.values():
            if type_.go_on(is_down=is_down):
                return
        if isinstance(before, range) and len(self._types) == 1 and not self._missing:
            # Each row has a cell, so the index of the cell is the position of the row.
            (type_,) = self._types.values()
            self.positions, self.done, self._types = type_.runs[0], len(before), {}
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
        is_whole = len(part) == len(cells)
        if is_whole and (name := _one_type(cells)) is not None:
            self._types.setdefault(name, _Type(name)).add(part, cells, is_down=is_down)
            return
        by_type: dict[str, tuple[list[int], list[Any]]] = {}
        for position in part:
            value = cells[position - first]
            if value is MISSING:
                self._missing.append(position)
                continue
            name = kind(value)
            positions, keys = by_type.setdefault(name, ([], []))
            positions.append(position)
            keys.append(_key(name, value))
        for name, (positions, keys) in by_type.items():
            self._types.setdefault(name, _Type(name)).add(positions, keys, is_down=is_down)


class _Type:
    """Holds the cells of one type.

    Attributes:
        positions, keys: Of each cell, in the order of the document.
        runs: Indices of cells that are in order; those of earlier parts come first.

    """

    def __init__(self, name: str) -> None:
        self.positions = array.array("I")
        self.keys: list[Any] = []
        self.runs: list[array.array[int]] = []
        self._vectors = vectors.Vectors() if name in {"number", "string"} and vectors.numpy() else None
        # Where the parts begin whose cells are in no run yet.
        self._waiting: collections.deque[int] = collections.deque()
        # How far each run was merged, and the cells that were.
        self._merged: list[int] = []
        self._order = array.array("I")

    def add(self, positions: Sequence[int], keys: list[Any], *, is_down: bool) -> None:
        """Take the cells of one part."""
        self._waiting.append(len(self.keys))
        self.positions.extend(positions)
        self.keys += keys
        if self._vectors is not None:
            self._vectors.add(keys)
            if not self._vectors.is_exact:
                self._vectors = None
        if self._vectors is None and len(self._waiting) == 1:
            self._sort(is_down=is_down)

    def go_on(self, *, is_down: bool) -> bool:
        """Do one piece of what is left to do until there is one run; say whether something was done."""
        if self._vectors is not None:
            self.runs, self._vectors = [self._vectors.order(is_down=is_down)], None
            self._waiting.clear()
        elif self._waiting:
            self._sort(is_down=is_down)
        elif len(self.runs) > 1:
            self._merged = self._merged or [0] * len(self.runs)
            self._merge(is_down=is_down)
        else:
            return False
        return len(self.runs) > 1 or bool(self._waiting)

    def _sort(self, *, is_down: bool) -> None:
        """Make a run of the first part that is in none."""
        begin = self._waiting.popleft()
        end = self._waiting[0] if self._waiting else len(self.keys)
        order = sorted(range(begin, end), key=self.keys.__getitem__, reverse=is_down)
        self.runs.append(array.array("I", order))

    def _merge(self, *, is_down: bool) -> None:
        """Put the next STEP_ROWS cells of all runs together; fewer where others come between.

        Those before the nearest key that stands so far ahead in a run are taken, so no run gives more than its share.
        """
        runs, key = self.runs, self.keys.__getitem__
        share = max(1, STEP_ROWS // len(runs))
        ahead = [key(run[at + share]) for run, at in self._places() if at + share < len(run)]
        ends = list(map(len, runs))
        if ahead:
            nearest = max(ahead) if is_down else min(ahead)
            is_before = operator.gt if is_down else operator.lt
            ends = [_end(run, at, key, lambda one: is_before(one, nearest)) for run, at in self._places()]
            if ends == self._merged:
                # All of them are equal: Python's sort takes such a list as it is.
                ends = [_end(run, at, key, lambda one: not is_before(nearest, one)) for run, at in self._places()]
        parts = (run[at:end] for (run, at), end in zip(self._places(), ends, strict=True))
        self._order.extend(sorted(itertools.chain.from_iterable(parts), key=key, reverse=is_down))
        self._merged = ends
        if len(self._order) == len(self.keys):
            self.runs = [self._order]

    def _places(self) -> Iterator[tuple[array.array[int], int]]:
        """Yield each run with the place from which on it was not merged."""
        return zip(self.runs, self._merged, strict=True)


def _end(run: Sequence[int], at: int, key: Callable[[int], Any], is_before: Callable[[Any], bool]) -> int:
    """Find where in a run the keys end that come before another one."""
    low, high = at, len(run)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if is_before(key(run[middle])) else (low, middle)
    return low


def _one_type(cells: list[Any]) -> str | None:
    """Name the type that all cells have, where it is one whose cells are their own keys."""
    types = set(map(type, cells))
    return "string" if types == {str} else "number" if types <= {int, float} else None


def _key(name: str, value: Any) -> Any:
    if name == "number":
        return comparable(value)
    return len(value) if name in {"array", "object"} else 0 if value is None else value
