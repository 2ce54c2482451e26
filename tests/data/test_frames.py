"""Outputs as data frames of pandas, polars and pyarrow, which are bounded before they are built."""

from __future__ import annotations

import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import jq_magic
from jq_magic.data import frames
from jq_magic.data.frames import frame

FORMS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.Table}
BIG = 2**53 + 1


def columns(made):
    """The cells of a frame by column, with None for what is missing."""
    if isinstance(made, pa.Table):
        return made.to_pydict()
    if isinstance(made, pl.DataFrame):
        return made.to_dict(as_series=False)
    return {name: [None if cell is pd.NA or cell != cell else cell for cell in made[name].tolist()] for name in made}  # noqa: PLR0124 - NaN


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("program", "found"),
    [
        ('{a: 1, b: "x"}, {b: "y", c: true}', {"a": [1, None], "b": ["x", "y"], "c": [None, True]}),
        ("[{a: 1}, {a: 2.5}]", {"a": [1.0, 2.5]}),
        (f"{{a: {BIG}}}, {{a: null}}", {"a": [BIG, None]}),
        ("{a: false}, {}", {"a": [False, None]}),
        ("{a: [1, 2]}, {a: []}", {"a": [[1, 2], []]}),
        ("1, 2", {"value": [1, 2]}),
        ("[1, 2]", {"value": [1, 2]}),
        ("{a: {b: 1}}", {"a": [{"b": 1}]}),
        ("empty", {}),
        ("[]", {}),
    ],
)
def test_rows_columns_and_missing_values(form, program, found):
    made = frame(jq_magic.compile(program).run("null").values, form)
    assert isinstance(made, FORMS[form])
    assert columns(made) == found
    for name, cells in found.items():
        assert list(map(type, columns(made)[name])) == list(map(type, cells))


@pytest.mark.parametrize("form", ["polars", "arrow"])
@pytest.mark.parametrize("cells", ['1, "x"', "[1], 2", "100000000000000000000000000000000000000000, 1"])
def test_what_a_column_cannot_hold_is_said_and_never_changed(form, cells):
    values = jq_magic.compile(f"[{cells}] | map({{a: .}})").run("null").values
    with pytest.raises(jq_magic.DataError, match=r"cannot hold the column 'a' .*--as pandas keeps"):
        frame(values, form)
    assert frame(values, "pandas")["a"].tolist() == [row["a"] for row in values[0]]


def test_a_package_that_is_absent_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(jq_magic.DataError, match="--as polars needs the package polars"):
        frame([], "polars")


def nested(depth, leaf=1):
    value = leaf
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("form", FORMS)
def test_rows_with_a_key_of_their_own_each_make_no_frame(form):
    with pytest.raises(jq_magic.DataError, match="40,000 rows and 40,000 columns"):
        frame([{f"k{row}": 1} for row in range(40_000)], form)


@pytest.mark.parametrize("form", FORMS)
def test_cells_at_the_bound_are_built_and_one_column_more_is_not(form, monkeypatch):
    rows = [{f"k{row}": 1} for row in range(10)]
    monkeypatch.setattr(frames, "MOST_CELLS", 100)
    assert len(frame(rows, form)) == 10
    monkeypatch.setattr(frames, "MOST_CELLS", 99)
    with pytest.raises(jq_magic.DataError, match="10 rows and 10 columns"):
        frame(rows, form)


@pytest.mark.parametrize("form", FORMS)
def test_a_table_that_is_filled_is_built_whatever_its_size(form, monkeypatch):
    monkeypatch.setattr(frames, "MOST_CELLS", 1)
    assert len(frame([{"a": 1, "b": 2}, {"a": 3}] * 10, form)) == 20


def test_objects_in_a_column_with_a_key_of_their_own_each_are_kept_by_pandas_alone():
    rows = [{"c": {f"k{row}": 1}} for row in range(12_000)]
    for form in ("polars", "arrow"):
        with pytest.raises(jq_magic.DataError, match=r"column 'c' has 12,000 values.*144,000,000"):
            frame(rows, form)
    assert len(frame(rows, "pandas")) == 12_000


def test_fields_of_nested_objects_at_the_bound_are_built_and_one_more_is_not(monkeypatch):
    rows = [{"c": {f"k{row}": 1}} for row in range(10)]
    monkeypatch.setattr(frames, "MOST_CELLS", 100)
    assert len(frame(rows, "arrow")) == 10
    monkeypatch.setattr(frames, "MOST_CELLS", 99)
    with pytest.raises(jq_magic.DataError, match="hold 100"):
        frame(rows, "arrow")


def test_nesting_at_the_bound_is_built_and_one_level_more_is_not():
    assert len(frame([{"c": nested(frames.MOST_NESTED)}], "arrow")) == 1
    for form in ("polars", "arrow"):
        with pytest.raises(jq_magic.DataError, match="nests more than 64 levels"):
            frame([{"c": nested(frames.MOST_NESTED + 1)}], form)
    assert len(frame([{"c": nested(400)}], "pandas")) == 1


def test_what_takes_polars_long_by_its_depth_is_refused(monkeypatch):
    rows = [{"c": nested(10)}] * 10
    monkeypatch.setattr(frames, "MOST_POLARS_WORK", 100 * 10**2)
    assert len(frame(rows, "polars")) == 10
    monkeypatch.setattr(frames, "MOST_POLARS_WORK", 100 * 10**2 - 1)
    with pytest.raises(jq_magic.DataError, match="takes polars too long"):
        frame(rows, "polars")
    assert len(frame(rows, "arrow")) == 10
