"""Python values become JSON."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import jq_magic
from jq_magic.data.encode import to_json_bytes, value_to_json


@dataclasses.dataclass
class Point:
    x: int
    y: float


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, 2.5, None, True]}, '{"a":[1,2.5,null,true]}'),
        (10**40, "1" + "0" * 40),
        (0.1 + 0.2, "0.30000000000000004"),
        (float("nan"), "null"),
        (Point(1, 2.5), '{"x":1,"y":2.5}'),
        ((1, 2), "[1,2]"),
        (datetime.date(2024, 1, 2), '"2024-01-02"'),
        (decimal.Decimal("1.10"), '"1.10"'),
        (np.int64(3), "3"),
        (np.array([[1, 2], [3, 4]]), "[[1,2],[3,4]]"),
        ([np.float64(1.5), np.str_("a")], '[1.5,"a"]'),
        (range(3), "[0,1,2]"),
        (pd.Series([1, 2]), "[1,2]"),
        (pl.Series([1, None]), "[1,null]"),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), '[{"a":1,"b":"x"},{"a":2,"b":null}]'),
        (pd.DataFrame({"t": pd.to_datetime(["2024-01-02", None])}), '[{"t":"2024-01-02T00:00:00"},{"t":null}]'),
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), '[{"a":1},{"a":null}]'),
        (pd.DataFrame({1: [0.1 + 0.2]}), '[{"1":0.30000000000000004}]'),
        (pd.DataFrame(index=[1, 2]), "[{},{}]"),
        (pl.DataFrame({"a": [1, 2], "b": ["x", None]}), '[{"a":1,"b":"x"},{"a":2,"b":null}]'),
        (pl.DataFrame({"b": [b"\xff"]}), '[{"b":"/w=="}]'),
        (pa.table({"a": [1, None]}), '[{"a":1},{"a":null}]'),
        ({"frame": pd.DataFrame({"a": [1]})}, '{"frame":[{"a":1}]}'),
    ],
)
def test_a_value_becomes_json(value, text):
    assert to_json_bytes(value).decode() == text
    json.loads(text)


def test_text_is_json_already_and_a_value_is_not():
    assert to_json_bytes("[1] 2") == b"[1] 2"
    assert to_json_bytes(b"\xff") == b"\xff"
    assert to_json_bytes("\ud800x") == "\ufffdx".encode()
    assert value_to_json("text") == b'"text"'


def cycle():
    loop: list[object] = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "object cannot become JSON"),
        ({"a": lambda: 1}, "function cannot become JSON"),
        (cycle(), "contains itself"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "several columns named a"),
        (1j, "complex cannot become JSON"),
    ],
)
def test_what_cannot_become_json_is_refused_with_its_type(value, said):
    with pytest.raises(jq_magic.DataError, match=said):
        to_json_bytes(value)
    with pytest.raises(TypeError):
        to_json_bytes(value)


def test_a_frame_goes_through_a_filter():
    frame = pd.DataFrame({"name": ["a", "b"], "score": [4, 1]})
    rows = jq_magic.all(".[] | select(.score > 3) | .name", text=to_json_bytes(frame))
    assert rows == ["a"]
