"""Frames that the guest reads by their columns: what each type becomes, on every package that has it."""

from __future__ import annotations

import datetime
import json
import sys
import zoneinfo
from pathlib import Path
from typing import Any

import duckdb
import nanoarrow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jq_magic
from jq_magic.data import columns, encode, frames, inputs
from jq_magic.data.columns import block, zones
from jq_magic.data.refusals import Refused
from tests.data.examples import NAMES
from tests.data.test_values import ROWS as VALUES

ROWS = json.loads(Path(__file__).with_name("columns.json").read_text())
PACKAGES = ("pandas", "polars", "arrow", "duckdb")
CASES = [(row, package) for row in ROWS for package in PACKAGES if row[package] is not None]
HERE = {**NAMES, "zurich": zoneinfo.ZoneInfo("Europe/Zurich")}
ROOMY = jq_magic.PRESETS["generous"]


def held(row, package):
    """A frame whose only column, v, has the values of a row of the table."""
    if package == "duckdb":
        return duckdb.connect().sql(f"SELECT {row['duckdb']} AS v")
    column = eval(row[package], dict(HERE))
    if package == "arrow":
        return pa.table({"v": column})
    return pl.DataFrame({"v": column}) if package == "polars" else pd.DataFrame({"v": column})


def taken(value, **options) -> Any:
    return columns.of(value, **options)


def read(value, program=".", engine="magic", **options):
    return jq_magic.Sandbox(engine=engine).compile(program).run(inputs.value_input(value, **options)).text


@pytest.mark.parametrize(("row", "package"), CASES, ids=[f"{row['type']}-{package}" for row, package in CASES])
def test_a_column_becomes_what_the_table_says(row, package):
    frame = held(row, package)
    assert taken(frame) is not None
    assert read(held(row, package), "map(.v)") == row["json"] + "\n"


#: Types whose JSON does not say what they were.
ONE_WAY = {"decimals", "maps"}


@pytest.mark.parametrize(("row", "package"), [case for case in CASES if case[0]["type"] not in ONE_WAY])
def test_what_comes_out_of_a_frame_makes_the_same_frame_again(row, package):
    result = jq_magic.compile(".").run(taken(held(row, package)))
    if package == "duckdb":
        made = frames.frame(result.values, "duckdb")
    else:
        made = {"pandas": result.to_pandas, "polars": result.to_polars, "arrow": result.to_arrow}[package]()
    assert read(made, "map(.v)") == row["json"] + "\n"


#: Values that columns have and the text of `values.json` has not.
LARGER = {
    'pl.Series([10**15]).cast(pl.Datetime("ms", "UTC"))',
    'pa.table({"a": [1]}).to_reader()',
}
MESSAGES = {'pa.array([[("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int64()))': "row 0 with one key twice"}


@pytest.mark.filterwarnings("ignore:the labels of a DataFrame")
@pytest.mark.parametrize("row", [row for row in VALUES if row["value"] not in LARGER], ids=lambda row: row["value"])
def test_a_frame_becomes_by_its_columns_what_it_becomes_as_a_value(row):
    value = eval(row["value"], dict(NAMES))
    program = jq_magic.compile(".")
    if row["value"] in MESSAGES:
        with pytest.raises(jq_magic.InputError, match=MESSAGES[row["value"]]):
            program.run(taken(value))
    elif "error" in row:
        with pytest.raises(jq_magic.DataError) as raised:
            inputs.value_input(value)
        assert str(raised.value).endswith(row["error"])
    else:
        assert program.run(inputs.value_input(value)).text == program.run(row["json"]).text


@pytest.mark.parametrize("engine", jq_magic.engines())
def test_every_engine_reads_the_same_frame(engine):
    frame = pl.DataFrame({"a": [1, None], "b": ["x", "y"], "c": [[1.5], []]})
    assert read(frame, ".[] | [.a, .b, .c]", engine) == '[1,"x",[1.5]]\n[null,"y",[]]\n'


def test_the_fuel_is_the_same_on_every_runtime_and_in_every_run(runtime):
    frame = pl.DataFrame({"a": range(1_000), "b": [f"name {row}" for row in range(1_000)]})
    program = jq_magic.compile("map(.a) | add", runtime=runtime)
    here = [program.run(taken(frame)).usage for _ in range(2)]
    there = jq_magic.compile("map(.a) | add").run(taken(frame)).usage
    assert {usage.fuel for usage in (*here, there)} == {there.fuel}
    assert there.input_bytes == len(taken(frame))


def test_nan_is_a_number_where_a_null_says_what_is_missing():
    program = "map(.v | if . == null then 0 elif isnan then 1 else 2 end)"
    nan = float("nan")
    assert read(pl.DataFrame({"v": [1.5, nan, None]}), program) == "[2,1,0]\n"
    assert read(pa.table({"v": [1.5, nan, None]}), program) == "[2,1,0]\n"
    assert read(pd.DataFrame({"v": [1.5, nan, None]}), program) == "[2,0,0]\n"
    assert (
        read(
            pd.DataFrame({"v": pd.arrays.FloatingArray(np.array([1.5, nan, 0]), np.array([False, False, True]))}),
            program,
        )
        == "[2,1,0]\n"
    )


def test_an_infinity_is_one():
    assert read(pl.DataFrame({"v": [float("inf"), -float("inf")]}), "map(.v | isinfinite)") == "[true,true]\n"


def test_an_index_that_counts_the_rows_comes_along_when_it_is_asked_for():
    frame = pd.DataFrame({"a": ["x", "y"]})
    assert read(frame, index=True) == '[{"index":0,"a":"x"},{"index":1,"a":"y"}]\n'
    assert read(frame.a, index=True) == '[{"index":0,"a":"x"},{"index":1,"a":"y"}]\n'
    assert read(frame) == '[{"a":"x"},{"a":"y"}]\n'


def test_frames_without_rows_or_columns_are_arrays():
    assert read(pl.DataFrame({"a": []})) == "[]\n"
    assert read(pd.DataFrame(index=range(2))) == "[{},{}]\n"
    assert read(pl.DataFrame({"a": [1]}), "length") == "1\n"


def test_rows_of_several_chunks_and_slices_are_read_in_order():
    table = pa.chunked_array([["a", None], [], ["c", "d"]])
    assert read(pa.table({"v": table})[1:], "map(.v)") == '[null,"c","d"]\n'
    nested = pa.table({"v": [[{"x": [1]}], [], [{"x": [2, 3]}, None]], "b": [True, None, False]})
    assert read(nested[2:]) == '[{"v":[{"x":[2,3]},null],"b":false}]\n'
    for start in range(20):
        frame = pl.DataFrame({"v": [row % 3 == 0 or None for row in range(20)]})
        assert json.loads(read(frame[start:], "map(.v)")) == frame["v"].to_list()[start:]


CELLS = st.none() | st.integers(-(2**63), 2**63 - 1)
FRAMES = st.fixed_dictionaries({
    "i": CELLS,
    "f": st.none() | st.floats(allow_nan=False, allow_infinity=False),
    "s": st.none() | st.text(),
    "b": st.none() | st.booleans(),
    "l": st.none() | st.lists(st.none() | st.text(max_size=20), max_size=3),
    "o": st.none() | st.fixed_dictionaries({"x": CELLS, "y": st.lists(st.booleans(), max_size=9)}),
    "t": st.none() | st.datetimes(),
    "d": st.none() | st.dates(),
})  # fmt: skip
SCHEMA = pa.schema([
    ("i", pa.int64()), ("f", pa.float64()), ("s", pa.string()), ("b", pa.bool_()), ("l", pa.list_(pa.string())),
    ("o", pa.struct([("x", pa.int64()), ("y", pa.list_(pa.bool_()))])), ("t", pa.timestamp("us")), ("d", pa.date32()),
])  # fmt: skip
ROWS_JQ = jq_magic.compile(".", limits=ROOMY)


@given(rows=st.lists(FRAMES, max_size=12), data=st.data())
@settings(max_examples=60, deadline=None)
def test_drawn_tables_become_what_their_rows_become(rows, data):
    start = data.draw(st.integers(0, len(rows)))
    table = pa.Table.from_pylist(rows, SCHEMA).slice(start)
    chunked = pa.concat_tables([table.slice(0, 2), table.slice(2)])
    wanted = ROWS_JQ.run(encode.value_to_json(rows[start:])).values
    for frame in (table, chunked, pl.DataFrame(table)):
        assert ROWS_JQ.run(taken(frame)).values == wanted


@pytest.mark.parametrize(
    "zone", ["Europe/Zurich", "America/New_York", "Africa/Casablanca", "Asia/Kolkata", "Pacific/Apia"]
)
def test_offsets_of_zones_are_those_that_python_has(zone):
    begin = datetime.datetime(1880, 1, 1)  # noqa: DTZ001 - UTC is said below
    stamps = [begin + datetime.timedelta(hours=997 * step) for step in range(1_500)]
    frame = pl.DataFrame({"v": pl.Series(stamps).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)})
    wanted = [stamp.replace(tzinfo=datetime.timezone.utc).astimezone(zoneinfo.ZoneInfo(zone)) for stamp in stamps]
    made = json.loads(read(frame, "map(.v)"))
    assert made == [
        f"{text[:-6]}Z" if text.endswith("+00:00") else text for text in map(datetime.datetime.isoformat, wanted)
    ]


def test_zones_are_named_or_offsets():
    assert zones.named("+05:30").utcoffset(None) == datetime.timedelta(hours=5, minutes=30)
    assert zones.named("-0800").utcoffset(None) == -datetime.timedelta(hours=8)
    for name in ("Nowhere/Here", "+99:00", "../../etc/passwd", ""):
        with pytest.raises(Refused, match="not known here"):
            zones.named(name)


def test_bytes_that_are_copied_are_limited_at_the_edge_and_past_it():
    frame = pl.DataFrame({"v": range(1_000)})
    used = len(taken(frame))
    program = jq_magic.compile("length")
    assert program.run(taken(frame), limits=jq_magic.Limits(input_bytes=used)).values == [1_000]
    with pytest.raises(jq_magic.InputLimitError) as raised:
        program.run(taken(frame), limits=jq_magic.Limits(input_bytes=used - 1))
    assert (raised.value.used, raised.value.allowed) == (used, used - 1)


@pytest.mark.parametrize("package", ["pandas", "arrow"])
def test_no_more_is_read_than_may_be_copied(package):
    frame = pd.DataFrame({"v": range(1_000)})
    if package == "arrow":
        frame = pa.Table.from_pandas(frame).to_reader(max_chunksize=10)
    with pytest.raises(jq_magic.InputLimitError):
        taken(frame, most_bytes=7_999)
    if package == "arrow":
        # What comes after the chunk that was too much was not taken.
        frame = pa.table({"v": range(1_000)}).to_reader(max_chunksize=10)
        with pytest.raises(jq_magic.InputLimitError):
            taken(frame, most_bytes=100)
        assert frame.read_all().num_rows == 990


def test_a_table_that_stands_for_more_rows_than_memory_holds_meets_a_limit():
    made = block.Columns(block.Field(block.Kind.NULL), [block.Column(2**31)])
    with pytest.raises(jq_magic.MemoryLimitError):
        jq_magic.compile("length").run(made)


def test_nesting_counts_as_in_a_text():
    def nested(levels):
        column = pa.array([1])
        for _ in range(levels):
            column = pa.ListArray.from_arrays([0, 1], column)
        return taken(column)

    program = jq_magic.compile("[..] | length")
    limits = jq_magic.Limits(depth=10)
    assert program.run(nested(9), limits=limits).values == [11]
    with pytest.raises(jq_magic.InputLimitError, match="deeper than allowed"):
        program.run(nested(10), limits=limits)


@pytest.mark.parametrize("offsets", [[0, 2, 1], [0, 5], [0, -1]])
def test_offsets_that_lead_astray_are_a_typed_error(offsets):
    buffer = np.array(offsets, dtype="<i4").tobytes()
    field = block.Field(block.Kind.TEXT, 4, name="text")
    made = block.Columns(field, [block.Column(len(offsets) - 1, 0, (b"", buffer, b"ab"))])
    with pytest.raises(
        jq_magic.InputError, match=r"columns of the input cannot be read: the column 'text' has offsets"
    ):
        jq_magic.compile("length").run(made)


def test_what_nanoarrow_finds_wrong_is_a_typed_error():
    class Broken:
        def __arrow_c_array__(self, requested_schema=None):
            array = nanoarrow.c_array_from_buffers(
                nanoarrow.string(), 2, [None, np.array([0, 9, 1], "i4"), b"ab"], validation_level="none"
            )
            return array.__arrow_c_array__()

    with pytest.raises((jq_magic.DataError, jq_magic.InputError), match=r"cannot be read|run backwards"):
        read(Broken())


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_change_of_the_columns_ends_in_a_value_or_a_typed_error(data):
    frame = pl.DataFrame(
        {
            "a": [1, None],
            "b": ["x", "longer than a view"],
            "c": [[1], []],
            "d": pl.Series(["u", "u"], dtype=pl.Categorical),
        }
    )
    honest = bytearray(bytes(taken(frame)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(honest) - 1))
        honest[at] = data.draw(st.integers(0, 255))

    class Lying(block.Columns):
        def __init__(self):
            self.pieces, self._end = [(0, honest)], len(honest)

    limits = jq_magic.Limits(fuel=10**8, memory_bytes=64 << 20)
    ended = None
    try:
        jq_magic.compile(".").run(Lying(), limits=limits)
    except jq_magic.JqMagicError as error:
        ended = error
    assert not isinstance(ended, jq_magic.GuestError)


def test_without_nanoarrow_frames_travel_as_text(monkeypatch):
    from jq_magic.data.columns import from_arrow

    monkeypatch.setattr(from_arrow, "nanoarrow", None)
    frame = pl.DataFrame({"a": [1, None]})
    assert taken(frame) is None
    assert read(frame) == '[{"a":1},{"a":null}]\n'
    assert taken(pd.DataFrame({"a": [1], "s": ["x"]})) is not None


def test_pandas_needs_no_pyarrow(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, None], "t": pd.to_datetime(["2024-01-02", None])})
    frame["c"] = pd.Categorical([3, 4])
    assert read(frame) == ('[{"a":1,"b":0.5,"t":"2024-01-02T00:00:00","c":3},{"a":2,"b":null,"t":null,"c":4}]\n')


@pytest.mark.parametrize("package", [pl.DataFrame, pd.DataFrame, pa.table])
@pytest.mark.parametrize("needs", [set(), {"b"}, {"c", "a"}, {"absent"}])
def test_only_the_columns_that_are_needed_are_copied(package, needs):
    held = {"a": [1, None, 3], "b": [["x"], [], ["y"]], "c": [{"d": 1}] * 3}
    made = taken(package(held), needs=needs)
    rows = [dict(zip(held, row, strict=True)) for row in zip(*held.values(), strict=True)]
    wanted = [{name: cell for name, cell in row.items() if name in needs} for row in rows]
    program = jq_magic.compile("., length")
    if package is pd.DataFrame:
        # pandas makes floats of integers beside what is missing.
        wanted = [{**row, **({"a": row["a"] and float(row["a"])} if "a" in row else {})} for row in wanted]
    assert program.run(made).values == [wanted, 3]


def test_what_is_not_needed_takes_no_bytes_whatever_its_type():
    frame = pl.DataFrame({"a": [1] * 1_000, "o": pl.Series([object()] * 1_000, dtype=pl.Object)})
    assert columns.of(frame) is None
    assert len(taken(frame, needs=())) < 300
    assert jq_magic.compile("length").run(taken(frame, needs=())).values == [1_000]


@pytest.mark.parametrize("package", [pl.DataFrame, pd.DataFrame, pa.table])
@pytest.mark.parametrize("program", [
    "length", ".[0].a", ".[1].c.d?", "map(.b | length) | add", ".[] | select(.a == 3) | {a, c}", "map(keys)",
    "map(.absent)", "map(.a.x)", "sort_by(.b) | map(.a)", ".[-1]", "[.[] | .b[0]]", "map(length)", ".[] |= .a",
    "group_by(.c) | map(length)", "[.[].a] | tojson", "try error catch length", ".[0] | to_entries", "map([.a, .c])",
    'map(has("b"))', "any(.b == [])",
])  # fmt: skip
def test_a_frame_whose_columns_are_not_all_copied_gives_what_the_whole_frame_gives(package, program):
    frame = package({"a": [1, 2, 3], "b": [["x"], [], ["y"]], "c": [{"d": 1}] * 3})
    compiled = jq_magic.compile(program)

    def end(run):
        try:
            return run()
        except jq_magic.FilterError as error:
            return str(error)

    assert end(compiled.input_value(frame).text) == end(lambda: compiled.run(taken(frame)).text.removesuffix("\n"))


def test_an_input_is_as_large_as_the_columns_that_the_program_reaches():
    frame = pl.DataFrame(
        {"a": [1] * 1_000, "b": ["b" * 100] * 1_000, "o": pl.Series([object()] * 1_000, dtype=pl.Object)}
    )
    roomy = jq_magic.Limits(input_bytes=10_000)
    assert jq_magic.compile("map(.a) | add", limits=roomy).input_value(frame).all() == [1_000]
    with pytest.raises(jq_magic.InputLimitError):
        jq_magic.compile("map(.b) | add", limits=roomy).input_value(frame)


def test_a_limit_that_is_too_low_to_find_the_columns_is_told_by_the_run():
    frame = pl.DataFrame({"a": [1, 2], "b": [3, 4]})
    with pytest.raises(jq_magic.OutputLimitError):
        jq_magic.compile("map(.a)", limits=jq_magic.Limits(output_bytes=4)).input_value(frame).all()
    assert jq_magic.compile("length", limits=jq_magic.Limits(output_bytes=4)).input_value(frame).all() == [2]
