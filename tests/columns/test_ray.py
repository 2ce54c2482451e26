"""What Ray Data calls with its batches gives them back with a column more, in the format in which they came.

It needs no Ray; tests/clusters has that.
"""

from __future__ import annotations

import pickle

import pandas as pd
import pyarrow as pa
import pytest

import jq_magic
from jq_magic.ray import jq

ROWS = ['{"a":1}', None, '{"a":"x"}', "bad"]


def batches():
    table = pa.table({"payload": ROWS})
    yield table
    yield {"payload": table["payload"].to_numpy()}
    yield table.to_pandas().set_axis([5, 6, 7, 8])


def plain(column):
    held = column.to_pylist() if isinstance(column, pa.ChunkedArray) else column.tolist()
    return [None if value is None or value != value else value for value in held]  # noqa: PLR0124


@pytest.mark.parametrize("place", range(3))
def test_a_batch_gets_texts_or_the_type_that_is_wanted(place):
    batch = list(batches())[place]
    made = pickle.loads(pickle.dumps(jq(".a", column="payload", errors="null", error="why")))(batch)
    assert type(made) is type(batch)
    assert plain(made["payload"]) == ROWS
    assert plain(made["jq"]) == ["1", None, '"x"', None]
    assert plain(made["why"])[:3] == [None, None, None]
    assert plain(made["why"])[3].startswith("InputError: ")
    if isinstance(made, pd.DataFrame):
        assert made.index.tolist() == [5, 6, 7, 8]
    typed = jq(".a", column="payload", into="n", dtype=pa.int64(), errors="null")(batch)
    assert plain(typed["n"]) == [1, None, None, None]


def test_an_output_that_the_type_does_not_hold_is_an_error():
    batch = pa.table({"payload": ['"x"', "99999999999999999999"]})
    for rows in (batch, batch.slice(1)):
        with pytest.raises(jq_magic.DataError, match="does not fit into the type int64"):
            jq(".", column="payload", dtype=pa.int64())(rows)


def test_a_column_that_is_absent_or_mixed_is_said():
    with pytest.raises(jq_magic.DataError, match="no column 'b'"):
        jq(".", column="b")({"payload": pd.Series(["1"]).to_numpy()})
    with pytest.raises(jq_magic.DataError, match="values of several types"):
        jq(".", column="a")({"a": pd.Series(["1", 2, object()], dtype=object).to_numpy()})
    with pytest.raises(jq_magic.ProgramError):
        jq(".a |", column="a")
