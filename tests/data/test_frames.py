"""Outputs as data frames of pandas, polars and pyarrow."""

from __future__ import annotations

import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import jq_magic
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
