"""A filter on a Series and on a bag of Dask, in threads and on a cluster of two processes."""

# mypy: disable-error-code=attr-defined

from __future__ import annotations

import os
import subprocess
import sys

import dask.bag as db
import dask.dataframe as dd
import pandas as pd
import pytest

import jq_magic
import jq_magic.dask
import jq_magic.pandas
from tests.support import ROOT

TEXTS = ['{"a":1}', None, '{"a":[]}', "[1,", '{"b":2}', '{"a":"é"}']


@pytest.fixture
def series():
    held = pd.Series(TEXTS, index=list("abcdef"), name="payload")
    return dd.from_pandas(held, npartitions=3, sort=False)


def plain(values):
    return [None if value is None or value is pd.NA or value != value else value for value in values]  # noqa: PLR0124


def test_a_series_gives_what_that_of_pandas_gives(series):
    made = series.jq(".a", errors="null")
    assert made.name == "payload"
    assert made.npartitions == 3
    computed = made.compute(scheduler="sync")
    assert computed.index.tolist() == list("abcdef")
    whole = pd.Series(TEXTS, name="payload").jq(".a", errors="null")
    assert plain(computed) == plain(whole) == [1, None, [], None, None, "é"]


def test_the_type_of_a_series_is_known_before_it_runs(series):
    texts = series.jq(".a", errors="null", as_text=True, dtype="string")
    assert texts.dtype == "string"
    assert plain(texts.compute(scheduler="sync")) == ["1", None, "[]", None, "null", '"é"']
    numbers = dd.from_pandas(pd.Series(["1", "2"]), npartitions=2).jq(". * 2", dtype="int64")
    assert numbers.dtype == "int64"
    assert numbers.sum().compute(scheduler="sync") == 6


def test_a_mistake_and_a_wrong_type_are_told_where_the_query_is_written(series):
    with pytest.raises(jq_magic.ProgramError):
        series.jq(".a |")
    with pytest.raises(jq_magic.ProgramError):
        jq_magic.dask.jq(".a |")
    with pytest.raises(AttributeError, match=r"Can only use \.jq"):
        _ = dd.from_pandas(pd.Series([1, 2]), npartitions=1).jq


def test_a_bag_gives_values_texts_or_errors():
    bag = db.from_sequence(TEXTS, npartitions=2)
    kept = bag.map_partitions(jq_magic.dask.jq(".a", errors="keep")).compute(scheduler="sync")
    assert isinstance(kept[3], jq_magic.InputError)
    assert kept[:3] == [1, None, []]
    texts = bag.map_partitions(jq_magic.dask.jq(".a", errors="null", as_text=True)).compute(scheduler="sync")
    assert texts == ["1", None, "[]", None, "null", '"é"']


@pytest.mark.slow
def test_workers_of_a_cluster_run_programs_and_give_back_their_errors():
    # In a process of its own: a cluster leaves threads and sockets to the end of the process.
    script = ROOT / "tests" / "columns" / "dask_cluster.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stdout.splitlines() == [
        "[1, None, [], 'é']", "InputError: the input is not JSON", "3", "FuelError 2000000",
    ], done.stderr  # fmt: skip
