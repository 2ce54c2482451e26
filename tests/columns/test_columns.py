"""A filter on a column of pandas, polars and DuckDB gives what `Program.map` gives, in each engine's own words."""

# mypy: disable-error-code=attr-defined
# An accessor is an attribute that its engine's types do not know.

from __future__ import annotations

import subprocess
import sys

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import jq_magic
import jq_magic.duckdb
import jq_magic.pandas
import jq_magic.polars
from tests.support import ROOT

TEXTS = ['{"a":1}', None, '{"a":[]}', "[1,", '{"b":2}', '{"a":"é"}']
NAMES = ['{"a":"x"}', None, '{"a":null}', "{}"]


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        jq_magic.duckdb.register(connection)
        yield connection


#: What each engine brings along.
BROUGHT = {"duckdb": {"pyarrow"}, "dask": {"pandas"}}


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb", "dask", "ray"])
def test_a_module_imports_no_engine_but_its_own(engine):
    others = {"pandas", "polars", "duckdb", "dask", "IPython"} - {engine} - BROUGHT.get(engine, set())
    code = f"import sys, jq_magic.{engine}; print(sorted({others!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    # pandas imports pyarrow by itself, where it is installed.
    assert done.stdout == "[]\n"


def test_a_series_of_pandas_keeps_index_name_and_what_is_missing():
    series = pd.Series(TEXTS, index=list("abcdef"), name="payload")
    made = series.jq(".a", errors="null")
    assert made.name == "payload"
    assert made.index.tolist() == list("abcdef")
    assert [value if isinstance(value, list) or pd.notna(value) else None for value in made] == [
        1, None, [], None, None, "é",
    ]  # fmt: skip


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
@pytest.mark.parametrize("dtype", [object, "string"])
def test_what_pandas_has_as_missing_does_not_run(missing, dtype):
    series = pd.Series(['{"a":1}', missing], dtype=dtype)
    assert series.jq('.a // "ran"', outputs="array").tolist()[0] == [1]
    assert pd.isna(series.jq('"ran"').tolist()[1])


def test_a_series_of_pandas_gets_the_type_of_its_values_or_the_one_that_is_wanted():
    series = pd.Series(['{"a":9007199254740993}', '{"a":2}'])
    assert series.jq(".a").dtype == "int64"
    assert series.jq(".a").tolist() == [9007199254740993, 2]
    assert series.jq(".a", dtype="float64").dtype == "float64"
    assert series.jq(".b").tolist() == [None, None]
    assert series.jq(".a", as_text=True, dtype="string").tolist() == ["9007199254740993", "2"]
    frame = pd.DataFrame({"payload": series})
    assert frame.payload.jq("$x", args={"x": 3}).tolist() == [3, 3]


def test_errors_of_pandas_stand_in_their_rows_or_are_raised_with_their_position():
    series = pd.Series(TEXTS, index=range(10, 16))
    kept = series.jq(".a", errors="keep")
    assert isinstance(kept[13], jq_magic.InputError)
    with pytest.raises(jq_magic.InputError, match="document 3") as raised:
        series.jq(".a")
    assert raised.value.document == 3


@pytest.mark.parametrize("values", [[1, 2], [True], pd.to_datetime(["2026-01-01"])])
def test_a_series_without_texts_has_no_jq_as_it_has_no_str(values):
    series = pd.Series(values)
    with pytest.raises(AttributeError, match=r"Can only use \.jq"):
        _ = series.jq
    with pytest.raises(AttributeError, match=r"Can only use \.str"):
        _ = series.str


def test_an_empty_series_stays_empty():
    assert pd.Series([], dtype=object).jq(".").tolist() == []
    assert pl.Series("a", [], pl.String).jq(".").to_list() == []


def test_polars_gives_json_texts_or_the_type_that_is_wanted():
    frame = pl.DataFrame({"payload": NAMES})
    assert frame.select(pl.col("payload").jq(".a")).to_series().to_list() == ['"x"', None, "null", "null"]
    assert frame.select(pl.col("payload").jq(".a", dtype=pl.String)).to_series().to_list() == ["x", None, None, None]
    struct = pl.Struct({"n": pl.Int64})
    made = frame["payload"].jq("{n: (.a | length)}", dtype=struct)
    assert made.dtype == struct
    assert made.name == "payload"
    assert made.to_list() == [{"n": 1}, None, {"n": 0}, {"n": 0}]


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_a_lazy_query_of_polars_runs_it_when_it_is_collected(engine):
    rows = [f'{{"a":{number}}}' for number in range(10_000)]
    query = pl.LazyFrame({"payload": rows}).with_columns(a=pl.col("payload").jq(".a", dtype=pl.Int64))
    query = query.filter(pl.col("a") % 1000 == 0)
    assert query.collect_schema()["a"] == pl.Int64
    assert query.collect(engine=engine)["a"].to_list() == list(range(0, 10_000, 1000))


def test_a_mistake_in_a_filter_is_told_where_the_query_is_written():
    with pytest.raises(jq_magic.ProgramError):
        pl.col("payload").jq(".a |")
    with pytest.raises(jq_magic.ProgramError):
        pd.Series(["1"]).jq(".a |")


def test_errors_of_polars_are_null_or_end_the_query():
    series = pl.Series("payload", TEXTS)
    assert series.jq(".a", errors="null").to_list() == ["1", None, "[]", None, "null", '"é"']
    with pytest.raises(jq_magic.InputError, match="document 3"):
        series.jq(".a")
    with pytest.raises(pl.exceptions.ComputeError, match="InputError: the input is not JSON"):
        series.to_frame().lazy().select(pl.col("payload").jq(".a")).collect()


def test_a_column_of_polars_cannot_keep_errors():
    for made in (pl.col("payload"), pl.Series(["1"])):
        with pytest.raises(jq_magic.DataError, match='errors is "raise" or "null"'):
            made.jq(".", errors="keep")


def test_a_compiled_program_brings_its_limits_and_takes_no_arguments():
    program = jq_magic.compile("[range(.)] | length", limits=jq_magic.Limits(fuel=2e6))
    assert pl.Series(["3"]).jq(program, dtype=pl.Int64).to_list() == [3]
    with pytest.raises(jq_magic.FuelError):
        pl.Series(["1e9"]).jq(program)
    with pytest.raises(jq_magic.DataError, match="arguments already"):
        pd.Series(["1"]).jq(program, args={"x": 1})


def test_duckdb_gives_json_texts_and_null_without_one(con):
    con.execute("create table t as select unnest(?) as payload", [NAMES])
    assert con.sql("select jq(payload, '.a') from t").fetchall() == [('"x"',), (None,), ("null",), ("null",)]
    assert con.sql("select jq(payload, 'empty') from t").fetchall() == [(None,)] * 4
    assert con.sql("select jq(payload, NULL) from t").fetchall() == [(None,)] * 4
    assert con.sql("select jq(payload, '.a') ->> '$' from t").fetchall() == [("x",), (None,), (None,), (None,)]


def test_try_jq_of_duckdb_is_null_where_jq_raises(con):
    con.execute("create table t as select unnest(?) as payload", [TEXTS])
    rows = con.sql("select try_jq(payload, '.a') from t").fetchall()
    assert rows == [("1",), (None,), ("[]",), (None,), ("null",), ('"é"',)]
    with pytest.raises(duckdb.Error, match="InputError: the input is not JSON"):
        con.sql("select jq(payload, '.a') from t").fetchall()
    for name in ("jq", "try_jq"):
        with pytest.raises(duckdb.Error, match="ProgramError"):
            con.sql(f"select {name}(payload, '.a |') from t").fetchall()


def test_programs_of_duckdb_can_be_a_column(con):
    pairs = [('{"a":1}', ".a"), ("[2]", ".[0]"), ('{"a":3}', ".a"), (None, ".a"), ("4", None)]
    con.execute("create table t (payload varchar, program varchar)")
    con.executemany("insert into t values (?, ?)", pairs)
    assert con.sql("select jq(payload, program) from t").fetchall() == [("1",), ("2",), ("3",), (None,), (None,)]


def test_many_rows_of_duckdb_come_back_in_their_places(con):
    rows = con.sql("select i, jq('{\"a\":' || i || '}', '.a')::int from range(20000) t(i)").fetchall()
    assert all(number == made for number, made in rows)
    assert len(rows) == 20_000


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_arrow_arrays_are_rows(kind):
    array = pa.array(["1", None, "[2]"], kind)
    program = jq_magic.compile("[.]")
    assert list(program.map(array)) == [[1], None, [[2]]]
    assert list(program.map(pa.chunked_array([array, array.slice(2)]))) == [[1], None, [[2]], [[2]]]


def test_arrow_arrays_of_values_and_bytes_are_rows():
    program = jq_magic.compile(".a? // .")
    assert list(program.map(pa.array([{"a": 1}, None]))) == [1, None]
    assert list(program.map(pa.array([b'{"a":2}', None]))) == [2, None]
    assert list(program.map(pa.array([5, None]))) == [5, None]
