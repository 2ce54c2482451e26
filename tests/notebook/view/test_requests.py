"""What a page can ask and write: every request has an answer, an error or nothing, and bounded work."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jq_magic.notebook.view import pages, plot, table, tree
from jq_magic.notebook.view.pages import Pages
from tests.notebook.answers import ask, check, span

OPERATIONS = ("open", "children", "value", "search", "cells", "chart", "profile", "levels", "copy")
#: Documents whose shapes reach every answer: a table, nested values, dates, numbers at the edges, and what is no JSON.
DOCUMENTS = (
    '{"name":"a","age":10,"in":{"x":1}}\n{"age":9.50,"name":null}\n',
    '[[[[1,2,{"a":[[],{}]}]]],"text",null,true,1E400,-0,1e-5]\n',
    '{"d":"0001-01-01T00:00:00+14:00","v":1}\n{"d":"9999-12-31T23:59:59.999999","v":2}\n{"d":"2020-01-01","v":3}\n',
    '{"v":1.7976931348623157e308,"w":5e-324}\n{"v":-1.7976931348623157e308,"w":0}\n{"v":1' + "0" * 5000 + "}\n",
    '{"\\u0001\\ud800\\ufffe":"\\u0000\\udfff","":""}\n',
    '[{"a":1},{"b":2}]\n[{"a":3}]\n',
    "",
    "\n\n",
    "[1,",
    "NaN\n",
    "[" * 20_000,
)
#: A long table, a long array and a wide row.
LONG = [
    Pages('{"a":1,"b":[1],"d":"2020-01-01"}\n' * 5_000),
    Pages(f"[{','.join(map(str, range(5_000)))}]\n"),
    Pages(json.dumps({f"c{number}": number for number in range(3_000)}) + "\n"),
]

wholes = st.one_of(st.integers(-3, 600), st.sampled_from([2**31, 2**53, 2**53 + 1, 2**64, -(2**64), 10**400]))
members = st.recursive(
    st.one_of(st.none(), st.booleans(), wholes, st.floats(), st.text(max_size=20), st.characters(categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
#: What a page of ours sends more often than not, so that requests get past the first checks.
near = st.one_of(st.integers(0, 9), st.integers(0, 600), wholes, members)
places = st.lists(st.integers(0, 2), max_size=3)
ends = st.floats() | near
conditions = st.fixed_dictionaries(
    {},
    optional={
        "column": near,
        "text": st.text(max_size=3) | members,
        "label": st.text(max_size=3) | members,
        "low": ends,
        "high": ends,
        "open": st.booleans(),
    },
)
requests = st.fixed_dictionaries(
    {"id": st.integers(0, 2**53), "op": st.sampled_from(OPERATIONS)},
    optional={
        "at": places | members,
        "from": near,
        "to": near,
        "left": near,
        "right": near,
        "sort": st.tuples(near, st.booleans()).map(list) | members,
        "text": st.text(max_size=5) | members,
        "column": near,
        "by": near,
        "kind": st.sampled_from(plot.KINDS) | members,
        "width": near,
        "level": near,
        "as": st.sampled_from(["csv", "python"]) | members,
        "where": st.lists(conditions | members, max_size=9) | members,
    },
)
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
        st.dates().map(str),
        st.datetimes(timezones=st.timezones()).map(lambda when: when.isoformat()),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd\x01"), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(request=requests)
def test_any_members_of_a_request_have_an_answer_or_an_error(request):
    for text in DOCUMENTS:
        answer = Pages(text).answer(request)
        assert answer is not None
        assert answer["id"] == request["id"]
        check(answer)


@settings(max_examples=200, deadline=None)
@given(request=members | st.dictionaries(st.sampled_from(["id", "op", "at"]), members | st.sampled_from(OPERATIONS)))
def test_any_json_is_answered_or_left_alone(request):
    check(Pages(DOCUMENTS[0]).answer(request))


def test_what_utf_8_cannot_hold_is_sent_as_a_replacement():
    view = Pages('{"\\ud800":"\\udfff","a":["\\ud800"],"b":{"\\ud800":1}}\n')
    for request in [
        {"op": "children", "at": [0], **span(0, 9)},
        {"op": "cells", **span(0, 9, 0, 9)},
        {"op": "search", "text": "\ud800"},
        {"op": "chart", "column": 0},
        {"op": "value", "at": [0]},
    ]:
        check(view.answer({"id": 1, **request}))


@settings(max_examples=150, deadline=None)
@given(outputs=st.lists(values, max_size=6), wanted=st.text(min_size=1, max_size=3))
def test_any_outputs_are_shown_searched_sorted_and_drawn(outputs, wanted):
    view = Pages("".join(json.dumps(output) + "\n" for output in outputs))
    check(view.answer({"id": 1, "op": "search", "text": wanted}))
    for place in [], [0], [1], [0, 0], [0, 1]:
        for operation in "children", "value", "chart":
            check(view.answer({"id": 1, "op": operation, "at": place, "from": 0, "to": 500}))
    for column in range(4):
        check(view.answer({"id": 1, "op": "chart", "column": column}))
        check(view.answer({"id": 1, "op": "cells", **span(0, 50, 0, 20), "sort": [column, True]}))
        where = [{"column": column, "low": 0}, {"text": wanted}]
        check(view.answer({"id": 1, "op": "cells", **span(0, 50, 0, 20), "where": where}))
        for kind in plot.KINDS:
            check(view.answer({"id": 1, "op": "chart", "column": column, "kind": kind, "by": 0}))
    check(view.answer({"id": 1, "op": "profile", "left": 0, "right": 4}))
    check(view.answer({"id": 1, "op": "levels", "level": 3}))
    for form in "csv", "python":
        check(view.answer({"id": 1, "op": "copy", "as": form, "at": [0]}))
        check(view.answer({"id": 1, "op": "copy", "as": form}))
    check({"id": 1, "ok": view.first()})
    # Whatever was decoded, a value is given as it is written.
    for position, output in enumerate(outputs):
        assert json.loads(ask(view, "value", at=[position])["text"]) == output


@settings(max_examples=200, deadline=None)
@given(request=requests)
def test_a_request_describes_a_bounded_number_of_values(request):
    described: list[object] = []

    def describe(value):
        described.append(value)
        return {"t": "null", "v": "null"}

    with pytest.MonkeyPatch.context() as patch:
        for module in tree, table:
            patch.setattr(module, "described", describe)
        for view in LONG:
            described.clear()
            check(view.answer(request))
            assert len(described) <= pages.PAGE_CELLS


def test_what_the_page_writes_to_a_trait_is_not_taken():
    from jq_magic.notebook.view.widget import ProgressLine, ResultView

    view, line = ResultView({"messages": []}, "1\n"), ProgressLine(0.0, 1.0)
    try:
        place = view.place
        for widget, state in (view, {"place": '"><script>', "head": {}}), (line, {"over": True, "deadline_s": -1.0}):
            data: dict[str, Any] = {"method": "update", "state": state, "buffer_paths": []}
            widget._handle_msg({"content": {"data": data}, "buffers": []})
        assert (view.place, view.head) == (place, {"messages": []})
        assert re.fullmatch("[0-9a-f]{32}", view.place)
        assert (line.over, line.deadline_s) == (False, 1.0)
    finally:
        view.close()
        line.close()
