"""What a magic copies of a frame: the columns that the filter can reach with its arguments, and nothing else."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

ROWS = {"a": [1, 2], "long": ["x" * 10_000] * 2, "k": [3, 4]}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize(
    ("line", "text", "is_whole"),
    [
        ("frame .[].k", "3\n4\n", False),
        # An argument can be the name of a column.
        ("--arg key a frame .[][$key]", "1\n2\n", False),
        ("--argjson n 1 frame .[] | select(.a > $n) | .k", "4\n", False),
        ("--var least frame .[] | select(.a > $least) | .k", "4\n", False),
        ("--var least frame .[] | length + $least", "4\n4\n", True),
        ("-n --arg key a frame input | .[0][$key]", "1\n", False),
        # As text, a frame is its JSON.
        ("-R frame length > 20000", "true\n", True),
    ],
)
def test_of_a_frame_the_columns_are_copied_that_a_filter_reaches(jq_shell, make, line, text, is_whole):
    jq_shell.user_ns.update(frame=make(ROWS), least=1)
    result = jq_shell.go(f"%jq -c {line}")
    assert result.text == text
    assert (result.usage.input_bytes > 10_000) is is_whole
