"""A result: its values, decoded once, and its usage, which adds up."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.util

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import jq_magic
from jq_magic.result import Result, Usage

USAGE = Usage(fuel=1, memory_bytes=20, wall_s=0.5, input_bytes=3, output_bytes=4, outputs=5)


def result(text):
    return Result(text, USAGE, jq_magic.Limits(), "wasmtime", "magic", "0" * 64, [])


def test_values_are_decoded_on_first_use_and_once():
    made = result('1\n"a"\n[]\n')
    values = made.values
    assert values == [1, "a", []]
    assert made.values is values
    with pytest.raises(jq_magic.DataError):
        _ = result("[" * 100_000 + "]" * 100_000 + "\n").values


def test_results_are_compared_by_what_they_say_and_are_frozen():
    assert result("1\n") == result("1\n") != result("2\n")
    with pytest.raises(dataclasses.FrozenInstanceError):
        result("1\n").text = "2\n"


def test_usage_adds_up_and_memory_is_the_largest():
    other = Usage(fuel=10, memory_bytes=10, wall_s=1.0, input_bytes=30, output_bytes=40, outputs=50)
    assert USAGE + other == Usage(11, 20, 1.5, 33, 44, 55) == other + USAGE
    assert sum([USAGE, other], Usage.none()) == USAGE + other
    assert Usage.none() + USAGE == USAGE


def test_rows_become_frames_and_dictionaries():
    made = result('{"a":1,"t":"2024-01-02"}\n{"a":"x"}\n')
    assert made.to_dicts() == [{"a": 1, "t": "2024-01-02"}, {"a": "x"}]
    assert made.to_pandas()["a"].tolist() == [1, "x"]
    with pytest.raises(jq_magic.DataError, match="row 0 has an integer, 1 and row 1 has a string"):
        made.to_polars()
    assert made.to_polars(lenient=True)["a"].to_list() == ["1", "x"]
    assert made.to_arrow(lenient=True, dates=True)["t"].to_pylist() == [datetime.date(2024, 1, 2), None]
    assert result("[1,2]\n").to_dicts() == [{"value": 1}, {"value": 2}]
    assert result("").to_dicts() == []


@pytest.mark.parametrize("without", [(), ("pyarrow",)])
def test_what_reads_arrow_reads_a_result(monkeypatch, without):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in without else find(name))
    made = result('{"a":9007199254740993,"b":[{"c":true}]}\n{"a":null,"b":[]}\n')
    rows = [{"a": 2**53 + 1, "b": [{"c": True}]}, {"a": None, "b": []}]
    assert pl.DataFrame(made).to_dicts() == rows
    assert pa.table(made).to_pylist() == rows
    assert duckdb.from_arrow(made).fetchall() == [(2**53 + 1, [{"c": True}]), (None, [])]
    assert pd.DataFrame.from_arrow(made)["b"].map(list).tolist() == [[{"c": True}], []]


def test_a_result_is_the_input_of_another_run():
    made = result('{"a":1}\n{"a":2}\n')
    assert jq_magic.all(".a + 1", made) == [2, 3]
