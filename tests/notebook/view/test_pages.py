"""Pages of a result: what the view is told, and what a page cannot make the kernel do."""

from __future__ import annotations

import json
from typing import Any

import pytest

import jq_magic
from jq_magic.notebook.view import chart
from jq_magic.notebook.view import tree as document
from jq_magic.notebook.view.items import MISSING
from jq_magic.notebook.view.number import Number
from jq_magic.notebook.view.pages import Pages
from jq_magic.notebook.view.tree import Document, RequestError

USERS = (
    '{"name":"a","age":10,"in":{"x":1}}\n{"age":9.50,"name":null}\n{"name":"b","new key":12345678901234567890123456}\n'
)


def ask(pages, operation, **request):
    answer = pages.answer({"id": 7, "op": operation, **request})
    assert answer["id"] == 7
    return answer["ok"]


def refusal(pages, operation, **request):
    return pages.answer({"id": 7, "op": operation, **request})["error"]


def numbers(*texts):
    return [Number(text) for text in texts]


def test_children_come_in_pages_with_numbers_as_they_are_written():
    pages = Pages('[1.10,1E400,123456789012345678901234567890,"x",null,true,[],{"k":0}]\n')
    assert ask(pages, "open") == {"outputs": 1, "table": None, "open": [[[0], 8], [[0, 7], 1]]}
    found = ask(pages, "children", at=[0], **{"from": 0, "to": 500})["items"]
    assert [item["v"] for item in found[:6]] == ["1.10", "1E400", "123456789012345678901234567890", "x", "null", "true"]
    assert [item["t"] for item in found] == [
        "number", "number", "number", "string", "null", "boolean", "array", "object",
    ]  # fmt: skip
    assert found[7] == {"t": "object", "v": "k", "n": 1}
    assert ask(pages, "children", at=[0, 7], **{"from": 0, "to": 1})["items"] == [{"t": "number", "v": "0", "k": "k"}]
    assert len(ask(pages, "children", at=[0], **{"from": 6, "to": 500})["items"]) == 2


def test_a_long_string_or_key_is_cut_with_a_count():
    pages = Pages(json.dumps({"k" * 3000: "v" * 10_000_000}) + "\n")
    (item,) = ask(pages, "children", at=[0], **{"from": 0, "to": 1})["items"]
    assert (len(item["v"]), item["cut"]) == (400, 10_000_000 - 400)
    assert (len(item["k"]), item["keycut"]) == (400, 2600)
    assert "too many to copy" in refusal(pages, "value", at=[0])


def test_a_value_is_written_as_it_is_in_the_output():
    text = '{"a":[1.10,{"b":12345678901234567890123456}],"c":"\\u0000é"}'
    pages = Pages(text + "\n")
    assert ask(pages, "value", at=[0])["text"] == text
    assert ask(pages, "value", at=[0, 0, 1])["text"] == '{"b":12345678901234567890123456}'


def test_search_counts_keys_and_values_and_says_when_it_stopped(monkeypatch):
    pages = Pages(USERS)
    assert ask(pages, "search", text="NAME") == {"count": 3, "at": [[0, 0], [1, 1], [2, 0]], "whole": True}
    assert ask(pages, "search", text="9.5")["at"] == [[1, 0]]
    assert ask(pages, "search", text="no such")["count"] == 0
    monkeypatch.setattr(document, "PLACES", 1)
    assert len(ask(pages, "search", text="name")["at"]) == 1
    monkeypatch.setattr(document, "SEARCHED_VALUES", 3)
    assert ask(pages, "search", text="name") == {"count": 1, "at": [[0, 0]], "whole": False}


def test_objects_are_a_table_with_columns_in_first_seen_order():
    pages = Pages(USERS)
    shape = {"rows": 3, "columns": 4, "named": False, "across": False}
    assert ask(pages, "open")["table"] == shape
    window = ask(pages, "cells", **{"from": 0, "to": 50, "left": 0, "right": 4})
    assert [name["k"] for name in window["names"]] == ["name", "age", "in", "new key"]
    assert [[cell and cell["v"] for cell in row] for row in window["cells"]] == [
        ["a", "10", "x", None],
        ["null", "9.50", None, None],
        ["b", None, None, "12345678901234567890123456"],
    ]
    assert window["keys"][1] == [1, 0, -1, -1]
    assert ask(pages, "value", at=[*window["at"][1], window["keys"][1][1]])["text"] == "9.50"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('[{"a":1},{"a":2}]\n', 2),
        ('[{"a":1}]\n[{"b":2},{"a":3}]\n', 3),
        ('[{"a":1},2]\n', None),
        ('{"a":1}\n2\n', None),
        ("[]\n", None),
        ("", None),
    ],
)
def test_what_is_a_table(text, rows):
    table = Pages(text).table
    assert (table and len(table.rows)) == rows


@pytest.mark.parametrize("down", [False, True])
def test_a_table_is_sorted_as_jq_sorts_with_missing_last(down):
    rows = [{"a": 10}, {}, {"a": 9.5}, {"a": "x"}, {"a": None}, {"a": 10**400}, {"a": [1]}, {"a": False}]
    pages = Pages("".join(json.dumps(row) + "\n" for row in rows))
    window = ask(pages, "cells", **{"from": 0, "to": 8, "left": 0, "right": 1}, sort=[0, down])
    order = [place[0] for place in window["at"]]
    by_jq = jq_magic.first('[to_entries[] | select(.value | has("a"))] | sort_by(.value.a) | map(.key)', rows)
    assert order == [*(by_jq[::-1] if down else by_jq), 1]


HOSTILE_REQUESTS: list[Any] = [
    None, 7, "open", [], {}, {"op": "open"}, {"id": True, "op": "open"}, {"id": -1, "op": "open"},
    {"id": 1, "op": "__init__"}, {"id": 1, "op": ["open"]}, {"id": 1.5, "op": "open"}, {"id": 2**60, "op": "open"},
]  # fmt: skip


@pytest.mark.parametrize("request_", HOSTILE_REQUESTS)
def test_what_is_no_request_gets_no_answer(request_):
    assert Pages(USERS).answer(request_) is None


REFUSED = [
    ("children", {}),
    ("children", {"at": [0], "from": 0, "to": 501}),
    ("children", {"at": [0], "from": 5, "to": 4}),
    ("children", {"at": [0], "from": -1, "to": 4}),
    ("children", {"at": [0], "from": 0.0, "to": 4}),
    ("children", {"at": [-1], "from": 0, "to": 4}),
    ("children", {"at": ["0"], "from": 0, "to": 4}),
    ("children", {"at": [True], "from": 0, "to": 4}),
    ("children", {"at": [99], "from": 0, "to": 4}),
    ("children", {"at": [0, 0], "from": 0, "to": 4}),
    ("children", {"at": [0] * 20_000, "from": 0, "to": 4}),
    ("value", {"at": {"0": 0}}),
    ("search", {"text": ""}),
    ("search", {"text": "x" * 1001}),
    ("search", {"text": 7}),
    ("cells", {"from": 0, "to": 500, "left": 0, "right": 500}),
    ("cells", {"from": 0, "to": 5, "left": 0, "right": 5, "sort": [99, True]}),
    ("cells", {"from": 0, "to": 5, "left": 0, "right": 5, "sort": [0, 1]}),
    ("cells", {"from": 0, "to": 5, "left": 0, "right": 5, "sort": "name"}),
    ("chart", {"column": 99}),
    ("chart", {"column": -1}),
    ("chart", {"at": [0, 0]}),
]


@pytest.mark.parametrize(("operation", "request_"), REFUSED)
def test_a_page_that_asks_nonsense_is_told_so(operation, request_):
    pages = Pages(USERS)
    assert refusal(pages, operation, **request_)
    assert ask(pages, "open")["outputs"] == 3


def test_a_page_past_the_end_is_empty():
    pages = Pages(USERS)
    assert ask(pages, "children", at=[], **{"from": 2**53 - 400, "to": 2**53})["items"] == []
    assert ask(pages, "cells", **{"from": 2**50, "to": 2**50 + 5, "left": 2**50, "right": 2**50 + 5})["cells"] == []


def test_nesting_that_python_cannot_hold_is_said():
    assert "nests too deep" in refusal(Pages("[" * 100_000 + "]" * 100_000), "open")
    with pytest.raises(RequestError):
        Document("[" * 100_000)


def test_bins_hold_every_number_once():
    values = [float(number) for number in range(1000)]
    found = chart.bins(values)
    assert sum(size for _, _, size in found) == 1000
    assert (found[0][0], found[-1][1], len(found)) == (0.0, 999.0, 11)
    assert chart.bins([3.0, 3.0]) == [[3.0, 3.0, 2]]
    assert sum(size for _, _, size in chart.bins([-1.7e308, 0.0, 1.7e308])) == 3


def test_numbers_are_drawn_as_a_histogram_and_what_is_not_finite_is_counted():
    drawn = chart.draw([*numbers("1", "2", "3", "1E400"), None, MISSING])
    assert drawn["kind"] == "histogram"
    assert sum(size for _, _, size in drawn["bins"]) == 3
    assert drawn["left_out"] == 3


def test_texts_are_drawn_as_counts_and_the_rare_ones_together():
    drawn = chart.draw(["a"] * 3 + ["b"] * 2 + [True] + [f"rare {index}" for index in range(30)])
    assert drawn["bars"][:2] == [["a", 3], ["b", 2]]
    assert (len(drawn["bars"]), drawn["others"], drawn["others_count"]) == (20, 13, 13)


def test_numbers_beside_dates_are_drawn_as_a_line_in_time():
    rows = '{"at":"2020-01-02","v":2}\n{"at":"2020-01-01T00:00:00Z","v":1}\n{"at":null,"v":3}\n'
    drawn = ask(Pages(rows), "chart", column=1)
    assert (drawn["kind"], drawn["caption"]) == ("line", "by date; 1 value left out")
    assert [shape[1]["d"] for shape in drawn["shapes"] if shape[0] == "path"] == ["M64.0 212.0L548.0 10.0"]
    assert ask(Pages(rows), "chart", column=1, kind="histogram")["kind"] == "histogram"
    assert ask(Pages(rows), "chart", column=0, kind="bars")["kind"] == "bars"


def test_a_long_line_keeps_its_extremes():
    values = numbers(*(str(index % 997) for index in range(10_000)))
    dates = [f"{1000 + index // 10}-01-{index % 10 + 10:02}" for index in range(10_000)]
    drawn = chart.draw(values, dates)
    assert len(drawn["points"]) <= chart.POINTS
    assert {0, 996} <= {value for _, value in drawn["points"]}


def test_what_cannot_be_drawn_is_said():
    for values in ([], [None], [[1]], numbers("1E400")):
        with pytest.raises(RequestError):
            chart.draw(values)
