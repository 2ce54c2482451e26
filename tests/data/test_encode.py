"""Python values become JSON: texts, arguments, frames of many rows. What each becomes stands in the table of values."""

from __future__ import annotations

import decimal
import json
import pathlib

import numpy as np
import pandas as pd
import polars as pl
import pytest

import jq_magic
from jq_magic.data.encode import arguments, to_json_bytes, value_to_json

#: Enough for rows to get a class of their own.
MANY = 1_000


def test_text_is_json_already_and_a_value_is_not():
    assert to_json_bytes("[1] 2") == b"[1] 2"
    assert to_json_bytes(b"\xff") == b"\xff"
    assert to_json_bytes("\ud800x") == "\ufffdx".encode()
    assert value_to_json("text") == b'"text"'


def test_a_path_is_not_taken_for_what_its_file_holds():
    with pytest.raises(jq_magic.DataError, match=r"give its \.read_text\(\)"):
        to_json_bytes(pathlib.PurePosixPath("data.json"))
    assert value_to_json(pathlib.PurePosixPath("data.json")) == b'"data.json"'


def test_what_cannot_become_json_is_a_type_error_and_a_value_error_too():
    for kind in (TypeError, ValueError):
        with pytest.raises(kind, match=r"an object cannot become JSON \(at \.a\[1\]\.\"b c\"\)"):
            to_json_bytes({"a": [1, {"b c": object()}]})


def test_arguments_are_values_too():
    assert arguments({"x": float("inf"), "y": "\ud800"}, []) == '{"x":1e999,"y":"\ufffd"}'.encode()
    assert arguments({}, [{1}]) == b"[{},[[1]]]"
    # A name that no `$name` can be is a key of $ARGS.named.
    assert arguments({"a b": 1}, []) == b'{"a b":1}'
    with pytest.raises(jq_magic.DataError, match="no name for an argument"):
        arguments({1: 1}, [])  # type: ignore[dict-item] # what a caller without types may give


@pytest.mark.parametrize("package", [pd, pl], ids=["pandas", "polars"])
def test_a_frame_of_many_rows_is_written_as_one_of_few_is(package):
    columns = {
        "n": list(range(MANY)),
        'a "b"\n': [float("inf")] * MANY,
        "": [None, "x"] * (MANY // 2),
        "x": np.linspace(0, 1, MANY).tolist(),
    }
    for names in (["n", "x"], list(columns)):
        frame = package.DataFrame({name: columns[name] for name in names})
        rows = [dict(zip(names, row, strict=True)) for row in zip(*(columns[name] for name in names), strict=True)]
        assert json.loads(value_to_json(frame)) == rows
        assert json.loads(value_to_json({"frame": [frame]})) == {"frame": [rows]}


def test_labels_of_several_levels_in_many_rows():
    frame = pd.DataFrame({("a", "b"): range(MANY), ("c", ""): "x", ("a", "d"): np.inf})
    rows = [{"a": {"b": at, "d": float("inf")}, "c": "x"} for at in range(MANY)]
    assert json.loads(value_to_json(frame)) == rows


def test_a_name_that_is_no_text_is_mended_in_many_rows():
    frame = pd.DataFrame({0: range(MANY)})
    frame.columns = pd.Index(["\ud800"], dtype=object)
    assert json.loads(value_to_json(frame)) == [{"\ufffd": at} for at in range(MANY)]


def test_a_string_like_a_decimal_that_is_no_number_stays():
    assert value_to_json(["NaN", {"-1:": decimal.Decimal("1.5")}]) == b'["NaN",{"-1:":1.5}]'


def test_a_frame_goes_through_a_filter():
    frame = pd.DataFrame({"name": ["a", "b"], "score": [4, 1]})
    rows = jq_magic.all(".[] | select(.score > 3) | .name", text=to_json_bytes(frame))
    assert rows == ["a"]
