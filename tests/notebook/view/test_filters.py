"""Which rows a filter shows, what a profile says of a column, and what is copied."""

from __future__ import annotations

import ast
import csv
import io
import json

import pytest

from jq_magic.notebook.view import copied, filtering, filters, items, plot, profile
from jq_magic.notebook.view.pages import FIRST_CHARS, Pages
from jq_magic.notebook.view.tree import WRITTEN_CHARS
from tests.notebook.answers import ask, refusal, span

ROWS = [
    {"day": "2020-01-01T00:00:00", "n": 1, "who": "Ada"},
    {"day": "2020-01-02T00:00:00", "n": 2.5, "who": "Bob"},
    {"day": "2020-01-03T00:00:00", "n": None, "who": "ada"},
    {"n": 10, "who": ["Ada"]},
]


def pages(values):
    return Pages("".join(json.dumps(value) + "\n" for value in values))


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ([{"text": "ADA"}], [0, 2]),
        ([{"column": 2, "text": "b"}], [1]),
        ([{"column": 2, "label": "Ada"}], [0]),
        ([{"column": 1, "low": 1, "high": 10}], [0, 1, 3]),
        ([{"column": 1, "low": 1, "high": 10, "open": True}], [0, 1]),
        ([{"column": 0, "low": 1577923200000}], [1, 2]),
        ([{"column": 1, "low": 2}, {"text": "bob"}], [1]),
        ([], [0, 1, 2, 3]),
    ],
)
def test_rows_that_meet_all_conditions_are_shown(where, rows):
    window = ask(pages(ROWS), "cells", **span(0, 9), where=where)
    assert window["labels"] == rows
    assert (window["rows"], window["looked"]) == (len(rows), len(ROWS))


def test_a_filter_goes_on_with_the_next_request(monkeypatch):
    view = pages({"a": number} for number in range(100))
    monkeypatch.setattr(filtering, "LOOKED_CELLS", 60)
    wanted = {"where": [{"column": 0, "low": 20}], "sort": [0, True]}
    windows = [ask(view, "cells", **span(0, 5), **wanted) for _ in range(5)]
    assert [window["looked"] for window in windows] == [30, 60, 90, 100, 100]
    assert [window["rows"] for window in windows] == [10, 40, 70, 80, 80]
    # Only when all rows were looked at, they are in order.
    assert windows[0]["labels"][0] == 20
    assert windows[-1]["labels"][0] == 99


@pytest.mark.parametrize(
    "where",
    [
        7,
        [7],
        [{}],
        [{"text": ""}],
        [{"text": "x" * (filters.WANTED_CHARS + 1)}],
        [{"column": -1}],
        [{"column": True}],
        [{"column": 99}],
        [{"column": 0, "low": "1"}],
        [{"column": 0, "low": float("nan")}],
        [{"column": 0, "low": 10**400}],
        [{"text": "x"}] * (filters.CONDITIONS + 1),
    ],
)
def test_a_filter_that_is_none_is_refused(where):
    assert refusal(pages(ROWS), "cells", **span(0, 9), where=where)


def test_a_profile_says_what_a_column_holds(monkeypatch):
    days, numbers, names = ask(pages(ROWS), "profile", left=0, right=3)["columns"]
    assert (days["type"], days["days"], days["missing"]) == ("date", True, 1)
    assert (numbers["type"], numbers["missing"]) == ("number", 1)
    assert sum(size for _, _, size in numbers["bins"]) == 3
    assert names["type"] == "string or array"
    (texts,) = ask(pages({"a": "xyxx"[i % 4]} for i in range(40)), "profile", left=0, right=1)["columns"]
    assert texts["top"] == [["x", 30], ["y", 10]]
    monkeypatch.setattr(profile, "SAMPLED_ROWS", 10)
    sampled = ask(pages({"a": i} for i in range(35)), "profile", left=0, right=1)
    assert (sampled["sampled"], sampled["rows"]) == (9, 35)
    assert "entries at most" in refusal(pages(ROWS), "profile", left=0, right=profile.PROFILED + 1)


def test_members_of_an_object_are_rows_and_what_shares_no_key_is_no_table():
    named = pages([{"a": {"n": 1}, "b": {"n": 2}}])
    assert ask(named, "open")["table"] == {"rows": 2, "columns": 1, "named": True, "across": False}
    window = ask(named, "cells", **span(0, 9), sort=[0, True])
    assert (window["labels"], window["at"]) == ([{"k": "b"}, {"k": "a"}], [[0, 1], [0, 0]])
    assert ask(named, "copy", **{"as": "csv"})["text"] == "key,n\na,1\nb,2\n"
    assert ask(pages([{"a": 1}, {"b": 1}]), "open")["table"] is None


def test_what_fits_is_open_and_levels_are_bounded():
    assert ask(pages([{"a": [1, 2], "b": list(range(20))}]), "open")["open"] == [[[0], 2], [[0, 0], 2]]
    assert ask(pages([list(range(20))]), "open")["open"] == [[[0], 20]]
    assert ask(pages([{"a": {"b": {}}}]), "levels", level=1)["open"] == [[[0], 1]]
    many = ask(pages([[[number] for number in range(3_000)]]), "levels", level=9)["open"]
    assert len(many) == 1
    assert ask(pages([7]), "open")["scalar"] == {"t": "number", "v": "7"}


def test_values_are_copied_as_csv_and_as_python(monkeypatch):
    view = pages(ROWS)
    lines = list(
        csv.reader(io.StringIO(ask(view, "copy", **{"as": "csv"}, where=[{"text": "a"}], sort=[1, True])["text"]))
    )
    assert lines[0] == ["day", "n", "who"]
    assert [line[2] for line in lines[1:]] == ["Ada", "ada"]
    assert ast.literal_eval(ask(view, "copy", at=[2], **{"as": "python"})["text"]) == ROWS[2]
    assert ask(pages([[[1, "a,b"], 2]]), "copy", at=[0], **{"as": "csv"})["text"] == '1,"a,b"\n2\n'
    assert "csv or python" in refusal(view, "copy", at=[0], **{"as": "xml"})
    monkeypatch.setattr(copied, "COPIED_CELLS", 11)
    assert "too many to copy" in refusal(view, "copy", **{"as": "csv"})
    monkeypatch.setattr(copied, "WRITTEN_CHARS", 8)
    assert "too long" in refusal(view, "copy", at=[0], **{"as": "python"})
    assert WRITTEN_CHARS == 8 << 20


def test_the_first_answers_are_those_of_the_requests_and_bounded():
    view = pages(ROWS)
    for request, answer in view.first():
        assert view.answer({"id": 1, **request})["ok"] == answer
    large = pages([{f"{column}": "x" * 300 for column in range(20)}] * 50)
    assert [request["op"] for request, _ in large.first()] == ["open"]
    assert len(json.dumps(pages([list(range(10**5))]).first())) < FIRST_CHARS


def test_a_chart_is_chosen_by_the_shape_of_the_data():
    grouped = pages([{"w": "sun", "n": 3, "m": 1}, {"w": "fog", "n": -2, "m": 2}])
    bars = ask(grouped, "chart", column=1)
    assert (bars["kind"], bars["caption"], bars["kinds"]) == ("numbers", "by w", ["numbers", "scatter", "histogram"])
    assert ask(grouped, "chart", column=0)["kind"] == "numbers"
    points = ask(grouped, "chart", column=1, kind="scatter")
    assert (points["kind"], points["by_column"], points["columns"]) == ("scatter", 2, [[2, "m"]])
    named = ask(pages([{"sun": 3, "fog": 1}]), "chart", at=[0], width=10**6)
    assert (named["kind"], named["width"]) == ("numbers", 2_000)
    assert ask(pages([{"w": "ab"[i % 2], "n": i} for i in range(99)]), "chart", column=1)["kind"] == "histogram"
    assert "a chart is one of" in refusal(grouped, "chart", column=1, kind="pie")
    assert plot.KINDS


def test_a_chart_shows_the_rows_that_a_filter_leaves(monkeypatch):
    monkeypatch.setattr(items, "LONG_BYTES", 1)
    rows = [{"w": f"w{i % 3}", "n": i, "d": f"2020-01-{i + 1:02}"} for i in range(30)]
    where = [{"column": 1, "low": 10, "high": 12}]
    for view in (pages(rows), pages([rows])):
        line = ask(view, "chart", column=1, where=where)
        assert (line["kind"], line["caption"]) == ("line", "by date; 3 of 30 rows")
        bars = ask(view, "chart", column=1, by=0, kind="numbers", where=where)
        assert bars["caption"] == "by w; 3 of 30 rows"
        assert [text for tag, _, text, _ in bars["shapes"] if tag == "text"][:6:2] == ["w1", "w2", "w0"]
        assert "nothing to draw" in refusal(view, "chart", column=1, where=[{"text": "no such text"}])
    named = pages([{f"k{i}": {"n": i} for i in range(60)}])
    bars = ask(named, "chart", column=0, where=[{"column": 0, "low": 58, "high": 59}])
    assert bars["caption"] == "by key; 2 of 60 rows"
