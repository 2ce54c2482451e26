"""Makes plain values of any: of None, truth values, numbers, strings, lists, and dictionaries whose keys are strings.

What a value of the standard library becomes stands here; what one of NumPy, pandas, polars or Arrow becomes, in the
module `from_…` of its package. Nothing is imported that the user has not: a package is known by the name of the
module that a type is from.
"""

from __future__ import annotations

import array
import binascii
import collections
import dataclasses
import datetime
import decimal
import enum
import ipaddress
import math
import pathlib
import types
import uuid
from collections.abc import Callable, ItemsView, KeysView, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import msgspec

from jq_magic import imports
from jq_magic.data import times
from jq_magic.data.refusals import Refused, a_kind, advice, kind_name

#: Types that are written as they are; a Raw is JSON already.
ATOMS = frozenset({str, int, float, bool, type(None), msgspec.Raw})
#: Values that one value can hold, a list that stands in several places counted at each: a few lists in lists can
#: stand for more than any memory holds.
MOST_VALUES = 100_000_000
TOO_MANY = f"it stands for more than {MOST_VALUES:,} values, since some of its parts stand in many places"
#: Steps that bring one value to a plain one; an enumeration's value can be of any type, which takes some more.
_STEPS_OF_ONE = 8
_PACKAGES = frozenset({"numpy", "pandas", "polars", "pyarrow"})


class Ready(NamedTuple):
    """A value that is plain all through."""

    value: Any


class Walk:
    """Goes through one value and makes it plain."""

    def __init__(self) -> None:
        self._steps: dict[type, Callable[[Any, Walk], Any]] = {}
        self._above: set[int] = set()
        self._values = 0

    def plain(self, value: Any) -> Any:  # noqa: C901 - one frame of Python for each level of nesting
        """Make a value plain. Raises: Refused, RecursionError."""
        kind = type(value)
        if kind in ATOMS:
            return value
        held = value
        steps = 0
        while kind is not dict and kind is not list and kind is not tuple:
            held = self._step(kind)(held, self)
            steps += 1
            if steps > _STEPS_OF_ONE:
                raise Refused(f"{a_kind(value)} cannot become JSON: it makes of itself what is no plain value either")
            if type(held) is Ready:
                return held.value
            kind = type(held)
            if kind in ATOMS:
                return held
        if id(value) in self._above:
            raise Refused(f"the {kind_name(value)} contains itself")
        self._values += len(held)
        if self._values > MOST_VALUES:
            raise Refused(TOO_MANY)
        self._above.add(id(value))
        at: Any = None
        try:
            if kind is dict:
                made: dict[str, Any] = {}
                for at, item in held.items():
                    name = at if type(at) is str else self.key(at)
                    made[name] = item if type(item) in ATOMS else self.plain(item)
                return made
            items: list[Any] = []
            for at, item in enumerate(held):  # noqa: B007 - it is where an item that is refused stands
                items.append(item if type(item) in ATOMS else self.plain(item))
        except Refused as refused:
            refused.path.append(at)
            raise
        finally:
            self._above.discard(id(value))
        return sorted(items, key=_order) if isinstance(value, AbstractSet) and not isinstance(value, _VIEWS) else items

    def key(self, key: Any) -> str:
        """Make the name of a member: what is no string after all stands as its JSON. Raises: Refused."""
        name = self.plain(key)
        if isinstance(name, str):
            return name
        if isinstance(name, (list, dict)):
            raise Refused(f"{a_kind(key)} cannot be a key in JSON", advice="make a string of it")
        if name is None or isinstance(name, bool):
            return _WORDS[name]
        if isinstance(name, float):
            return msgspec.json.encode(name).decode() if math.isfinite(name) else str(name)
        return _digits(name)

    def _step(self, kind: type) -> Callable[[Any, Walk], Any]:
        step = self._steps.get(kind)
        if step is None:
            step = self._steps[kind] = _guarded(_step(kind))
        return step


_VIEWS = (KeysView, ItemsView)
_WORDS = {None: "null", True: "true", False: "false"}


def plain(value: Any) -> Any:
    """Make one value plain. Raises: Refused, RecursionError."""
    return Walk().plain(value)


def base64(value: bytes) -> str:
    """Write bytes as jq's @base64 does."""
    return binascii.b2a_base64(value, newline=False).decode("ascii")


def _digits(number: int | decimal.Decimal) -> str:
    # CPython refuses to write integers above its own setting; the library of Decimal does not.
    return str(number if isinstance(number, decimal.Decimal) else decimal.Decimal(number))


def number(value: decimal.Decimal) -> Any:
    """Give a Decimal as it is; one that is no number as the float that says so."""
    if value.is_finite():
        return Ready(decimal.Decimal(value))
    return float("nan") if value.is_nan() else float("-inf" if value.is_signed() else "inf")


def _order(value: Any) -> tuple[Any, ...]:
    """Order plain values as jq sorts them."""
    if value is None or isinstance(value, bool):
        return ((None, False, True).index(value),)
    if isinstance(value, str):
        return (4, value)
    if isinstance(value, list):
        return (5, [_order(item) for item in value])
    if isinstance(value, dict):
        names = sorted(value)
        return (6, names, [_order(value[name]) for name in names])
    return (3, value == value, value if value == value else 0)  # noqa: PLR0124 - NaN stands before the numbers


def _guarded(step: Callable[[Any, Walk], Any]) -> Callable[[Any, Walk], Any]:
    """Let what a value's own class raises say which value it was."""

    def guarded(value: Any, walk: Walk) -> Any:
        try:
            return step(value, walk)
        except (Refused, RecursionError, MemoryError):
            raise
        except Exception as error:
            raise Refused(f"{a_kind(value)} cannot become JSON: {error}") from error

    return guarded


def _step(kind: type) -> Callable[[Any, Walk], Any]:
    """Choose what brings values of a type one step nearer to plain ones."""
    for base in kind.__mro__:
        package = base.__module__.partition(".")[0]
        if package in _PACKAGES:
            step: Callable[[Any, Walk], Any] = imports.whole(f"jq_magic.data.from_{package}").step
            return step
    for base, make in _STEPS:
        if issubclass(kind, base):
            return lambda value, _: make(value)
    for attribute, make in _PROTOCOLS.items():
        if hasattr(kind, attribute):
            return lambda value, _: make(value)
    if issubclass(kind, _COLLECTIONS) or (hasattr(kind, "tolist") and hasattr(kind, "dtype")):
        return lambda value, _: value.tolist() if hasattr(value, "dtype") else list(value)
    return _refuse


def _refuse(value: Any, _: Walk) -> Any:
    raise Refused(f"{a_kind(value)} cannot become JSON", advice=advice(value))


def _items(value: Mapping[Any, Any]) -> dict[Any, Any]:
    return dict(value.items())


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _attributes(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in value.__attrs_attrs__}


def _struct(value: Any) -> dict[str, Any]:
    names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
    members = {name: getattr(value, field) for name, field in names}
    tag = value.__struct_config__.tag
    return members if tag is None else {value.__struct_config__.tag_field: tag, **members}


#: What brings a type and those below it one step nearer to plain values; the first one that fits counts.
_STEPS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda value: value.value),
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (decimal.Decimal, number),
    (bytes, base64),
    (bytearray, base64),
    (memoryview, lambda value: base64(value.tobytes())),
    (datetime.datetime, times.moment),
    (datetime.date, lambda value: value.isoformat()),
    (datetime.time, times.moment),
    (datetime.timedelta, times.timedelta),
    (dict, _items),
    (list, list),
    (tuple, tuple),
    (uuid.UUID, str),
    (pathlib.PurePath, str),
    (ipaddress.IPv4Address, str),
    (ipaddress.IPv6Address, str),
    (ipaddress.IPv4Network, str),
    (ipaddress.IPv6Network, str),
    (array.array, lambda value: value.tolist()),
    (collections.UserString, str),
    (msgspec.Struct, _struct),
    (types.SimpleNamespace, vars),
)
#: The same, by an attribute that classes of a kind have.
_PROTOCOLS: dict[str, Callable[[Any], Any]] = {
    "__dataclass_fields__": _fields,
    "__attrs_attrs__": _attributes,
    "model_dump": lambda value: value.model_dump(),
    "__geo_interface__": lambda value: value.__geo_interface__,
    # Mappings, and what has names without being one, such as a row of sqlite3.
    "keys": dict,
}
#: The same, by what a class lets one do with its values.
_COLLECTIONS = (AbstractSet, ValuesView, Sequence)
