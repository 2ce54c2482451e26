"""What the modules of DuckDB, Spark and Ray share: a filter on a column of Arrow."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest

import jq_magic
from jq_magic import arrow
from jq_magic.column import ERRORS_OF_MODE, ColumnFilter

ROWS = ['{"a":1}', None, '{"a":"é"}', "[1,", "{}", '{"a":[1]}{"a":2}']
TEXTS = ["1", None, '"é"', None, "null", None]


def adding(errors="null", **names):
    return arrow.Adding(ColumnFilter.of(".a", None, errors=errors, can_keep=True), "payload", "made", **names)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary()])
def test_a_column_of_texts_gives_a_column_as_long(kind):
    rows = ColumnFilter.of(".a", None, errors="null")
    column = pa.array([None if row is None else row.encode() for row in ROWS]).cast(kind)
    for held in (column, pa.chunked_array([column]), column.slice(0), pa.array([], kind)):
        assert arrow.texts(rows, held) == pa.array(TEXTS[: len(held)], pa.string())
    assert arrow.texts(rows, column.slice(2, 3)).to_pylist() == TEXTS[2:5]


def test_bytes_that_are_no_text_are_an_error_of_their_row():
    hostile = pa.array([b'{"a":1}', b"\xff\xfe", b'{"a":"\xff"}', b"\xff\xfe{\x00}\x00", b"\x00", b'{"a":2}'])
    column = pa.Array.from_buffers(pa.string(), len(hostile), hostile.buffers())
    kept = ColumnFilter.of(".a", None, errors="keep", can_keep=True).listed(column)
    alone = jq_magic.compile(".a").map(hostile.to_pylist(), errors="keep", as_text=True)
    assert list(map(str, kept)) == list(map(str, alone))
    assert [type(one).__name__ for one in kept] == ["str", "NoneType", "str", "str", "InputError", "str"]


def test_a_batch_gets_a_column_and_keeps_the_others():
    batch = pa.record_batch({"payload": ROWS, "n": range(6)})
    for held in (batch, pa.Table.from_batches([batch])):
        made = adding().batch(held)
        assert type(made) is type(held)
        assert made.to_pydict() == {"payload": ROWS, "n": [*range(6)], "made": TEXTS}
    again = arrow.Adding(ColumnFilter.of(". * 2", None), "n", "n").batch(batch)
    assert again.to_pydict() == {"payload": ROWS, "n": ["0", "2", "4", "6", "8", "10"]}


def test_fuel_and_errors_are_columns_where_they_are_wanted():
    made = adding(fuel="fuel", error="error").batch(pa.record_batch({"payload": ROWS})).to_pydict()
    assert made["made"] == TEXTS
    assert [fuel > 0 for fuel in made["fuel"]] == [row is not None for row in ROWS]
    assert [error and error.partition(":")[0] for error in made["error"]] == [
        None, None, None, "InputError", None, "OutputLimitError",
    ]  # fmt: skip
    assert adding(fuel="fuel").batch(pa.record_batch({"payload": pa.array([], pa.string())})).num_rows == 0


def test_an_error_in_a_column_is_one_line_of_printable_characters():
    program = 'error("\\u001b[31m\\n" + "x" * 5000)'
    rows = ColumnFilter.of(program, None, errors="null")
    made = arrow.Adding(rows, "payload", "made", error="error").batch(pa.record_batch({"payload": ["1"]}))
    (error,) = made.to_pydict()["error"]
    assert error.isprintable()
    assert error.startswith("FilterError: ")
    assert len(error) <= 1_000


def test_malformed_rows_are_left_out():
    made = adding("keep", fuel="fuel").batch(pa.record_batch({"payload": ROWS}))
    assert made.to_pydict()["payload"] == ROWS[:3] + ROWS[4:5]
    assert made.to_pydict()["made"] == TEXTS[:3] + TEXTS[4:5]


def test_a_malformed_row_is_raised_without_a_number():
    with pytest.raises(jq_magic.InputError) as raised:
        adding("raise").batch(pa.record_batch({"payload": ROWS}))
    assert raised.value.document is None


@pytest.mark.parametrize("names", [["other"], ["payload", "payload"]])
def test_a_column_that_is_absent_or_there_twice_is_said(names):
    with pytest.raises(jq_magic.DataError, match="no column 'payload', or several"):
        adding().batch(pa.RecordBatch.from_arrays([pa.array(["1"])] * len(names), names))


def test_a_filter_of_a_column_travels_with_its_limits():
    limits = jq_magic.Limits(fuel=2_000_000)
    rows = pickle.loads(pickle.dumps(ColumnFilter.of("[range(.)] | length", None, limits=limits)))
    assert rows.listed(["3"]) == ["3"]
    with pytest.raises(jq_magic.FuelError):
        rows.listed(["1e9"])


def test_options_are_checked_where_the_query_is_written():
    assert sorted(ERRORS_OF_MODE) == ["DROPMALFORMED", "FAILFAST", "PERMISSIVE"]
    with pytest.raises(jq_magic.DataError, match='errors is "raise" or "null"'):
        ColumnFilter.of(".", None, errors="keep")
    with pytest.raises(jq_magic.DataError, match="outputs is"):
        ColumnFilter.of(".", None, outputs="all")
    with pytest.raises(jq_magic.ProgramError):
        ColumnFilter.of(".a |", None)
