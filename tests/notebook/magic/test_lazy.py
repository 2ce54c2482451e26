"""A magic on a data set that is lazy runs where the data are, row by row, and gives one of the same kind back."""

from __future__ import annotations

from typing import Any

import dask.bag as db
import dask.dataframe as dd
import pandas as pd
import polars as pl
import pytest
from IPython.core.error import UsageError

import jq_magic

ROWS: list[dict[str, Any]] = [{"n": number, "tags": "a" * (number % 3)} for number in range(100)]
FILTER = 'select(.n >= 10) | {n, t: (.tags / "" | .[])}'
OUTPUTS = [f'{{"n":{row["n"]},"t":"a"}}' for row in ROWS if row["n"] >= 10 for _ in row["tags"]]


@pytest.fixture
def sets():
    frame = pd.DataFrame(ROWS)
    return {
        "lf": pl.LazyFrame(ROWS),
        "ddf": dd.from_pandas(frame, npartitions=3),
        "bag": db.from_sequence(ROWS, npartitions=3),
        "series": dd.from_pandas(pd.Series([jq_magic.all("tojson", row)[0] for row in ROWS]), npartitions=3),
    }


def listed(name, made):
    if name == "lf":
        return made.collect()["jq"].to_list()
    computed = made.compute(scheduler="sync")
    return computed if name == "bag" else (computed["jq"] if name == "ddf" else computed).tolist()


@pytest.mark.parametrize("name", ["lf", "ddf", "bag", "series"])
def test_an_assignment_gives_a_set_of_the_same_kind(shell, sets, name):
    shell.user_ns.update(sets)
    shell.go(f"made = %jq {name} {FILTER}")
    made = shell.user_ns["made"]
    assert type(made) is type(sets[name])
    assert listed(name, made) == OUTPUTS
    shell.go(f"%%jq --out other --quiet {name}\n{FILTER}")
    assert listed(name, shell.user_ns["other"]) == OUTPUTS


@pytest.mark.parametrize("name", ["lf", "ddf", "bag", "series"])
def test_a_display_shows_the_first_rows_each_a_document(shell, sets, name):
    shell.user_ns.update(sets)
    shown = shell.go(f"%jq {name} {FILTER}")
    assert shown.text.splitlines() == [text for text in OUTPUTS if int(text[5:7]) < 20]
    assert "of the first 20 rows; --out NAME gives a" in repr(shown)
    with pytest.raises(jq_magic.FilterError, match="break"):
        shell.go(f"%jq {name} input")


def test_nothing_runs_before_the_set_does(shell):
    calls = []

    def note(frame):
        calls.append(len(frame))
        return frame

    shell.user_ns["lf"] = pl.LazyFrame(ROWS).map_batches(note, schema=pl.LazyFrame(ROWS).collect_schema())
    shell.go("made = %jq lf .n")
    assert calls == []
    assert shell.user_ns["made"].collect().height == 100
    assert calls


def test_limits_hold_for_each_row_and_mistakes_are_told_at_once(shell, sets):
    shell.user_ns.update(sets)
    with pytest.raises(jq_magic.ProgramError):
        shell.go("made = %jq lf .n |")
    shell.go("made = %jq --fuel 1e6 lf [range(1e9)]")
    with pytest.raises(pl.exceptions.ComputeError, match="FuelError"):
        shell.user_ns["made"].collect()
    shell.go("made = %jq --fuel 1e6 ddf [range(1e9)]")
    with pytest.raises(jq_magic.FuelError):
        shell.user_ns["made"].compute(scheduler="sync")
    shell.go("made = %jq --arg x 5 lf $x")
    assert set(shell.user_ns["made"].collect()["jq"]) == {'"5"'}


def test_rows_that_have_no_room_together_run_a_few_at_a_time(shell):
    shell.user_ns["lf"] = pl.LazyFrame({"t": ["x" * 1000] * 300})
    shell.go("made = %jq --input-limit 64KiB lf .t | length")
    assert shell.user_ns["made"].collect()["jq"].to_list() == ["1000"] * 300
    shell.go("made = %jq --input-limit 1000 lf .t | length")
    with pytest.raises(pl.exceptions.ComputeError, match="InputLimitError"):
        shell.user_ns["made"].collect()


@pytest.mark.parametrize("option", ["-s", "-R", "-n", "--stream", "--as csv", "--profile"])
def test_what_needs_all_rows_at_once_is_refused(shell, sets, option):
    shell.user_ns.update(sets)
    with pytest.raises(UsageError, match="collect it first"):
        shell.go(f"%jq {option} lf .n")
