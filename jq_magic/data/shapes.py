"""Finds out what the values of a column are all through, before a column of one type is made of them.

polars and Arrow give each place of a column one type. polars takes it from the first values, and makes nulls of later
ones that do not fit; so the type is made here, of all of them. What such a column takes grows with the fields of
nested objects × the places where one stands, which can be far more than there are values, so both are counted.
"""

from __future__ import annotations

import decimal
from typing import Any, NoReturn

from jq_magic.errors import DataError

#: Cells that a frame can have however few of them are filled.
MOST_CELLS = 10_000_000
#: A frame can have more when one in so many is filled.
SPARSENESS = 4
#: Nesting that polars and arrow are given; their types nest as deep as the values.
MOST_NESTED = 64
#: What polars may be given of nested values, as their number times the square of their depth: it takes some 50 ns for
#: each, measured with polars 1 from 8 to 48 levels.
MOST_POLARS_WORK = 100_000_000
#: Cells of objects in arrays that polars is given: it makes a value of 100 bytes and more of each, and then a column.
MOST_POLARS_LISTED = 1_000_000

#: How a type of JSON is called in messages.
_NAMES = {
    bool: "a truth value",
    int: "an integer",
    float: "a fraction",
    str: "a string",
    list: "an array",
    dict: "an object",
}
#: The types of integers of each package, with the smallest that it holds and the first that is too large.
_INTEGERS = {
    "polars": [(-(2**63), 2**63, "Int64"), (0, 2**64, "UInt64"), (-(2**127), 2**127, "Int128")],
    "pyarrow": [(-(2**63), 2**63, "int64"), (0, 2**64, "uint64")],
}


class Shape:
    """What the values in one place of a column are, merged.

    Attributes:
        first: The types of the values, each with the row and the value that it was first seen in.
        least, most: The smallest and the largest integer, with their rows.
        inexact: The row and the value of the first integer that no float holds.
        objects: How many are objects.
        fields: What the values of their keys are.
        items: What the elements of arrays are.

    """

    __slots__ = ("fields", "first", "inexact", "items", "least", "most", "objects")

    def __init__(self) -> None:
        self.first: dict[type, tuple[int, Any]] = {}
        self.least: tuple[int, Any] | None = None
        self.most: tuple[int, Any] | None = None
        self.inexact: tuple[int, Any] | None = None
        self.objects = 0
        self.fields: dict[str, Shape] = {}
        self.items: Shape | None = None

    def add(self, value: Any, row: int) -> None:
        """Take a value that is not null into account."""
        # An integer that is too long for CPython to read is decoded as a Decimal.
        kind = int if isinstance(value, decimal.Decimal) else type(value)
        if kind not in self.first:
            self.first[kind] = (row, value)
        if kind is int:
            if self.least is None or value < self.least[1]:
                self.least = (row, value)
            if self.most is None or value > self.most[1]:
                self.most = (row, value)
            if self.inexact is None and not -(2**53) <= value <= 2**53 and not _exact(value):
                self.inexact = (row, value)

    def cells(self) -> int:
        """Count what a column of this shape holds in polars or arrow, filled or not."""
        below = [*self.fields.values()] + ([] if self.items is None else [self.items])
        return self.objects * len(self.fields) + sum(shape.cells() for shape in below)

    def listed(self) -> int:
        """Count those of the cells that are in arrays."""
        below = sum(shape.listed() for shape in self.fields.values())
        return below if self.items is None else below + self.items.cells()

    def floats(self) -> bool:
        """Tell whether integers stand beside fractions, here or below."""
        below = [*self.fields.values()] + ([] if self.items is None else [self.items])
        return {int, float} <= self.first.keys() or any(shape.floats() for shape in below)


def _exact(value: int | decimal.Decimal) -> bool:
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def shape_of(name: str, cells: list[Any], form: str) -> Shape:
    """Merge the values of a column. Raises: DataError when it would take far more than the values."""
    shape = Shape()
    filled = deepest = 0
    for row, cell in enumerate(cells):
        waiting = [(cell, shape, 0)]
        while waiting:
            value, place, depth = waiting.pop()
            if value is None:
                continue
            place.add(value, row)
            if not isinstance(value, (dict, list)):
                continue
            deepest = max(deepest, depth + 1)
            if depth >= MOST_NESTED:
                message = f"the column {name!r} nests more than {MOST_NESTED} levels; --as pandas keeps it as it is"
                raise DataError(message)
            filled += len(value)
            if isinstance(value, dict):
                place.objects += 1
                waiting += [(item, place.fields.setdefault(key, Shape()), depth + 1) for key, item in value.items()]
            else:
                place.items = items = place.items or Shape()
                waiting += [(item, items, depth + 1) for item in value]
    allowed = SPARSENESS * filled
    count = shape.cells()
    if count > max(MOST_CELLS, allowed) or (form == "polars" and shape.listed() > max(MOST_POLARS_LISTED, allowed)):
        raise DataError(
            f"the column {name!r} has {filled:,} values, but its objects together have so many keys that it would "
            f"hold {count:,}; --as pandas keeps it as it is"
        )
    if form == "polars" and filled * deepest**2 > MOST_POLARS_WORK:
        raise DataError(
            f"the column {name!r} has {filled:,} values on {deepest} levels, which takes polars too long; "
            "--as arrow and --as pandas do not"
        )
    return shape


def fitted(value: Any, shape: Shape) -> Any:
    """Give a value with floats for the integers that stand beside fractions."""
    if isinstance(value, dict):
        return {key: fitted(item, shape.fields[key]) for key, item in value.items()}
    if isinstance(value, list):
        assert shape.items is not None
        items = shape.items
        return [fitted(item, items) for item in value]
    return float(value) if type(value) is int and float in shape.first else value


def type_of(package: Any, shape: Shape, name: str, path: str = "") -> Any:  # noqa: PLR0911 - one for each kind
    """Give the type of polars or Arrow that holds all values of a shape.

    Raises: DataError, with the first two values that no type holds together.
    """
    polars = package.__name__ == "polars"
    kinds = set(shape.first)
    if kinds == {int, float} and shape.inexact is None:
        kinds = {float}
    if len(kinds) > 1:
        two = [shape.inexact, shape.first[float]] if kinds == {int, float} else list(shape.first.values())[:2]
        _refuse(package, name, path, *two)
    if not kinds:
        return package.Null() if polars else package.null()
    (kind,) = kinds
    if kind is bool:
        return package.Boolean() if polars else package.bool_()
    if kind is float:
        return package.Float64() if polars else package.float64()
    if kind is str:
        return package.String() if polars else package.string()
    if kind is list:
        assert shape.items is not None
        inner = type_of(package, shape.items, name, path + "[]")
        return package.List(inner) if polars else package.list_(inner)
    if kind is dict:
        fields = {key: type_of(package, below, name, f"{path}.{key}") for key, below in shape.fields.items()}
        return package.Struct(fields) if polars else package.struct(list(fields.items()))
    return _integers(package, shape, name, path)


def _integers(package: Any, shape: Shape, name: str, path: str) -> Any:
    """Give the smallest type of integers that holds all."""
    assert shape.least is not None
    assert shape.most is not None
    (least_row, least), (most_row, most) = shape.least, shape.most
    for bottom, end, kind in _INTEGERS[package.__name__]:
        # Of integers of 128 bits polars makes columns, but does not put them into lists in structs.
        if bottom <= least and most < end and not (kind == "Int128" and path):
            return getattr(package, kind)()
    ends = sorted({least_row: least, most_row: most}.items())
    return _refuse(package, name, path, *ends)


def _refuse(package: Any, name: str, path: str, *values: tuple[int, Any]) -> NoReturn:
    """Say which values no type holds together."""
    said = " and ".join(f"row {row} has {_shown(value)}" for row, value in values)
    raise DataError(
        f"{package.__name__} cannot hold the column {name!r} in one type: {said}{f' at {path}' if path else ''}; "
        "--as pandas keeps values of any kinds"
    )


def _shown(value: Any) -> str:
    kind = _NAMES.get(type(value), "an integer")
    if isinstance(value, (list, dict)):
        return kind
    text = str(value) if isinstance(value, (int, decimal.Decimal)) else repr(value)
    return f"{kind}, {text if len(text) <= 40 else text[:40] + '…'}"
