"""What the table of values (values.json) is written in: the packages, and a class of each kind."""

from __future__ import annotations

import array
import calendar
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import io
import ipaddress
import itertools
import json
import pathlib
import re
import sqlite3
import types
import uuid
import zoneinfo
from typing import Any

import attr
import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

Decimal = decimal.Decimal
Fraction = fractions.Fraction
date, time, timedelta, timezone = datetime.date, datetime.time, datetime.timedelta, datetime.timezone
utc = datetime.timezone.utc
moment = datetime.datetime(2024, 1, 2, 3, 4, 5)  # noqa: DTZ001 - one without a zone
inf, nan = float("inf"), float("nan")
#: An index of pandas with several levels.
levels = pd.MultiIndex.from_tuples([("x", 1), ("y", 2)], names=["k", None])
weather = pd.DataFrame({"day": ["wet", "dry", "wet"], "wind": [1, 2, 4]})


class Colour(enum.Enum):
    RED = "red"
    BOTH = (1, 2)
    DAY = datetime.date(2024, 1, 2)


class Level(enum.IntEnum):
    LOW = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Name(str):
    __slots__ = ()


class Metres(float):
    __slots__ = ()


class Stack(list[Any]):
    pass


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5
    _seen: bool = False


@attr.define
class Span:
    start: int
    _end: int = 9


class Order(msgspec.Struct, rename="camel"):
    order_id: int


class Model:
    """Like a model of pydantic."""

    def model_dump(self) -> dict[str, Any]:
        return {"x": 1, "when": date(2024, 1, 2)}


class Tensor:
    """Like a tensor of torch: an array with lists in it."""

    dtype = "float32"

    def tolist(self) -> list[list[float]]:
        return [[1.5]]


class Response:
    """Like a response of requests or httpx."""

    text = "{}"

    def json(self) -> dict[str, Any]:
        return {}


class Relation:
    """Like a lazy frame of another package."""

    def to_pandas(self) -> None:
        pass


class Shape:
    """Like a geometry of shapely."""

    __geo_interface__ = {"type": "Point", "coordinates": (1.0, 2.0)}  # noqa: RUF012 - as shapely has it


Pair = collections.namedtuple("Pair", "a b")  # noqa: PYI024 - the older kind of named tuple


def row() -> sqlite3.Row:
    with sqlite3.connect(":memory:") as connection:
        connection.row_factory = sqlite3.Row
        record: sqlite3.Row = connection.execute("SELECT 1 AS a, 'x' AS b").fetchone()
    connection.close()
    return record


def cycle() -> dict[str, Any]:
    loop: dict[str, Any] = {"a": []}
    loop["a"].append(loop)
    return loop


def bomb() -> list[Any]:
    value: list[Any] = [1] * 10
    for _ in range(12):
        value = [value] * 10
    return value


#: Names that a row of the table can use.
NAMES: dict[str, Any] = {name: held for name, held in globals().items() if not name.startswith("_")}
_USED = (array, calendar, io, ipaddress, itertools, json, np, pathlib, pl, pa, pc, re, types, uuid, zoneinfo)
