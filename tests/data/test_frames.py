"""Outputs as data frames of pandas, polars and pyarrow, which are bounded before they are built."""

from __future__ import annotations

import datetime
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jq_magic
from jq_magic.data import shapes
from jq_magic.data.frames import Options, csv_text, frame
from jq_magic.data.frames import columns as cells_of

FORMS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.Table}
BIG = 2**53 + 1
#: What outputs hold, drawn so that values of several types meet in one place often.
LEAVES = (
    st.none() | st.booleans() | st.sampled_from([0, -1, BIG, 2**63, 2**64, 10**40, 0.5, 1e300]) | st.sampled_from("ab")
)
VALUES = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("xyz"), below, max_size=3)
)


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
    monkeypatch.setattr(shapes, "MOST_CELLS", 100)
    assert len(frame(rows, form)) == 10
    monkeypatch.setattr(shapes, "MOST_CELLS", 99)
    with pytest.raises(jq_magic.DataError, match="10 rows and 10 columns"):
        frame(rows, form)


@pytest.mark.parametrize("form", FORMS)
def test_a_table_that_is_filled_is_built_whatever_its_size(form, monkeypatch):
    monkeypatch.setattr(shapes, "MOST_CELLS", 1)
    assert len(frame([{"a": 1, "b": 2}, {"a": 3}] * 10, form)) == 20


def test_objects_in_a_column_with_a_key_of_their_own_each_are_kept_by_pandas_alone():
    rows = [{"c": {f"k{row}": 1}} for row in range(12_000)]
    for form in ("polars", "arrow"):
        with pytest.raises(jq_magic.DataError, match=r"column 'c' has 12,000 values.*144,000,000"):
            frame(rows, form)
    assert len(frame(rows, "pandas")) == 12_000


def test_fields_of_nested_objects_at_the_bound_are_built_and_one_more_is_not(monkeypatch):
    rows = [{"c": {f"k{row}": 1}} for row in range(10)]
    monkeypatch.setattr(shapes, "MOST_CELLS", 100)
    assert len(frame(rows, "arrow")) == 10
    monkeypatch.setattr(shapes, "MOST_CELLS", 99)
    with pytest.raises(jq_magic.DataError, match="hold 100"):
        frame(rows, "arrow")


def test_objects_in_arrays_at_the_bound_of_polars_are_built_and_one_more_is_not(monkeypatch):
    rows = [{"c": [{f"k{row}": 1}]} for row in range(10)]
    monkeypatch.setattr(shapes, "MOST_POLARS_LISTED", 100)
    made = frame(rows, "polars")
    assert made.to_dicts() == [{"c": [{f"k{at}": 1 if at == row else None for at in range(10)}]} for row in range(10)]
    monkeypatch.setattr(shapes, "MOST_POLARS_LISTED", 99)
    with pytest.raises(jq_magic.DataError, match="hold 100"):
        frame(rows, "polars")
    assert len(frame(rows, "arrow")) == 10


def test_nesting_at_the_bound_is_built_and_one_level_more_is_not():
    assert len(frame([{"c": nested(shapes.MOST_NESTED)}], "arrow")) == 1
    for form in ("polars", "arrow"):
        with pytest.raises(jq_magic.DataError, match="nests more than 64 levels"):
            frame([{"c": nested(shapes.MOST_NESTED + 1)}], form)
    assert len(frame([{"c": nested(400)}], "pandas")) == 1


def test_what_takes_polars_long_by_its_depth_is_refused(monkeypatch):
    rows = [{"c": nested(10)}] * 10
    monkeypatch.setattr(shapes, "MOST_POLARS_WORK", 100 * 10**2)
    assert len(frame(rows, "polars")) == 10
    monkeypatch.setattr(shapes, "MOST_POLARS_WORK", 100 * 10**2 - 1)
    with pytest.raises(jq_magic.DataError, match="takes polars too long"):
        frame(rows, "polars")
    assert len(frame(rows, "arrow")) == 10


def read(made):
    """The rows of a frame as Python values."""
    if isinstance(made, pa.Table):
        return made.to_pylist()
    if isinstance(made, pl.DataFrame):
        return made.to_dicts()
    columns = {name: made[name].tolist() for name in made}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def holds(cell, value):
    """Whether a cell holds a value: a key that is not there may be null, and an integer a float that is equal."""
    if isinstance(value, dict):
        return isinstance(cell, dict) and all(
            holds(cell.get(key), value.get(key)) for key in cell.keys() | value.keys()
        )
    if isinstance(value, list):
        return isinstance(cell, list) and len(cell) == len(value) and all(map(holds, cell, value))
    if value is None:
        return cell is None or cell is pd.NA or cell != cell  # noqa: PLR0124 - NaN
    return cell == value and isinstance(cell, bool) == isinstance(value, bool)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=400, deadline=None)
@given(rows=st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=2), min_size=1, max_size=5))
def test_a_frame_holds_every_value_or_is_refused(form, rows):
    try:
        made = frame(rows, form)
    except jq_magic.DataError as error:
        made, said = None, str(error)
    if made is None:
        assert form != "pandas"
        assert "in one type: row " in said
    elif made.shape[1]:
        assert all(map(holds, read(made), rows))


@pytest.mark.parametrize("form", ["polars", "arrow"])
@pytest.mark.parametrize(
    ("cells", "held"),
    [
        ([[1], [1.5]], [[1.0], [1.5]]),
        ([{"b": 1}, {"c": 2}], [{"b": 1, "c": None}, {"b": None, "c": 2}]),
        ([{"b": [1, None]}, None, {"b": [0.5]}, {}], [{"b": [1.0, None]}, None, {"b": [0.5]}, {"b": None}]),
        ([[], [None], [[1]]], [[], [None], [[1]]]),
        ([1, 2**63], [1, 2**63]),
        ([None] * 200 + ["late"], [None] * 200 + ["late"]),
        ([1] * 200 + [1.5], [1.0] * 200 + [1.5]),
    ],
)
def test_values_that_meet_in_one_place_are_all_held(form, cells, held):
    assert columns(frame([{"a": cell} for cell in cells], form))["a"] == held


@pytest.mark.parametrize("form", ["polars", "arrow"])
@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([1, "x"], "row 0 has an integer, 1 and row 1 has a string, 'x'"),
        ([None, True, 0], "row 1 has a truth value, True and row 2 has an integer, 0"),
        ([[1], 2], "row 0 has an array and row 1 has an integer, 2"),
        ([{"b": [1]}, {"b": ["x"]}], r"row 0 has an integer, 1 and row 1 has a string, 'x' at .b\[\]"),
        ([{"b": {}}, {"b": []}], "row 0 has an object and row 1 has an array at .b"),
        ([0.5, 1, BIG], f"row 2 has an integer, {BIG} and row 0 has a fraction, 0.5"),
        ([1, 10**60], "row 0 has an integer, 1 and row 1 has an integer, 1000000000000000000000000000000000000000…"),
        ([-(10**60)], "row 0 has an integer, -10000"),
        (["x" * 90, 1], "row 0 has a string, 'x{39}… and row 1"),
    ],
)
def test_what_no_type_holds_is_named_with_its_rows(form, cells, said):
    with pytest.raises(jq_magic.DataError, match=f"the column 'a' in one type: {said}"):
        frame([{"a": cell} for cell in cells], form)


def test_an_integer_that_no_float_holds_stays_one_in_pandas():
    assert frame([{"a": BIG}, {"a": 0.5}], "pandas")["a"].tolist() == [BIG, 0.5]
    assert frame([{"a": 10**400}, {"a": 0.5}], "pandas")["a"].tolist() == [10**400, 0.5]


def test_an_integer_of_any_length_is_refused_in_few_words():
    values = jq_magic.data.decode.from_json(f"[1, {'9' * 5_000}]")
    for form in ("polars", "arrow"):
        with pytest.raises(jq_magic.DataError, match=f"row 1 has an integer, {'9' * 40}…; --as pandas"):
            frame(values, form)
    assert frame(values, "pandas")["value"].tolist() == values


def test_a_panic_of_polars_is_a_data_error(monkeypatch):
    def panic(*_):
        raise pl.exceptions.PanicException("gone")

    monkeypatch.setattr(pl, "Series", panic)
    with pytest.raises(jq_magic.DataError, match="polars cannot hold the column 'a': gone"):
        frame([{"a": 1}], "polars")


LENIENT = Options(lenient=True)


@pytest.mark.parametrize("form", FORMS)
def test_mixed_columns_are_strings_when_that_is_asked_for(form):
    rows = [{"a": 1, "b": 2, "c": [1]}, {"a": "x", "b": None, "c": {"k": None}}, {"a": True, "b": 0.5, "c": None}]
    made = columns(frame(rows, form, LENIENT))
    assert made["a"] == ["1", "x", "true"]
    assert made["b"] == [2, None, 0.5]
    assert made["c"] == ["[1]", '{"k":null}', None]


def test_the_first_two_values_that_no_type_holds_are_said():
    rows = [{"a": 1}, {}, {"a": 2}, {"a": "x"}, {"a": True}]
    with pytest.raises(
        jq_magic.DataError, match=r"'a' in one type: row 0 has an integer, 1 and row 3 has a string, 'x'"
    ):
        frame(rows, "polars")


DATES = Options(dates=True)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("cells", "second"),
    [
        (["2024-02-29", None, "1969-12-31"], datetime.date(1969, 12, 31)),
        (["2024-01-02T03:04:05", None, "2024-01-02 03:04:05.5"], datetime.datetime(2024, 1, 2, 3, 4, 5, 500000)),  # noqa: DTZ001 - none is written
        (
            ["2024-01-02T03:04:05Z", None, "2024-01-02T03:04:05.123456+05:30"],
            datetime.datetime(2024, 1, 1, 21, 34, 5, 123456, datetime.timezone.utc),
        ),
    ],
)
def test_strings_that_are_all_dates_become_dates_when_that_is_asked_for(form, cells, second):
    rows = [{"t": cell} for cell in cells]
    made = frame(rows, form, DATES)
    found = made["t"].tolist() if form == "pandas" else columns(made)["t"]
    if form == "pandas":
        assert found[2] == pd.Timestamp(second)
        assert found[1] is pd.NaT
    else:
        assert found[1:] == [None, second]
    assert columns(frame(rows, form))["t"] == cells


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-01-02", "2024-01-02T00:00:00"],
        ["2024-01-02T00:00:00", "2024-01-02T00:00:00Z"],
        ["2024-02-30"],
        ["2024-01-02T00:00:00.1234567"],
        ["2024-01-02T25:00:00"],
        ["0001-01-01T00:00:00+10:00"],
        ["2024-01-02", "today"],
        ["2024W01"],
        ["２024-01-02"],
        [None],
    ],
)
def test_strings_that_are_no_dates_of_one_kind_stay_as_they_are(cells):
    rows = [{"t": cell} for cell in cells]
    assert columns(frame(rows, "polars", DATES)) == {"t": cells}


def test_a_relation_of_duckdb_has_the_rows():
    made = frame([{"a": 1, "b": "x"}, {"a": 2}], "duckdb")
    assert isinstance(made, duckdb.DuckDBPyRelation)
    assert made.fetchall() == [(1, "x"), (2, None)]


def test_rows_become_csv():
    rows = [{"a": 1, "b": 'say "hi", é'}, {"a": [1, {"k": None}], "c": True}, {"a": float("inf"), "b": "two\nlines"}]
    assert csv_text(rows) == 'a,b,c\n1,"say ""hi"", é",\n"[1,{""k"":null}]",,true\ninf,"two\nlines",\n'
    assert csv_text([1.5, None]) == 'value\n1.5\n""\n'
    assert csv_text([]) == ""


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)), max_size=5))
def test_cells_are_those_of_the_rows_whatever_keys_they_have(rows):
    names = list(dict.fromkeys(key for row in rows for key in row))
    assert cells_of([rows]) == {name: [row.get(name) for row in rows] for name in names}
