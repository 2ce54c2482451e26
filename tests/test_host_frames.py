"""Frames are bounded before they are built: in cells, in fields of nested objects, in depth."""

from __future__ import annotations

import pytest

import jq_magic
from jq_magic.data import frames

FORMS = ("pandas", "polars", "arrow")


def nested(depth, leaf=1):
    value = leaf
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("form", FORMS)
def test_rows_with_a_key_of_their_own_each_make_no_frame(form):
    with pytest.raises(jq_magic.DataError, match="40,000 rows and 40,000 columns"):
        frames.frame([{f"k{row}": 1} for row in range(40_000)], form)


@pytest.mark.parametrize("form", FORMS)
def test_cells_at_the_bound_are_built_and_one_column_more_is_not(form, monkeypatch):
    rows = [{f"k{row}": 1} for row in range(10)]
    monkeypatch.setattr(frames, "MOST_CELLS", 100)
    assert len(frames.frame(rows, form)) == 10
    monkeypatch.setattr(frames, "MOST_CELLS", 99)
    with pytest.raises(jq_magic.DataError, match="10 rows and 10 columns"):
        frames.frame(rows, form)


@pytest.mark.parametrize("form", FORMS)
def test_a_table_that_is_filled_is_built_whatever_its_size(form, monkeypatch):
    monkeypatch.setattr(frames, "MOST_CELLS", 1)
    assert len(frames.frame([{"a": 1, "b": 2}, {"a": 3}] * 10, form)) == 20


def test_objects_in_a_column_with_a_key_of_their_own_each_are_kept_by_pandas_alone():
    rows = [{"c": {f"k{row}": 1}} for row in range(12_000)]
    for form in ("polars", "arrow"):
        with pytest.raises(jq_magic.DataError, match=r"column 'c' has 12,000 values.*144,000,000"):
            frames.frame(rows, form)
    assert len(frames.frame(rows, "pandas")) == 12_000


def test_fields_of_nested_objects_at_the_bound_are_built_and_one_more_is_not(monkeypatch):
    rows = [{"c": {f"k{row}": 1}} for row in range(10)]
    monkeypatch.setattr(frames, "MOST_CELLS", 100)
    assert len(frames.frame(rows, "arrow")) == 10
    monkeypatch.setattr(frames, "MOST_CELLS", 99)
    with pytest.raises(jq_magic.DataError, match="hold 100"):
        frames.frame(rows, "arrow")


def test_nesting_at_the_bound_is_built_and_one_level_more_is_not():
    assert len(frames.frame([{"c": nested(frames.MOST_NESTED)}], "arrow")) == 1
    for form in ("polars", "arrow"):
        with pytest.raises(jq_magic.DataError, match="nests more than 64 levels"):
            frames.frame([{"c": nested(frames.MOST_NESTED + 1)}], form)
    assert len(frames.frame([{"c": nested(400)}], "pandas")) == 1


def test_what_takes_polars_long_by_its_depth_is_refused(monkeypatch):
    rows = [{"c": nested(10)}] * 10
    monkeypatch.setattr(frames, "MOST_POLARS_WORK", 100 * 10**2)
    assert len(frames.frame(rows, "polars")) == 10
    monkeypatch.setattr(frames, "MOST_POLARS_WORK", 100 * 10**2 - 1)
    with pytest.raises(jq_magic.DataError, match="takes polars too long"):
        frames.frame(rows, "polars")
    assert len(frames.frame(rows, "arrow")) == 10
