"""A filter on a column of Spark, with two processes of workers."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

import jq_magic
from tests.support import needs

needs("pyspark", "make clusters")

from pyspark.errors import PySparkException  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql.types import IntegerType  # noqa: E402

from jq_magic.spark import each, first, jq, with_jq  # noqa: E402

ROWS = ['{"a":1}', None, '{"a":"x"}', "bad", '{"a":[1]}']


@pytest.fixture(scope="module")
def frame():
    os.environ.update(PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    settings = {"spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1"}
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session.createDataFrame([(row, n) for n, row in enumerate(ROWS)], "payload string, n int").repartition(2)
    session.stop()


def cells(frame, name):
    return [row[name] for row in sorted(frame.collect(), key=lambda row: row["n"])]


def column(frame, *args, **options):
    return cells(frame.select("n", jq(*args, **options).alias("made")), "made")


def test_a_column_has_texts_or_the_type_that_is_wanted(frame):
    assert column(frame, "payload", ".a") == ["1", None, '"x"', None, "[1]"]
    assert column(frame, frame.payload, ".a", schema="string") == ["1", None, "x", None, "[1]"]
    assert column(frame, "payload", ".a", schema=IntegerType()) == [1, None, None, None, None]
    made = column(frame, "payload", "{t: (.a | type)}", schema="struct<t: string>")
    assert [row and row["t"] for row in made] == ["number", None, "string", None, "array"]


def test_failfast_ends_the_query_with_the_message(frame):
    with pytest.raises(PySparkException, match="InputError: the input is not JSON"):
        column(frame, "payload", ".a", mode="FAILFAST")
    with pytest.raises(Exception, match="MALFORMED_RECORD_IN_PARSING"):
        column(frame.where("n < 3"), "payload", ".a", schema="int", mode="FAILFAST")


def test_a_frame_has_fuel_and_errors_on_request(frame):
    made = with_jq(frame, ".a", column="payload", into="a", fuel="fuel", error="error")
    assert made.columns == ["payload", "n", "a", "fuel", "error"]
    assert cells(made, "a") == ["1", None, '"x"', None, "[1]"]
    assert [fuel > 0 for fuel in cells(made, "fuel")] == [True, False, True, True, True]
    assert [error and error.partition(":")[0] for error in cells(made, "error")] == [None] * 3 + ["InputError", None]


def test_malformed_rows_are_left_out(frame):
    made = with_jq(frame, ".a", column="payload", mode="DROPMALFORMED")
    assert cells(made, "jq") == ["1", None, '"x"', "[1]"]
    for schema in ("int", IntegerType()):
        typed = with_jq(frame, ".a", column="payload", into="payload", schema=schema, mode="DROPMALFORMED")
        assert cells(typed, "payload") == [1, None]


def test_limits_travel_and_mistakes_are_told_where_the_query_is_written(frame):
    limits = jq_magic.Limits(fuel=2_000_000)
    made = with_jq(frame, "[range(1e9)]", column="payload", limits=limits, error="error")
    assert cells(made, "error")[0].startswith("FuelError: ")
    with pytest.raises(jq_magic.ProgramError):
        jq("payload", ".a |")
    unknown: Any = "STRICT"
    with pytest.raises(jq_magic.DataError, match="mode is"):
        jq("payload", ".a", mode=unknown)
    with pytest.raises(jq_magic.DataError, match="with_jq"):
        jq("payload", ".a", mode="DROPMALFORMED")
    with pytest.raises(jq_magic.DataError, match="no column 'b'"):
        with_jq(frame, ".a", column="b")


def test_each_row_is_an_object_and_each_output_a_row(frame):
    program = jq_magic.compile("select(.payload != null) | .n, .n")
    made = each(frame, program)
    assert sorted(row["jq"] for row in made.collect()) == ["0", "0", "2", "2", "3", "3", "4", "4"]
    assert len(first(frame, 2, program)) == 2
    assert all(text.startswith('{"payload":') for text in first(frame, 2, program))
